//! Webhooks of a platform that is not known by name: mapped, tried, signed, taken in once, and kept by a restart.

use anyhow::{Context, Result};
use fanvine_tests::{Fanvine, Request, SERVER_KEY, WRITE_KEY, on_both_columns};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: &str = "a secret of the platform";

fn signature(body: &str) -> Result<String> {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?.chain_update(body);
    Ok(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn mapping() -> Value {
    json!({
        "signature": { "header": "X-Mall-Signature", "encoding": "hex", "prefix": "v1=" },
        "events": [{
            "when": { "$.event": ["trade_paid"] }, "name": "Order Completed", "message_id": ["mall", "$.trade.no", "paid"],
            "user_id": "$.trade.buyer", "timestamp": { "path": "$.at", "unix": "ms" },
            "properties": {
                "order_id": "$.trade.no", "currency": "CNY", "total": { "path": "$.trade.fen", "divide": 100 },
                "products": { "each": "$.trade.goods", "properties": {
                    "product_id": "$.sku", "quantity": "$.n", "price": { "path": "$.fen", "divide": 100 } } } } }],
    })
}

fn signed<'s>(shop: &'s Fanvine, body: &Value, signature: &str) -> Request<'s> {
    let asked = shop.request("POST", &format!("/webhooks/{WRITE_KEY}?verbose=1")).json(body);
    asked.header("X-Mall-Signature", format!("v1={signature}"))
}

on_both_columns! {
    fn a_platform_of_the_shops_own_tells_of_orders_by_a_mapping(column) {
        let mut shop = Fanvine::start(&column)?;
        let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
        let source = sources["sources"][0]["id"].as_str().context("no source")?.to_owned();
        let path = format!("/api/v1/sources/{source}/webhook");
        let order = json!({ "event": "trade_paid", "at": 1_767_225_600_123i64, "trade": { "no": "E1", "buyer": "o-1", "fen": 1999,
            "goods": [{ "sku": "tea", "n": 2, "fen": 500 }, { "sku": "cup", "n": 1, "fen": 999 }] } });
        let tried = json!({ "custom": mapping(), "sample": order });
        let preview = shop.post(&format!("{path}/preview"), &tried).bearer(SERVER_KEY).expect(200)?.json()?;
        assert_eq!((&preview["missing"], &preview["events"][0]["reason"]), (&json!([]), &Value::Null), "{preview}");
        assert_eq!(preview["events"][0]["message"]["properties"]["total"], 19.99);

        let mut wrong = mapping();
        wrong["events"][0]["user_id"] = json!("$trade.buyer");
        let hook = json!({ "platform": "custom", "secret": SECRET, "custom": wrong });
        let problem = shop.request("PUT", &path).json(&hook).bearer(SERVER_KEY).send()?.expect_problem(400, "invalid_body")?;
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("`$trade.buyer` is no path")), "{problem}");
        let hook = json!({ "platform": "custom", "secret": SECRET, "custom": mapping() });
        shop.request("PUT", &path).json(&hook).bearer(SERVER_KEY).expect(200)?;

        let text = order.to_string();
        signed(&shop, &order, &signature("another body")?).send()?.expect_problem(401, "invalid_write_key")?;
        for _ in 0..2 {
            signed(&shop, &order, &signature(&text)?).expect(200)?;
        }
        shop.kill()?;
        shop.begin()?;
        assert_eq!(shop.get(&path).bearer(SERVER_KEY).expect(200)?.json()?["custom"]["signature"]["prefix"], "v1=");
        signed(&shop, &order, &signature(&text)?).expect(200)?;
        let other = json!({ "event": "trade_closed" });
        signed(&shop, &other, &signature(&other.to_string())?).expect(200)?;
        shop.wait_until_sql("SELECT order_id, user_id, revenue_minor, currency, quantity FROM events", &json!([["E1", "o-1", 1999, "CNY", 3]]))
    }

    fn what_a_mapping_cannot_tell_is_mended_in_quarantine_and_never_lost_there(column) {
        let shop = Fanvine::start(&column)?;
        let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
        let path = format!("/api/v1/sources/{}/webhook", sources["sources"][0]["id"].as_str().context("no source")?);
        let hook = json!({ "platform": "custom", "secret": SECRET, "custom": mapping() });
        shop.request("PUT", &path).json(&hook).bearer(SERVER_KEY).expect(200)?;
        let order = |number: Value| json!({ "event": "trade_paid", "at": 1_767_225_600_123i64, "trade": { "no": number, "buyer": "o-1", "fen": 1999 } });
        let without = order(Value::Null);
        let refused = signed(&shop, &without, &signature(&without.to_string())?).send()?.expect_problem(400, "invalid_event")?;
        assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("`$.trade.no`")), "{refused}");
        let kept = || shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json();
        let page = kept()?;
        assert_eq!((&page["total"], &page["items"][0]["reason"]), (&json!(1), &json!("unmapped_field")), "{page}");
        let replay = format!("/api/v1/quarantine/{}/replay", page["items"][0]["id"].as_str().context("no id")?);
        let again = |body: &Value| shop.post(&replay, body).bearer(SERVER_KEY).send();
        again(&json!({}))?.expect_problem(400, "invalid_event")?;
        // No rule is about this: it stays rather than vanish.
        again(&json!({ "body": json!({ "event": "trade_closed" }).to_string() }))?.expect_problem(400, "invalid_event")?;
        // Nor is there a mapping to read it by for a while.
        let mended = json!({ "body": order(json!("E2")).to_string() });
        shop.request("DELETE", &path).bearer(SERVER_KEY).expect(204)?;
        again(&mended)?.expect_problem(400, "invalid_event")?;
        assert_eq!(kept()?["total"], 1);
        shop.request("PUT", &path).json(&hook).bearer(SERVER_KEY).expect(200)?;
        assert_eq!(again(&mended)?.status, 200);
        assert_eq!(kept()?["total"], 0);
        shop.wait_until_sql("SELECT message_id, order_id, revenue_minor FROM events", &json!([["mall-E2-paid", "E2", 1999]]))
    }

    fn a_mapping_is_changed_without_the_secret_and_what_is_wrong_is_told_in_both_languages(column) {
        let shop = Fanvine::start(&column)?;
        let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
        let path = format!("/api/v1/sources/{}/webhook", sources["sources"][0]["id"].as_str().context("no source")?);
        let put = |body: &Value| shop.request("PUT", &path).json(body).bearer(SERVER_KEY).header("Accept-Language", "zh").send();
        let without = json!({ "platform": "custom", "custom": mapping() });
        let problem = put(&without)?.expect_problem(400, "invalid_body")?;
        assert_eq!((&problem["pointer"], &problem["detail"]), (&json!("secret"), &json!("缺少 `secret`：此前没有设置过密钥")));
        assert_eq!(put(&json!({ "platform": "custom", "secret": SECRET, "custom": mapping() }))?.status, 200);

        // The mapping is another now, the secret the same.
        let mut other = mapping();
        other["events"][0]["message_id"] = json!(["other", "$.trade.no"]);
        assert_eq!(put(&json!({ "platform": "custom", "custom": other }))?.status, 200);
        let order = json!({ "event": "trade_paid", "at": 1_767_225_600_123i64, "trade": { "no": "E7", "buyer": "o-1", "fen": 1999 } });
        signed(&shop, &order, &signature(&order.to_string())?).expect(200)?;
        shop.wait_until_sql("SELECT message_id, order_id FROM events", &json!([["other-E7", "E7"]]))?;
        // Another platform signs with a secret of its own.
        let problem = put(&json!({ "platform": "shopify" }))?.expect_problem(400, "invalid_body")?;
        assert_eq!(problem["detail"], "缺少 `secret`：已保存的是 `custom` 的密钥，不是 `shopify` 的");
        assert_eq!(put(&json!({ "platform": "shopify", "secret": "short" }))?.expect_problem(400, "invalid_body")?["pointer"], "secret");

        for (seconds, taken) in [(0, false), (9, false), (10, true), (86_400, true), (86_401, false)] {
            let mut form = mapping();
            form["signature"]["tolerance_s"] = json!(seconds);
            let reply = put(&json!({ "platform": "custom", "custom": form }))?;
            if taken {
                assert_eq!(reply.status, 200);
                continue;
            }
            let problem = reply.expect_problem(400, "invalid_body")?;
            assert_eq!(problem["pointer"], "custom.signature.tolerance_s");
            assert_eq!(problem["detail"], format!("`tolerance_s` 为 {seconds}，应为 10 至 86400 秒"));
        }
        let lost = json!({ "custom": mapping(), "sample": { "event": "trade_paid", "trade": {} } });
        let preview = shop.post(&format!("{path}/preview"), &lost).bearer(SERVER_KEY).expect(200)?.json()?;
        let event = &preview["events"][0];
        assert_eq!(event["reason"], "nothing stands at `$.trade.no`, of which the mapping makes `message_id`");
        assert_eq!(event["reason_zh"], "映射用来生成 `message_id` 的 `$.trade.no` 处没有内容");
        Ok(())
    }
}
