//! The Segment HTTP API, spoken byte by byte.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, WRITE_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::messages::{parsed, track};

fn gzip(text: &str) -> Result<Vec<u8>> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes())?;
    Ok(packed.finish()?)
}

on_both_columns! {
    fn every_call_becomes_an_event(column) {
        let shop = Fanvine::start(&column)?;
        let traits = json!({ "name": "李雷", "vip": true });
        shop.send("identify", &json!({ "messageId": "m1", "userId": "u1", "anonymousId": "a1", "traits": traits }))?;
        shop.send("track", &track("m2", "Product Viewed", "u1", json!({ "product_id": "tea", "price": 19.9, "currency": "CNY" })))?;
        shop.send("page", &json!({ "messageId": "m3", "anonymousId": "a2", "name": "Home", "properties": { "path": "/" } }))?;
        shop.send("screen", &json!({ "messageId": "m4", "anonymousId": "a2", "name": "Cart" }))?;
        shop.send("group", &json!({ "messageId": "m5", "userId": "u1", "groupId": "g1", "traits": { "plan": "gold" } }))?;
        shop.send("alias", &json!({ "messageId": "m6", "userId": "u1", "previousId": "a1" }))?;
        shop.wait_until_sql(
            "SELECT message_id, kind, event, shopper_id, user_id, anonymous_id FROM events ORDER BY message_id",
            &json!([
                ["m1", "identify", "Identify", "u1", "u1", "a1"],
                ["m2", "track", "Product Viewed", "u1", "u1", null],
                ["m3", "page", "Page Viewed", "a2", null, "a2"],
                ["m4", "screen", "Screen Viewed", "a2", null, "a2"],
                ["m5", "group", "Group", "u1", "u1", null],
                ["m6", "alias", "Alias", "u1", "u1", null],
            ]),
        )?;
        let kept: Vec<Value> = shop
            .sql("SELECT properties FROM events ORDER BY message_id")?
            .iter()
            .map(|row| parsed(&row[0]))
            .collect::<Result<_>>()?;
        let expected = json!([
            { "name": "李雷", "vip": true },
            { "product_id": "tea", "price": 19.9, "currency": "CNY" },
            { "name": "Home", "path": "/" },
            { "name": "Cart" },
            { "groupId": "g1", "plan": "gold" },
            { "previousId": "a1" },
        ]);
        ensure!(Value::from(kept.clone()) == expected, "{kept:?}");
        Ok(())
    }

    fn commerce_fields_become_columns(column) {
        let shop = Fanvine::start(&column)?;
        let mut message = track("m1", "Product Added", "u1", json!({
            "product_id": "tea", "quantity": 2, "price": "19.90", "revenue": "39.80", "currency": "CNY", "order_id": "o1",
        }));
        message["context"] = json!({ "sessionId": "s1", "campaign": { "name": "double-eleven", "source": "wechat", "medium": "social" },
            "page": { "referrer": "https://example.com/" } });
        shop.send("track", &message)?;
        shop.wait_until_sql(
            "SELECT product_id, quantity, revenue_minor, currency, order_id, session_id, campaign, referrer FROM events",
            &json!([["tea", 2, 3980, "CNY", "o1", "s1", "double-eleven", "https://example.com/"]]),
        )?;
        ensure!(shop.value("SELECT channel FROM events")?.is_string(), "no channel was worked out from the campaign");
        Ok(())
    }

    fn what_a_clock_that_runs_ahead_tells_happened_when_it_was_received(column) {
        let shop = Fanvine::start(&column)?;
        let mut message = track("m1", "Product Viewed", "u1", json!({}));
        message["timestamp"] = "2090-01-01T00:00:00Z".into();
        shop.send("track", &message)?;
        shop.wait_until_sql("SELECT message_id, occurred_at = received_at FROM events", &json!([["m1", true]]))
    }

    fn the_write_key_may_stand_in_the_header_or_in_the_body(column) {
        let shop = Fanvine::start(&column)?;
        let mut message = track("m1", "Product Viewed", "u1", json!({}));
        message["writeKey"] = WRITE_KEY.into();
        shop.post("/v1/track", &message).expect(200)?;
        let batch = json!({ "writeKey": WRITE_KEY, "batch": [track("m2", "Product Viewed", "u1", json!({}))] });
        shop.post("/v1/batch", &batch).expect(200)?;
        shop.post("/v1/import", &batch).expect(200)?;
        shop.post("/v1/track", &track("m3", "Product Viewed", "u1", json!({}))).write_key(WRITE_KEY).expect(200)?;
        shop.wait_until_sql("SELECT message_id FROM events ORDER BY 1", &json!([["m1"], ["m2"], ["m3"]]))
    }

    fn json_may_come_as_plain_text_or_gzipped(column) {
        let shop = Fanvine::start(&column)?;
        let text = track("m1", "Product Viewed", "u1", json!({ "名": "茶" })).to_string();
        let plain = shop.request("POST", "/v1/track").header("Content-Type", "text/plain;charset=UTF-8");
        plain.write_key(WRITE_KEY).bytes(text).expect(200)?;
        let packed = gzip(&track("m2", "Product Viewed", "u1", json!({ "名": "茶" })).to_string())?;
        let request = shop.request("POST", "/v1/track").header("Content-Encoding", "gzip");
        request.header("Content-Type", "application/json").write_key(WRITE_KEY).bytes(packed).expect(200)?;
        let broken = shop.request("POST", "/v1/track").header("Content-Encoding", "gzip").write_key(WRITE_KEY);
        broken.bytes("not gzip").send()?.expect_problem(400, "invalid_encoding")?;
        shop.wait_until_sql("SELECT message_id FROM events ORDER BY 1", &json!([["m1"], ["m2"]]))?;
        let kept = parsed(&shop.value("SELECT properties FROM events WHERE message_id = 'm2'")?)?;
        ensure!(kept == json!({ "名": "茶" }), "{kept}");
        Ok(())
    }

    fn a_page_of_another_origin_may_send(column) {
        let shop = Fanvine::start(&column)?;
        let preflight = shop
            .request("OPTIONS", "/v1/batch")
            .header("Origin", "https://shop.example")
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type")
            .expect(204)?;
        ensure!(preflight.header("access-control-allow-origin") == "*");
        ensure!(preflight.header("access-control-allow-methods").contains("POST"));
        let allowed = preflight.header("access-control-allow-headers").to_lowercase();
        ensure!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
        let origin = "https://shop.example";
        let refused = shop.post("/v1/track", &json!({})).header("Origin", origin).send()?;
        ensure!(refused.status == 401 && refused.header("access-control-allow-origin") == "*", "{refused:?}");
        let message = track("m1", "Product Viewed", "u1", json!({}));
        let taken = shop.post("/v1/track", &message).write_key(WRITE_KEY).header("Origin", origin).expect(200)?;
        ensure!(taken.header("access-control-allow-origin") == "*");
        Ok(())
    }

    fn a_wrong_clock_is_put_right_by_when_the_client_sent(column) {
        let shop = Fanvine::start(&column)?;
        let mut early = track("early", "Product Viewed", "u1", json!({}));
        early["timestamp"] = "2020-02-29T10:00:00.000Z".into();
        early["sentAt"] = "2020-02-29T10:05:00.000Z".into();
        shop.send("track", &early)?;
        let mut batched = track("batched", "Product Viewed", "u1", json!({}));
        batched["timestamp"] = "2031-01-01T00:00:00.250Z".into();
        shop.send("batch", &json!({ "batch": [batched], "sentAt": "2031-01-01T00:00:01.750Z" }))?;
        shop.send("track", &track("without", "Product Viewed", "u1", json!({})))?;
        shop.wait_until_sql(
            "SELECT message_id, CAST(received_at AS BIGINT) - CAST(occurred_at AS BIGINT) FROM events ORDER BY 1",
            &json!([["batched", 1_500_000], ["early", 300_000_000], ["without", 0]]),
        )
    }

    fn a_message_sent_again_is_one_event_also_after_a_crash(column) {
        let mut shop = Fanvine::start(&column)?;
        let message = track("m1", "Product Viewed", "u1", json!({ "n": 1 }));
        shop.send("track", &message)?;
        shop.send("track", &message)?;
        shop.send_batch(&[message.clone(), message.clone(), track("m2", "Product Viewed", "u1", json!({}))])?;
        shop.kill()?;
        shop.begin()?;
        shop.send("track", &message)?;
        shop.send_batch(&[message.clone(), track("m2", "Product Viewed", "u1", json!({})), track("m3", "x", "u1", json!({}))])?;
        shop.wait_until_sql("SELECT message_id FROM events ORDER BY 1", &json!([["m1"], ["m2"], ["m3"]]))?;
        ensure!(shop.stop()?.success());
        shop.begin()?;
        shop.send("track", &message)?;
        shop.send("track", &track("m4", "x", "u1", json!({})))?;
        shop.wait_until_sql("SELECT message_id FROM events ORDER BY 1", &json!([["m1"], ["m2"], ["m3"], ["m4"]]))
    }

    fn the_same_message_id_of_two_sources_is_two_events(column) {
        let shop = Fanvine::start(&column)?;
        let app = shop.post("/api/v1/sources", &json!({ "name": "App" })).bearer(SERVER_KEY).expect(201)?.json()?;
        let key = app["write_key"].as_str().context("no write key")?;
        let message = track("m1", "Product Viewed", "u1", json!({}));
        shop.send("track", &message)?;
        shop.post("/v1/track", &message).write_key(key).expect(200)?;
        shop.wait_until_sql("SELECT count(*), count(DISTINCT source_id) FROM events", &json!([[2, 2]]))
    }

    fn every_event_gets_its_result_when_asked_for(column) {
        let shop = Fanvine::start(&column)?;
        shop.send("track", &track("old", "Product Viewed", "u1", json!({})))?;
        let batch = json!({ "batch": [
            track("new", "Product Viewed", "u1", json!({})),
            track("old", "Product Viewed", "u1", json!({})),
            { "type": "track", "messageId": "bad", "userId": "u1" },
        ] });
        let answer = shop.post("/v1/batch?verbose=1", &batch).write_key(WRITE_KEY).expect(200)?.json()?;
        let results = answer["results"].as_array().with_context(|| format!("no results in {answer}"))?;
        let told: Vec<(u64, &str, &str)> = results
            .iter()
            .map(|one| {
                let text = |field: &str| one[field].as_str().unwrap_or_default();
                (one["index"].as_u64().unwrap_or(99), text("message_id"), text("status"))
            })
            .collect();
        ensure!(told == [(0, "new", "stored"), (1, "old", "duplicate"), (2, "bad", "rejected")], "{told:?}");
        ensure!(results[2]["reason"].as_str().unwrap_or_default().contains("event"), "{answer}");
        let quiet = shop.post("/v1/track", &track("q", "x", "u1", json!({}))).write_key(WRITE_KEY).expect(200)?.json()?;
        ensure!(quiet == json!({ "success": true }), "{quiet}");
        Ok(())
    }

    fn a_bad_event_goes_to_quarantine_and_the_good_ones_are_kept(column) {
        let shop = Fanvine::start(&column)?;
        let bad = json!({ "type": "track", "messageId": "bad", "event": "Order Completed", "userId": "u1",
            "properties": { "revenue": "ten", "currency": "CNY", "order_id": "o1" } });
        shop.send_batch(&[track("good", "Product Viewed", "u1", json!({})), bad.clone(), json!({ "type": "track", "event": "x" })])?;
        shop.wait_until_sql("SELECT message_id FROM events", &json!([["good"]]))?;
        let page = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(page["total"] == 2, "{page}");
        let items = page["items"].as_array().context("no items")?;
        let kept = items.iter().find(|item| item["reason"] == "invalid_amount").with_context(|| format!("{page}"))?;
        ensure!(kept["detail"].as_str().unwrap_or_default().contains("revenue"), "{kept}");
        ensure!(parsed(&kept["body"])? == bad, "{kept}");
        ensure!(items.iter().any(|item| item["reason"] == "no_shopper"), "{page}");
        // Sent once more, it is the same message.
        shop.post("/v1/track", &bad).write_key(WRITE_KEY).send()?.expect_problem(400, "invalid_event")?;
        let page = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(page["total"] == 2, "{page}");
        let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(sources["sources"][0]["quarantined_total"] == 2, "{sources}");
        Ok(())
    }

    fn refusals_name_what_is_wrong_in_the_callers_language(column) {
        let shop = Fanvine::start(&column)?;
        let post = |path: &str, body: &str| {
            shop.request("POST", path).header("Content-Type", "application/json").write_key(WRITE_KEY).bytes(body).send()
        };
        post("/v1/track", "{\"event\": ")?.expect_problem(400, "invalid_json")?;
        post("/v1/batch", "{}")?.expect_problem(400, "invalid_body")?;
        post("/v1/track", "[]")?.expect_problem(400, "invalid_event")?;
        post("/v1/dance", "{}")?.expect_problem(404, "not_found")?;
        let message = track("m1", "Product Viewed", "u1", json!({}));
        let unknown = shop.post("/v1/track", &message).write_key("fvw_nobody").send()?;
        let problem = unknown.expect_problem(401, "invalid_write_key")?;
        ensure!(problem["title"].as_str().is_some_and(str::is_ascii) && problem["retryable"] == false, "{problem}");
        shop.post("/v1/track", &message).send()?.expect_problem(401, "invalid_write_key")?;
        let chinese = shop.post("/v1/track", &message).write_key("fvw_nobody").header("Accept-Language", "zh-CN,zh;q=0.9").send()?;
        let problem = chinese.expect_problem(401, "invalid_write_key")?;
        ensure!(problem["title"].as_str().unwrap_or_default().contains("写入密钥"), "{problem}");
        ensure!(shop.value("SELECT count(*) FROM events")? == 0);
        Ok(())
    }

    fn a_source_that_is_switched_off_or_rotated_is_refused(column) {
        let shop = Fanvine::start(&column)?;
        let made = shop.post("/api/v1/sources", &json!({ "name": "App" })).bearer(SERVER_KEY).expect(201)?.json()?;
        let (id, old) = (made["id"].as_str().context("no id")?, made["write_key"].as_str().context("no key")?);
        let message = track("m1", "Product Viewed", "u1", json!({}));
        let path = format!("/api/v1/sources/{id}");
        shop.request("PATCH", &path).json(&json!({ "enabled": false })).bearer(SERVER_KEY).expect(200)?;
        shop.post("/v1/track", &message).write_key(old).send()?.expect_problem(401, "invalid_write_key")?;
        shop.request("PATCH", &path).json(&json!({ "enabled": true })).bearer(SERVER_KEY).expect(200)?;
        shop.post("/v1/track", &message).write_key(old).expect(200)?;
        let rotated = shop.post(&format!("{path}/rotate"), &json!({})).bearer(SERVER_KEY).expect(200)?.json()?;
        let new = rotated["write_key"].as_str().context("no key")?;
        shop.post("/v1/track", &track("m2", "x", "u1", json!({}))).write_key(new).expect(200)?;
        // The old one is good for a day more; when a key has leaked, it and all before it end at once.
        shop.post("/v1/track", &track("m3", "x", "u1", json!({}))).write_key(old).expect(200)?;
        let end = json!({ "overlap_s": 0 });
        let last = shop.post(&format!("{path}/rotate"), &end).bearer(SERVER_KEY).expect(200)?.json()?;
        for gone in [old, new] {
            shop.post("/v1/track", &message).write_key(gone).send()?.expect_problem(401, "invalid_write_key")?;
        }
        let last = last["write_key"].as_str().context("no key")?;
        shop.post("/v1/track", &track("m4", "x", "u1", json!({}))).write_key(last).expect(200)?;
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[4]]))
    }

    fn an_old_key_says_when_it_was_last_used(column) {
        let mut shop = Fanvine::start(&column)?;
        let made = shop.post("/api/v1/sources", &json!({ "name": "App" })).bearer(SERVER_KEY).expect(201)?.json()?;
        let (id, first) = (made["id"].as_str().context("no id")?, made["write_key"].as_str().context("no key")?);
        let path = format!("/api/v1/sources/{id}/rotate");
        let rotate = |shop: &Fanvine| shop.post(&path, &json!({ "overlap_s": 3600 })).bearer(SERVER_KEY).expect(200)?.json();
        let second = rotate(&shop)?["write_key"].as_str().context("no key")?.to_owned();
        rotate(&shop)?;
        let uses = |shop: &Fanvine| -> Result<(Value, Value)> {
            let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
            let source = sources["sources"].as_array().into_iter().flatten().find(|source| source["id"] == id);
            let old = source.and_then(|source| source["old_write_keys"].as_array()).context("no old keys")?;
            let of = |key: &str| old.iter().find(|old| old["write_key"] == key).map(|old| old["last_used_at"].clone());
            Ok((of(first).context("no first key")?, of(&second).context("no second key")?))
        };
        assert_eq!(uses(&shop)?, (Value::Null, Value::Null));
        shop.post("/v1/track", &track("m1", "x", "u1", json!({}))).write_key(first).expect(200)?;
        let (used, never) = uses(&shop)?;
        ensure!(used.is_string() && never.is_null(), "{used} {never}");
        // A page that only reads its settings with a key still has it.
        shop.get(&format!("/v1/projects/{second}/settings")).expect(200)?;
        let (_, by_page) = uses(&shop)?;
        ensure!(by_page.is_string(), "{by_page}");
        shop.stop()?;
        shop.begin()?;
        assert_eq!(uses(&shop)?, (used, by_page));
        Ok(())
    }

    fn what_is_not_as_planned_is_told_in_both_languages(column) {
        let shop = Fanvine::start(&column)?;
        let chinese = |method: &'static str, path: &str, body: &Value| {
            shop.request(method, path).json(body).bearer(SERVER_KEY).header("Accept-Language", "zh-CN").send()
        };
        let form = json!({ "type": "object", "required": ["product_id"], "properties": { "price": { "type": "number", "minimum": 0 } } });
        let wrong = json!({ "based_on": 0, "plan": { "events": { "Product Viewed": { "schema": { "pattern": "x" } } } } });
        let problem = chinese("PUT", "/api/v1/tracking-plan", &wrong)?.expect_problem(400, "invalid_body")?;
        assert_eq!(problem["detail"], "`Product Viewed` 的 schema：不支持关键字 `pattern`");
        let plan = json!({ "unknown_events": "warn", "events": {
            "Product Viewed": { "on_violation": "quarantine", "schema": form }, "Product Added": { "on_violation": "reject", "schema": form } } });
        shop.request("PUT", "/api/v1/tracking-plan").json(&json!({ "based_on": 0, "plan": plan })).bearer(SERVER_KEY).expect(200)?;
        let bad = |id: &str, event: &str| track(id, event, "u1", json!({ "price": -1 }));
        let batch = json!({ "batch": [bad("v", "Product Viewed"), bad("a", "Product Added"), bad("o", "Odd")] });
        let answer = shop.post("/v1/batch?verbose=1", &batch).write_key(WRITE_KEY).expect(200)?.json()?;
        let (english, said) = ("`properties.price` is -1, planned is at least 0, says the tracking plan (1 more)",
            "不符合埋点方案：`properties.price` 的值为 -1，方案要求不小于 0（另有 1 处）");
        for (place, status) in ["quarantined", "rejected"].into_iter().enumerate() {
            let result = &answer["results"][place];
            assert_eq!((&result["status"], &result["reason"], &result["reason_zh"]), (&json!(status), &json!(english), &json!(said)));
        }
        assert_eq!(answer["results"][2], json!({ "index": 2, "message_id": "o", "status": "stored" }));
        let page = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
        for item in page["items"].as_array().context("no items")? {
            assert_eq!((&item["detail"], &item["detail_zh"]), (&json!(english), &json!(said)));
        }
        let replay = format!("/api/v1/quarantine/{}/replay", page["items"][0]["id"].as_str().context("no id")?);
        assert_eq!(chinese("POST", &replay, &json!({}))?.expect_problem(400, "invalid_event")?["detail"], said);
        assert_eq!(shop.post(&replay, &json!({})).bearer(SERVER_KEY).send()?.expect_problem(400, "invalid_event")?["detail"], english);
        let quality = shop.get("/api/v1/quality").bearer(SERVER_KEY).expect(200)?.json()?;
        let told = quality["sources"].as_array().into_iter().flatten().find_map(|source| source["violations"].get(0));
        let told = told.context("no violation")?;
        assert_eq!((&told["problem"], &told["problem_zh"]), (&json!("is not in the tracking plan"), &json!("不在埋点方案中")));
        Ok(())
    }
}
