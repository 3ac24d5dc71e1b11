//! What events leave out of products, completed from the catalogue where a source wants it.

use anyhow::{Context, Result};
use fanvine_tests::{Fanvine, SERVER_KEY, WRITE_KEY, on_both_columns};
use serde_json::{Value, json};

/// What is kept of an event's properties.
fn kept(shop: &Fanvine, message_id: &str) -> Result<Value> {
    let query = format!("SELECT properties FROM events WHERE message_id = '{message_id}'");
    Ok(serde_json::from_str(shop.value(&query)?.as_str().context("no properties")?)?)
}

fn view(id: &str, properties: Value) -> Value {
    json!({ "type": "track", "userId": "u-1", "event": "Product Added", "messageId": id, "properties": properties })
}

on_both_columns! {
    fn what_a_client_leaves_out_of_products_comes_from_the_catalogue(column) {
        let mut shop = Fanvine::start(&column)?;
        let put = |shop: &Fanvine, id: &str, product: Value| {
            shop.request("PUT", &format!("/api/v1/products/{id}")).json(&product).bearer(SERVER_KEY).expect(200)
        };
        put(&shop, "tea", json!({ "name": "龙井", "category": "茶", "brand": "Leaf", "price_minor": 6800, "currency": "CNY" }))?;
        put(&shop, "cup", json!({ "name": "Cup", "price_minor": 990, "currency": "USD" }))?;
        let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
        assert_eq!(sources["sources"][0]["complete_products"], false, "nothing is added unless the shop wants it");
        let source = format!("/api/v1/sources/{}", sources["sources"][0]["id"].as_str().context("no source")?);

        let bare = json!({ "product_id": "tea", "currency": "CNY" });
        shop.send_batch(&[view("before", bare.clone())])?;
        let change = |shop: &Fanvine, body: Value| shop.request("PATCH", &source).json(&body).bearer(SERVER_KEY).expect(200)?.json();
        assert_eq!(change(&shop, json!({ "complete_products": true }))?["complete_products"], true);
        change(&shop, json!({ "name": "Web shop" }))?;
        // The setting and what it does outlive a crash.
        shop.kill()?;
        shop.begin()?;
        let said = json!({ "product_id": "tea", "name": "My tea", "price": 5, "brand": "", "currency": "CNY" });
        let cart = json!({ "currency": "USD", "products": [{ "product_id": "cup", "quantity": 2 }, { "product_id": "new" }] });
        let order = json!({ "order_id": "o-1", "currency": "CNY", "total": 60, "products": [{ "product_id": "tea", "quantity": 1 }] });
        shop.send_batch(&[
            view("bare", bare.clone()), view("said", said), view("cart", cart),
            json!({ "type": "track", "userId": "u-1", "event": "Order Completed", "messageId": "order", "properties": order }),
        ])?;
        // Another client's protocol is completed alike.
        let posthog = json!({ "api_key": WRITE_KEY, "event": "Product Added", "distinct_id": "u-1", "uuid": "posthog",
            "properties": { "product_id": "tea", "currency": "CNY" } });
        shop.post("/i/v0/e/", &posthog).expect(200)?;
        shop.wait_until_sql("SELECT COUNT(*) FROM events", &json!([[6]]))?;

        assert_eq!(kept(&shop, "before")?, bare);
        let whole = json!({ "from_catalogue": ["name", "category", "brand", "price"], "name": "龙井", "category": "茶",
            "brand": "Leaf", "price": 68.0, "product_id": "tea", "currency": "CNY" });
        assert_eq!(kept(&shop, "bare")?, whole);
        assert_eq!(kept(&shop, "said")?, json!({ "from_catalogue": ["category", "brand"], "category": "茶", "brand": "Leaf",
            "product_id": "tea", "name": "My tea", "price": 5, "currency": "CNY" }));
        assert_eq!(kept(&shop, "cart")?["products"], json!([{ "from_catalogue": ["name", "price"], "name": "Cup", "price": 9.9,
            "product_id": "cup", "quantity": 2 }, { "product_id": "new" }]));
        let completed = &kept(&shop, "order")?["products"][0];
        assert_eq!((&completed["name"], &completed["price"]), (&json!("龙井"), &Value::Null), "an order is worth what was charged");
        let posthog = shop.value("SELECT properties FROM events WHERE message_id LIKE '%posthog%'")?;
        assert!(posthog.as_str().is_some_and(|text| text.contains(r#""from_catalogue":["name","category","brand","price"]"#)), "{posthog}");

        // The catalogue learns what was said, never what it completed itself; orders and prices stand as they did.
        shop.settle()?;
        let product = |id: &str| shop.get(&format!("/api/v1/products/{id}")).bearer(SERVER_KEY).expect(200)?.json();
        assert_eq!(product("cup")?["price_history"].as_array().map(Vec::len), Some(1));
        assert_eq!(shop.sql("SELECT order_id, revenue_minor FROM orders")?, [[json!("o-1"), json!(6000)]]);
        let tea = product("tea")?;
        assert_eq!((&tea["name"], &tea["brand"], &tea["price_minor"]), (&json!("My tea"), &json!("Leaf"), &json!(500)), "{tea}");

        // A new word of the shop is completed by at once.
        put(&shop, "tea", json!({ "name": "明前龙井", "category": "茶", "price_minor": 9900, "currency": "CNY" }))?;
        shop.send_batch(&[view("after", bare.clone())])?;
        change(&shop, json!({ "complete_products": false }))?;
        shop.send_batch(&[view("off", bare.clone())])?;
        shop.wait_until_sql("SELECT COUNT(*) FROM events WHERE message_id IN ('after', 'off')", &json!([[2]]))?;
        let after = kept(&shop, "after")?;
        assert_eq!((&after["name"], &after["price"], &after["brand"]), (&json!("明前龙井"), &json!(99.0), &Value::Null), "{after}");
        assert_eq!(kept(&shop, "off")?, bare);
        Ok(())
    }
}
