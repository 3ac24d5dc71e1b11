//! Every type of message of Sensors Analytics, as it goes over the wire: what SQL shows is what was sent, and profiles,
//! identities and the catalogue are what these messages make of them.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanvine_tests::{Fanvine, SERVER_KEY, WRITE_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::messages::parsed;

/// `printf 8613800138000 | sha256sum`: telephone numbers are kept as digests only.
const MOBILE_SHA256: &str = "bf08aacce7f9b2452863cf99373043c3333f0e3127f1f787c4abb46ab6cf2b83";

/// A message of that type, the `number`th of minute 5 of 2026-03-04.
fn message(number: i64, kind: &str, rest: Value) -> Value {
    let mut message = json!({ "type": kind, "distinct_id": "dev-1", "time": 1_772_600_700_000i64 + number * 1_000 + 1,
        "_track_id": 7_000 + number, "lib": { "$lib": "python", "$lib_version": "1.0", "$lib_method": "code" }, "properties": {} });
    if let (Some(message), Value::Object(rest)) = (message.as_object_mut(), rest) {
        message.extend(rest);
    }
    message
}

/// Sends messages as servers do: a form whose `data_list` is base64 of JSON.
fn send(shop: &Fanvine, messages: &[Value]) -> Result<()> {
    let packed =
        STANDARD.encode(json!(messages).to_string()).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let path = format!("/sa?project=default&token={WRITE_KEY}");
    let form = shop.request("POST", &path).header("content-type", "application/x-www-form-urlencoded");
    form.bytes(format!("gzip=0&data_list={packed}")).expect(200)?;
    shop.settle()
}

/// What is known of a shopper by the messages: each trait that holds, with its value.
fn traits(shop: &Fanvine, key: &str) -> Result<Vec<(String, String)>> {
    let person = shop.get(&format!("/api/v1/people/{key}")).bearer(SERVER_KEY).expect(200)?.json()?;
    let all = person["traits"].as_array().with_context(|| format!("no traits in {person}"))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut holding: Vec<_> = all
        .iter()
        .filter(|one| one["holds"] == true && one["value"] != "")
        .map(|one| (text(&one["name"]), text(&one["value"])))
        .collect();
    holding.sort();
    Ok(holding)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

on_both_columns! {
    fn every_type_of_message_is_kept_as_it_was_sent_and_takes_effect(column) {
        let mut shop = Fanvine::start(&column)?;
        let login = json!({ "$identity_login_id": "u-1" });
        let both = json!({ "$identity_login_id": "u-1", "$identity_mobile": "13800138000" });
        let order = json!({ "order_id": "o-1", "total": 65, "currency": "CNY", "emoji": "🍵", "products": [{ "product_id": "tea", "quantity": 1, "price": 65 }] });
        let sent = [
            message(1, "track", json!({ "event": "ProductViewed", "properties": { "product_id": "tea", "price": 19.90 } })),
            message(2, "track_signup", json!({ "event": "$SignUp", "distinct_id": "u-1", "original_id": "dev-1", "properties": { "from": "app" } })),
            message(3, "track", json!({ "event": "OrderCompleted", "distinct_id": "u-1", "login_id": "u-1", "properties": order })),
            message(4, "track_id_bind", json!({ "event": "$BindID", "distinct_id": "u-1", "login_id": "u-1", "identities": both })),
            message(5, "track_id_unbind", json!({ "event": "$UnbindID", "distinct_id": "u-1", "login_id": "u-1", "identities": { "$identity_mobile": "13800138000" } })),
            message(6, "profile_set", json!({ "identities": login, "properties": { "city": "杭州", "level": "gold", "points": 10 } })),
            message(7, "profile_set_once", json!({ "properties": { "first_channel": "ad", "city": "北京" } })),
            message(8, "profile_set_once", json!({ "properties": { "first_channel": "search" } })),
            message(9, "profile_increment", json!({ "properties": { "points": 5, "visits": 1 } })),
            message(10, "profile_append", json!({ "properties": { "likes": ["茶", "silk"] } })),
            message(11, "profile_append", json!({ "properties": { "likes": ["茶", "jade"] } })),
            message(12, "profile_unset", json!({ "properties": { "level": true } })),
            message(13, "item_set", json!({ "item_type": "goods", "item_id": "tea", "properties": { "name": "乌龙茶", "category": "茶", "price": 65, "currency": "CNY" } })),
            message(14, "item_set", json!({ "item_type": "goods", "item_id": "tin", "properties": { "name": "Tin" } })),
            message(15, "item_delete", json!({ "item_type": "goods", "item_id": "tin" })),
            message(16, "item_delete", json!({ "item_type": "article", "item_id": "story" })),
            message(17, "profile_set", json!({ "distinct_id": "gone", "properties": { "city": "Wuhu" } })),
            message(18, "profile_delete", json!({ "distinct_id": "gone" })),
            message(19, "profile_set", json!({ "distinct_id": "gone", "properties": { "age": 30 } })),
        ];
        send(&shop, &sent)?;

        let rows = shop.sql("SELECT kind, event, user_id, anonymous_id, properties FROM events ORDER BY occurred_at")?;
        let kept: Vec<Value> = rows
            .iter()
            .map(|row| Ok(json!([row[0], row[1], row[2], row[3], parsed(&row[4])?])))
            .collect::<Result<_>>()?;
        let none = Value::Null;
        let expected = [
            json!(["track", "Product Viewed", none, "dev-1", { "product_id": "tea", "price": 19.9 }]),
            json!(["alias", "Alias", "u-1", none, { "previousId": "dev-1", "from": "app" }]),
            json!(["track", "Order Completed", "u-1", none, order]),
            json!(["alias", "Alias", "u-1", none, { "identities": both }]),
            json!(["track", "$UnbindID", "u-1", none, { "unbound": { "$identity_mobile": "13800138000" } }]),
            json!(["identify", "Identify", "u-1", "dev-1", { "city": "杭州", "level": "gold", "points": 10 }]),
            json!(["identify", "Identify", none, "dev-1", { "$set_once": { "first_channel": "ad", "city": "北京" } }]),
            json!(["identify", "Identify", none, "dev-1", { "$set_once": { "first_channel": "search" } }]),
            json!(["identify", "Identify", none, "dev-1", { "$increment": { "points": 5, "visits": 1 } }]),
            json!(["identify", "Identify", none, "dev-1", { "$append": { "likes": ["茶", "silk"] } }]),
            json!(["identify", "Identify", none, "dev-1", { "$append": { "likes": ["茶", "jade"] } }]),
            json!(["identify", "Identify", none, "dev-1", { "level": none }]),
            json!(["track", "Product Updated", none, none, { "item_type": "goods", "item_id": "tea", "product_id": "tea", "name": "乌龙茶",
                "category": "茶", "price": 65, "currency": "CNY" }]),
            json!(["track", "Product Updated", none, none, { "item_type": "goods", "item_id": "tin", "product_id": "tin", "name": "Tin" }]),
            json!(["track", "Product Deleted", none, none, { "item_type": "goods", "item_id": "tin", "product_id": "tin" }]),
            json!(["track", "Item Deleted", none, none, { "item_type": "article", "item_id": "story" }]),
            json!(["identify", "Identify", none, "gone", { "city": "Wuhu" }]),
            json!(["identify", "Identify", none, "gone", { "$delete": true }]),
            json!(["identify", "Identify", none, "gone", { "age": 30 }]),
        ];
        ensure!(kept.len() == expected.len(), "{kept:#?}");
        for (kept, expected) in kept.iter().zip(&expected) {
            assert_eq!(kept, expected);
        }

        // Who was told of, under either name, also after a crash; and told again, all of it once.
        let known = pairs(&[("city", "杭州"), ("first_channel", "ad"), ("likes", r#"["茶","silk","jade"]"#), ("points", "15"), ("visits", "1")]);
        for crashed in [false, true] {
            if crashed {
                shop.kill()?;
                shop.begin()?;
                send(&shop, &sent)?;
                assert_eq!(shop.sql("SELECT COUNT(*) FROM events")?, [[json!(expected.len())]]);
            }
            assert_eq!(traits(&shop, "u-1")?, known);
            assert_eq!(traits(&shop, "dev-1")?, known, "track_signup made them one");
            assert_eq!(traits(&shop, "gone")?, pairs(&[("age", "30")]));
            let person = shop.get("/api/v1/people/u-1").bearer(SERVER_KEY).expect(200)?.json()?;
            let mobile = json!({ "kind": "phone_hash", "value": MOBILE_SHA256 });
            let bound = person["identifiers"].as_array().is_some_and(|identifiers| identifiers.contains(&mobile));
            ensure!(bound, "track_id_bind bound the mobile: {person}");

            let product = |id: &str| shop.get(&format!("/api/v1/products/{id}")).bearer(SERVER_KEY).expect(200)?.json();
            let (tea, tin) = (product("tea")?, product("tin")?);
            assert_eq!((&tea["name"], &tea["price_minor"], &tea["status"]), (&json!("乌龙茶"), &json!(6_500), &json!("active")));
            assert_eq!((&tin["name"], &tin["status"]), (&json!("Tin"), &json!("archived")), "item_delete took it off sale");
        }
        assert_eq!(shop.sql("SELECT order_id, revenue_minor FROM orders")?, [[json!("o-1"), json!(6_500)]]);

        // What is set again is on sale again.
        send(&shop, &[message(20, "item_set", json!({ "item_type": "goods", "item_id": "tin", "properties": { "name": "Tin" } }))])?;
        let tin = shop.get("/api/v1/products/tin").bearer(SERVER_KEY).expect(200)?.json()?;
        assert_eq!(tin["status"], "active");

        // A message that is not known is refused by name and kept, and the others are taken.
        send(&shop, &[message(21, "profile_guess", json!({})), message(22, "profile_set", json!({ "properties": { "ok": true } }))])?;
        let refused = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
        assert_eq!((&refused["total"], &refused["items"][0]["reason"]), (&json!(1), &json!("unknown_type")));
        Ok(())
    }
}
