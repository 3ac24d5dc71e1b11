//! Catalogue and orders: the same whether told by events or through the API, and whatever is told twice counts once.

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::messages::{order, track, track_at};

fn put(shop: &Fanvine, path: &str, body: &Value) -> Result<Value> {
    shop.request("PUT", path).json(body).bearer(SERVER_KEY).expect(200)?.json()
}

/// 2 × 19.90 + 1 × 5.30 − 4.51 = 40.59 CNY of products, and 6.00 shipping.
fn form() -> Value {
    json!({
        "currency": "CNY", "user_id": "u1", "placed_at": "2026-01-02T03:04:05Z", "coupon": "SPRING",
        "discount_minor": 451, "shipping_minor": 600,
        "products": [
            { "product_id": "tea", "name": "Oolong tea", "category": "food", "quantity": 2, "price_minor": 1990 },
            { "product_id": "tin", "quantity": 1, "price_minor": 530 },
        ],
    })
}

const ORDERS: &str = "SELECT order_id, shopper_id, status, currency, revenue_minor, total_minor, discount_minor, shipping_minor, \
                      refunded_minor, coupon, lines, units FROM orders ORDER BY order_id";

on_both_columns! {
    fn an_order_told_by_an_event_is_in_the_tables(column) {
        let shop = Fanvine::start(&column)?;
        let message = order("m1", "o1", "u1");
        shop.send("track", &message)?;
        shop.send("track", &message)?;
        shop.wait_until_sql(ORDERS, &json!([["o1", "u1", "completed", "CNY", 6500, 6500, 0, 0, 0, null, 2, 4]]))?;
        shop.wait_until_sql(
            "SELECT order_id, line, product_id, name, category, quantity, unit_price_minor, revenue_minor, currency, shopper_id \
             FROM order_lines ORDER BY line",
            &json!([
                ["o1", 1, "tea", "Oolong tea", "food", 3, 1990, 5970, "CNY", "u1"],
                ["o1", 2, "tin", "Tea tin", "kitchen", 1, 530, 530, "CNY", "u1"],
            ]),
        )?;
        shop.wait_until_sql(
            "SELECT product_id, name, category, price_minor, currency FROM products ORDER BY product_id",
            &json!([["tea", "Oolong tea", "food", 1990, "CNY"], ["tin", "Tea tin", "kitchen", 530, "CNY"]]),
        )?;
        // The same order under another message id is still one order.
        shop.send("track", &order("m2", "o1", "u1"))?;
        shop.settle()?;
        ensure!(shop.value("SELECT count(*) FROM orders")? == 1 && shop.value("SELECT count(*) FROM order_lines")? == 2);
        Ok(())
    }

    fn an_order_put_twice_is_one_order_and_one_event(column) {
        let mut shop = Fanvine::start(&column)?;
        let first = put(&shop, "/api/v1/orders/o1", &form())?;
        ensure!(first["outcome"] == "created" && first["order"]["revenue_minor"] == 4_059, "{first}");
        let again = put(&shop, "/api/v1/orders/o1", &form())?;
        ensure!(again["outcome"] == "unchanged" && again["order"] == first["order"], "{again}");
        let expected = json!([["o1", "u1", "completed", "CNY", 4_059, 4_659, 451, 600, 0, "SPRING", 2, 3]]);
        shop.wait_until_sql(ORDERS, &expected)?;
        shop.wait_until_sql(
            "SELECT event, order_id, shopper_id, revenue_minor, occurred_at FROM events",
            &json!([["Order Completed", "o1", "u1", 4_059, "2026-01-02T03:04:05Z"]]),
        )?;
        shop.kill()?;
        shop.begin()?;
        ensure!(put(&shop, "/api/v1/orders/o1", &form())?["outcome"] == "unchanged");
        shop.settle()?;
        shop.wait_until_sql(ORDERS, &expected)?;
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[1]]))?;
        let shares = shop.sql("SELECT discount_minor, revenue_minor FROM order_lines ORDER BY line")?;
        let sum = |place: usize| shares.iter().filter_map(|row| row[place].as_i64()).sum::<i64>();
        ensure!((sum(0), sum(1)) == (451, 4_059), "the discount was not shared out whole: {shares:?}");
        Ok(())
    }

    fn a_refund_happens_once_for_each_idempotency_key(column) {
        let shop = Fanvine::start(&column)?;
        put(&shop, "/api/v1/orders/o1", &form())?;
        let refund = |key: &str, body: &Value| {
            shop.post("/api/v1/orders/o1/refunds", body).bearer(SERVER_KEY).header("Idempotency-Key", key).send()
        };
        let one = refund("r-1", &json!({ "amount_minor": 1_000 }))?;
        ensure!(one.status == 200, "{}", one.text());
        let again = refund("r-1", &json!({ "amount_minor": 1_000 }))?;
        ensure!(again.status == 200 && again.body == one.body, "{}", again.text());
        refund("r-1", &json!({ "amount_minor": 1_001 }))?.expect_problem(422, "idempotency_key_reused")?;
        refund("r-2", &json!({ "amount_minor": 1_000_000 }))?.expect_problem(409, "refund_exceeds_order")?;
        let unnamed = shop.post("/api/v1/orders/o1/refunds", &json!({})).bearer(SERVER_KEY).send()?;
        unnamed.expect_problem(400, "invalid_parameter")?;
        let unknown = shop.post("/api/v1/orders/nobody/refunds", &json!({})).bearer(SERVER_KEY);
        unknown.header("Idempotency-Key", "r-3").send()?.expect_problem(404, "not_found")?;
        shop.wait_until_sql("SELECT status, refunded_minor FROM orders", &json!([["partially_refunded", 1_000]]))?;
        shop.wait_until_sql("SELECT order_id, amount_minor FROM refunds", &json!([["o1", 1_000]]))?;
        shop.wait_until_sql("SELECT count(*) FROM events WHERE event = 'Order Refunded'", &json!([[1]]))?;
        ensure!(refund("r-4", &json!({}))?.status == 200);
        shop.wait_until_sql("SELECT status FROM orders", &json!([["refunded"]]))
    }

    fn a_product_keeps_the_history_of_its_price(column) {
        let shop = Fanvine::start(&column)?;
        let product = |price: i64| json!({ "name": "Oolong tea", "category": "food", "brand": "叶", "price_minor": price, "currency": "CNY",
            "variants": [{ "variant": "250 g", "sku": "T250", "price_minor": price }] });
        ensure!(put(&shop, "/api/v1/products/tea", &product(1_990))?["outcome"] == "created");
        ensure!(put(&shop, "/api/v1/products/tea", &product(1_990))?["outcome"] == "unchanged");
        ensure!(put(&shop, "/api/v1/products/tea", &product(1_790))?["outcome"] == "updated");
        let shown = shop.get("/api/v1/products/tea").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(shown["price_minor"] == 1_790 && shown["variants"][0]["variant"] == "250 g", "{shown}");
        let prices: Vec<i64> =
            shown["price_history"].as_array().into_iter().flatten().filter_map(|change| change["price_minor"].as_i64()).collect();
        ensure!(prices == [1_990, 1_790], "{shown}");
        let list = shop.get("/api/v1/products?search=oolong").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(list["products"][0]["product_id"] == "tea", "{list}");
        shop.wait_until_sql("SELECT product_id, name, brand, price_minor FROM products", &json!([["tea", "Oolong tea", "叶", 1_790]]))?;
        shop.wait_until_sql("SELECT price_minor FROM price_history ORDER BY changed_at", &json!([[1_990], [1_790]]))?;
        shop.get("/api/v1/products/none").bearer(SERVER_KEY).send()?.expect_problem(404, "not_found")?;
        let refused = shop.request("PUT", "/api/v1/products/tea").json(&json!({ "price_minor": -1 })).bearer(SERVER_KEY).send()?;
        refused.expect_problem(422, "invalid_product")?;
        Ok(())
    }

    fn a_refund_that_arrives_before_its_order_counts_all_the_same(column) {
        let shop = Fanvine::start(&column)?;
        let refund = track_at("m2", "Order Refunded", "u1", "2026-01-03T00:00:00Z",
            json!({ "order_id": "o1", "total": 20, "currency": "CNY" }));
        shop.send("track", &refund)?;
        shop.wait_until_sql("SELECT status, refunded_minor FROM orders", &json!([["refund_only", 2_000]]))?;
        let mut late = order("m1", "o1", "u1");
        late["timestamp"] = "2026-01-02T00:00:00Z".into();
        shop.send("track", &late)?;
        shop.wait_until_sql(
            "SELECT status, revenue_minor, refunded_minor FROM orders",
            &json!([["partially_refunded", 6_500, 2_000]]),
        )?;
        shop.send("track", &track_at("m3", "Order Cancelled", "u1", "2026-01-04T00:00:00Z", json!({ "order_id": "o1" })))?;
        shop.wait_until_sql("SELECT status, refunded_minor FROM orders", &json!([["cancelled", 6_500]]))
    }

    fn an_order_that_cannot_be_is_refused_by_name(column) {
        let shop = Fanvine::start(&column)?;
        let refuse = |change: fn(&mut Value)| -> Result<Value> {
            let mut form = form();
            change(&mut form);
            shop.request("PUT", "/api/v1/orders/o1").json(&form).bearer(SERVER_KEY).send()?.expect_problem(422, "invalid_order")
        };
        refuse(|form| form["products"] = json!([]))?;
        let problem = refuse(|form| form["products"][1]["quantity"] = json!(0))?;
        ensure!(problem["detail"].as_str().unwrap_or_default().contains("quantity"), "{problem}");
        let unknown = shop.request("PUT", "/api/v1/orders/o1").json(&json!({ "products": [], "colour": "red" })).bearer(SERVER_KEY);
        unknown.send()?.expect_problem(400, "invalid_body")?;
        shop.settle()?;
        ensure!(shop.value("SELECT count(*) FROM orders")? == 0 && shop.value("SELECT count(*) FROM events")? == 0);
        shop.send("track", &track("m1", "Product Viewed", "u1", json!({})))?;
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[1]]))
    }
}
