//! The catalogue and the orders on every store: from the log, and through the API.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_commerce::{Commerce, MIGRATIONS, Words, router};
use fanvine_kernel::Event;
use fanvine_lake::{ColumnData, Table};
use fanvine_store::{Row, StoreError, args};
use fanvine_testkit::{FakeClock, SeededEntropy, TempStore, stores, track};
use futures::StreamExt;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

struct Shop {
    store: TempStore,
    commerce: Arc<Commerce>,
    clock: Arc<FakeClock>,
}

async fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in stores().await {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let clock = Arc::new(FakeClock::at("2026-05-01T12:00:00Z"));
        let commerce = Commerce {
            store: store.store(),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
            source: "src_api".parse().unwrap(),
            currency: "CNY".parse().ok(),
            described: Arc::default(),
        };
        shops.push(Shop { store, commerce: Arc::new(commerce), clock });
    }
    shops
}

impl Shop {
    async fn apply(&self, first: u64, events: &[Event]) {
        let events: Vec<(u64, Event)> = (first..).zip(events.iter().cloned()).collect();
        let next = first + events.len() as u64;
        let mut words = Words::default();
        self.commerce.gather(&mut words, &events);
        self.commerce.save(words.into(), next).await.map_err(|error| error.in_full()).unwrap();
    }

    async fn rows(&self, sql: &'static str) -> Vec<Row> {
        self.store
            .read(move |tx| Box::pin(async move { tx.rows(sql, args![]).await }))
            .await
            .map_err(|error: StoreError| error.in_full())
            .unwrap()
    }

    /// Every order and line as text, to compare whole states.
    async fn state(&self) -> Vec<String> {
        let mut state = Vec::new();
        for table in
            self.commerce.tables().iter().filter(|table| matches!(table.name(), "orders" | "order_lines" | "refunds"))
        {
            for row in read_table(table.as_ref()).await {
                state.push(format!("{}: {}", table.name(), row.join("|")));
            }
        }
        state.sort();
        state
    }

    async fn call(&self, method: &str, path: &str, key: Option<&str>, body: Value) -> (StatusCode, Value) {
        let (routes, _) = router(self.commerce.clone()).split_for_parts();
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = routes.oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Sends what is in the outbox back through the projection, as the log does; how many events there were.
    async fn relay(&self) -> Vec<Event> {
        let pending = self.store.outbox_pending(100).await.unwrap();
        let from = self.commerce.position().await.unwrap();
        let events: Vec<Event> = pending.iter().map(|(_, event)| event.clone()).collect();
        self.apply(from, &events).await;
        if let Some((last, _)) = pending.last() {
            self.store.outbox_done(*last).await.unwrap();
        }
        events
    }
}

/// Every row of a table as text.
async fn read_table(table: &dyn Table) -> Vec<Vec<String>> {
    let places = (0..table.columns().len()).collect();
    let mut chunks = table.scan(places, None);
    let mut rows = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let columns: Vec<Vec<String>> = chunk
            .unwrap()
            .into_iter()
            .map(|column| match column {
                ColumnData::Text(values) => values.into_iter().map(Option::unwrap_or_default).collect(),
                ColumnData::Int(values) | ColumnData::Time(values) => {
                    values.into_iter().map(|value| value.map_or(String::new(), |value| value.to_string())).collect()
                }
                other => panic!("{other:?}"),
            })
            .collect();
        rows.extend((0..columns[0].len()).map(|row| columns.iter().map(|column| column[row].clone()).collect()));
    }
    rows
}

fn story() -> Vec<Event> {
    vec![
        track("Product Viewed")
            .at("2026-01-01T08:00:00Z")
            .properties(r#"{"product_id": "mug", "name": "Mug", "category": "Kitchen", "brand": "Fan", "price": 12.5, "currency": "CNY", "variant": "red", "sku": "mug-r"}"#)
            .build(),
        track("Page Viewed").at("2026-01-01T08:00:01Z").properties(r#"{"products": "not for us"}"#).build(),
        track("Order Completed")
            .user("u1")
            .at("2026-01-01T09:00:00Z")
            .properties(r#"{"order_id": "o1", "currency": "CNY", "discount": 1, "products": [{"product_id": "mug", "price": "12.50", "quantity": 2}, {"product_id": "tea", "name": "Tea", "price": 5, "quantity": 1}]}"#)
            .build(),
        track("Order Refunded")
            .at("2026-01-02T09:00:00Z")
            .properties(r#"{"order_id": "o1", "products": [{"product_id": "mug", "quantity": 1}]}"#)
            .build(),
        track("Order Refunded")
            .at("2026-01-02T10:00:00Z")
            .properties(r#"{"order_id": "C7", "currency": "CNY", "products": [{"product_id": "tea", "price": 5, "quantity": -1}]}"#)
            .build(),
        track("Order Completed")
            .at("2026-01-03T09:00:00Z")
            .properties(r#"{"order_id": "bad", "products": [{"product_id": "mug", "price": "a lot"}]}"#)
            .build(),
        track("Order Updated")
            .at("2026-01-03T09:00:00Z")
            .properties(r#"{"order_id": "o1", "coupon": "late"}"#)
            .build(),
    ]
}

#[tokio::test]
async fn events_become_products_and_orders() {
    for shop in shops().await {
        shop.apply(0, &story()).await;
        let order = shop.commerce.order("o1").await.unwrap().unwrap();
        assert_eq!((order.revenue_minor, order.discount_minor, order.refunded_minor), (2_900, 100, 1_208));
        assert_eq!(order.coupon.as_deref(), Some("late"));
        let orders =
            shop.rows("SELECT order_id, status, refunded_minor, lines, units FROM orders ORDER BY order_id").await;
        let shown: Vec<(String, String, i64)> = orders
            .iter()
            .map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get("refunded_minor").unwrap()))
            .collect();
        let expected = [("C7", "refund_only", 500), ("o1", "partially_refunded", 1_208)];
        assert_eq!(
            shown,
            expected.map(|(id, status, minor)| (id.to_owned(), status.to_owned(), minor)),
            "{}",
            shop.store.name
        );
        let product = shop.commerce.product("mug").await.unwrap().unwrap();
        assert_eq!((product.product.name.as_deref(), product.product.price_minor), (Some("Mug"), Some(1_250)));
        assert_eq!((product.variants.len(), product.price_history.len()), (1, 1));
        assert_eq!(shop.commerce.product("tea").await.unwrap().unwrap().product.name.as_deref(), Some("Tea"));
        let rejected = shop.rows("SELECT event, reason, log_offset FROM commerce_rejections").await;
        assert_eq!(rejected.len(), 1);
        assert_eq!(rejected[0].get::<String>("reason").unwrap(), "`price`: `a lot` is not a decimal amount");
        assert_eq!(rejected[0].get::<i64>("log_offset").unwrap(), 5);
    }
}

#[tokio::test]
async fn a_replay_changes_nothing_and_late_batches_end_in_the_same_state() {
    for shop in shops().await {
        let story = story();
        shop.apply(0, &story).await;
        let state = shop.state().await;
        assert_eq!(state.len(), 7);
        shop.apply(0, &story).await;
        assert_eq!(shop.commerce.position().await.unwrap(), 7);
        assert_eq!(shop.state().await, state, "{}", shop.store.name);
        // Half old, half new: only what lies past the offset counts, and facts already known change nothing.
        shop.apply(4, &story).await;
        assert_eq!(shop.state().await, state, "{}", shop.store.name);
    }
    for shop in shops().await {
        let (story, mut reversed) = (story(), story());
        reversed.reverse();
        for (offset, event) in reversed.iter().enumerate() {
            shop.apply(offset as u64, std::slice::from_ref(event)).await;
        }
        let backwards = shop.state().await;
        let product = shop.commerce.product("mug").await.unwrap().unwrap();
        assert_eq!(product.price_history.len(), 1, "{:?}", product.price_history);
        for other in shops().await.into_iter().filter(|other| other.store.name == shop.store.name) {
            other.apply(0, &story).await;
            assert_eq!(other.state().await, backwards, "{}", shop.store.name);
        }
    }
}

#[tokio::test]
async fn a_price_that_changes_leaves_a_history() {
    for shop in shops().await {
        let seen = |at: &str, price: &str| {
            track("Product Viewed").at(at).properties(&format!(r#"{{"product_id": "mug", "price": {price}}}"#)).build()
        };
        shop.apply(0, &[seen("2026-01-03", "10"), seen("2026-01-04", "10.00"), seen("2026-01-05", "8")]).await;
        shop.apply(3, &[seen("2026-01-01", "12"), seen("2026-01-06", "8")]).await;
        let product = shop.commerce.product("mug").await.unwrap().unwrap();
        let prices: Vec<(String, i64)> = product
            .price_history
            .iter()
            .map(|change| (change.changed_at.to_string()[..10].to_owned(), change.price_minor))
            .collect();
        let expected = [("2026-01-01", 1_200), ("2026-01-03", 1_000), ("2026-01-05", 800)];
        assert_eq!(prices, expected.map(|(day, minor)| (day.to_owned(), minor)), "{}", shop.store.name);
        assert_eq!(product.product.price_minor, Some(800));
    }
}

#[tokio::test]
async fn setting_a_product_twice_changes_it_once() {
    for shop in shops().await {
        let body = json!({"name": "Mug", "category": "Kitchen", "price_minor": 1250, "variants": [{"variant": "red", "price_minor": 1300}]});
        let (status, first) = shop.call("PUT", "/api/v1/products/mug", None, body.clone()).await;
        assert_eq!((status, &first["outcome"]), (StatusCode::OK, &json!("created")), "{first}");
        shop.clock.advance_micros(60_000_000);
        let (_, second) = shop.call("PUT", "/api/v1/products/mug", None, body).await;
        assert_eq!(second["outcome"], "unchanged", "{}", shop.store.name);
        assert_eq!(second["product"], first["product"]);
        let (_, third) =
            shop.call("PUT", "/api/v1/products/mug", None, json!({"name": "Mug", "price_minor": 1100})).await;
        assert_eq!(
            (&third["outcome"], third["product"]["price_history"].as_array().unwrap().len()),
            (&json!("updated"), 2)
        );
        let (_, got) = shop.call("GET", "/api/v1/products/mug", None, Value::Null).await;
        assert_eq!(
            (&got["price_minor"], &got["category"], &got["variants"][0]["variant"]),
            (&json!(1100), &Value::Null, &json!("red"))
        );
        let (status, problem) = shop.call("PUT", "/api/v1/products/mug", None, json!({"price_minor": -1})).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_product")));
        let (status, _) = shop.call("GET", "/api/v1/products/none", None, Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn products_are_listed_by_page_and_found_by_their_words() {
    for shop in shops().await {
        for number in 0..5 {
            let body = json!({"name": if number == 3 { "50% Wool".to_owned() } else { format!("Thing {number}") }});
            shop.call("PUT", &format!("/api/v1/products/p{number}"), None, body).await;
        }
        let ids = |page: &Value| -> Vec<String> {
            page["products"]
                .as_array()
                .unwrap()
                .iter()
                .map(|product| product["product_id"].as_str().unwrap().to_owned())
                .collect()
        };
        let (_, page) = shop.call("GET", "/api/v1/products?limit=2", None, Value::Null).await;
        assert_eq!(
            (ids(&page), &page["next"]),
            (vec!["p0".to_owned(), "p1".to_owned()], &json!("p1")),
            "{}",
            shop.store.name
        );
        let (_, last) = shop.call("GET", "/api/v1/products?limit=3&after=p1", None, Value::Null).await;
        assert_eq!((ids(&last).len(), &last["next"]), (3, &Value::Null));
        let (_, found) = shop.call("GET", "/api/v1/products?search=0%25%20wool", None, Value::Null).await;
        assert_eq!(ids(&found), ["p3"], "{}", shop.store.name);
        let (status, _) = shop.call("GET", "/api/v1/products?limit=many", None, Value::Null).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}

fn order_form(quantity: i64) -> Value {
    json!({"user_id": "u1", "channel": "wechat", "shipping_minor": 500, "discount_minor": 100, "products": [
        {"product_id": "mug", "quantity": quantity, "price_minor": 1250}, {"product_id": "tea", "quantity": 1, "price_minor": 500}]})
}

#[tokio::test]
async fn an_order_set_through_the_api_reaches_the_log_once_and_changes_nothing_on_its_way_back() {
    for shop in shops().await {
        let (status, first) = shop.call("PUT", "/api/v1/orders/o1", None, order_form(2)).await;
        assert_eq!((status, &first["outcome"]), (StatusCode::OK, &json!("created")), "{first}");
        assert_eq!((&first["order"]["revenue_minor"], &first["order"]["total_minor"]), (&json!(2_900), &json!(3_400)));
        let (_, again) = shop.call("PUT", "/api/v1/orders/o1", None, order_form(2)).await;
        assert_eq!((&again["outcome"], &again["order"]), (&json!("unchanged"), &first["order"]));
        let state = shop.state().await;
        let sent = shop.relay().await;
        assert_eq!(sent.len(), 1, "{}", shop.store.name);
        assert_eq!(
            (sent[0].name.as_str(), sent[0].revenue_minor, sent[0].quantity),
            ("Order Completed", Some(2_900), Some(3))
        );
        assert_eq!(shop.state().await, state, "{}", shop.store.name);

        let (_, changed) = shop.call("PUT", "/api/v1/orders/o1", None, order_form(1)).await;
        assert_eq!((&changed["outcome"], &changed["order"]["revenue_minor"]), (&json!("updated"), &json!(1_650)));
        let state = shop.state().await;
        let sent = shop.relay().await;
        assert_eq!((sent.len(), sent[0].name.as_str()), (1, "Order Updated"));
        assert_eq!(shop.state().await, state, "{}", shop.store.name);
        let (_, got) = shop.call("GET", "/api/v1/orders/o1", None, Value::Null).await;
        assert_eq!(got, changed["order"]);
        let (status, _) = shop.call("GET", "/api/v1/orders/none", None, Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, problem) = shop.call("PUT", "/api/v1/orders/o2", None, json!({"products": []})).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_order")));
    }
}

#[tokio::test]
async fn a_refund_is_given_once_for_each_idempotency_key() {
    for shop in shops().await {
        shop.call("PUT", "/api/v1/orders/o1", None, order_form(2)).await;
        shop.relay().await;
        let path = "/api/v1/orders/o1/refunds";
        let one_mug = json!({"products": [{"product_id": "mug", "quantity": 1}], "reason": "chipped"});
        let (status, _) = shop.call("POST", path, None, one_mug.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let (status, first) = shop.call("POST", path, Some("k1"), one_mug.clone()).await;
        assert_eq!((status, &first["refund"]["amount_minor"]), (StatusCode::OK, &json!(1_208)), "{first}");
        shop.clock.advance_micros(1_000_000);
        let (_, again) = shop.call("POST", path, Some("k1"), one_mug.clone()).await;
        assert_eq!(again, first);
        let (status, problem) = shop.call("POST", path, Some("k1"), json!({"amount_minor": 5})).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused")));
        let two_mugs = json!({"products": [{"product_id": "mug", "quantity": 2}]});
        let (status, problem) = shop.call("POST", path, Some("k2"), two_mugs).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("refund_exceeds_order")));
        let (status, _) = shop.call("POST", path, Some("k3"), json!({"amount_minor": 1_000_000})).await;
        assert_eq!(status, StatusCode::CONFLICT);

        let state = shop.state().await;
        let sent = shop.relay().await;
        assert_eq!((sent.len(), sent[0].name.as_str(), sent[0].revenue_minor), (1, "Order Refunded", Some(1_208)));
        assert_eq!(shop.state().await, state, "{}", shop.store.name);
        let (_, rest) = shop.call("POST", path, Some("k4"), json!({})).await;
        assert_eq!(
            (&rest["order"]["status"], &rest["order"]["refunded_minor"]),
            (&json!("refunded"), &json!(2_900)),
            "{rest}"
        );
        let (status, _) = shop.call("POST", path, Some("k5"), json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT);
        let (status, _) = shop.call("POST", "/api/v1/orders/none/refunds", Some("k6"), json!({})).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn tables_offer_the_columns_they_promise() {
    for shop in shops().await {
        shop.apply(0, &story()).await;
        let tables = shop.commerce.tables();
        let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        assert_eq!(names, ["orders", "order_lines", "refunds", "products", "price_history"]);
        for table in &tables {
            let rows = read_table(table.as_ref()).await;
            assert!(!rows.is_empty(), "{}", table.name());
            let mut one = table.scan(vec![0], Some(1));
            let chunk = one.next().await.unwrap().unwrap();
            assert!(matches!(&chunk[..], [ColumnData::Text(values)] if values.len() == 1), "{}", table.name());
        }
    }
}

/// Run with `--run-ignored all --no-capture` to see how many events a second the projection takes in.
#[tokio::test]
#[ignore = "a measurement"]
async fn measure_how_fast_the_projection_is() {
    for shop in shops().await {
        for (what, orders_every) in [("views and one order in 40", 40), ("views and one order in 4", 4)] {
            let from = shop.commerce.position().await.unwrap();
            let events: Vec<Event> = (0..50_000u64)
                .map(|number| {
                    let n = from + number;
                    let event = match n % orders_every {
                        0 => track("Order Completed").properties(&format!(
                            r#"{{"order_id": "o{n}", "currency": "CNY", "products": [{{"product_id": "p{}", "price": 12.5, "quantity": 2}}, {{"product_id": "p{}", "price": 3, "quantity": 1}}]}}"#,
                            n % 5_000, n % 700,
                        )),
                        1..4 => track("Product Viewed").properties(&format!(r#"{{"product_id": "p{}", "name": "Thing", "price": 12.5}}"#, n % 5_000)),
                        _ => track("Page Viewed").properties(r#"{"path": "/"}"#),
                    };
                    event.id(&n.to_string()).at_moment(fanvine_kernel::Timestamp::from_micros(n as i64 * 1_000)).build()
                })
                .collect();
            let started = std::time::Instant::now();
            for (place, batch) in events.chunks(5_000).enumerate() {
                shop.apply(from + place as u64 * 5_000, batch).await;
            }
            let seconds = started.elapsed().as_secs_f64();
            println!("{}: {what}: {:.0} events/s", shop.store.name, events.len() as f64 / seconds);
        }
    }
}

#[tokio::test]
async fn products_are_described_from_memory_as_the_catalogue_has_them_now() {
    use fanvine_contracts::products::{DescribedProducts, InMemory};
    for shop in shops().await {
        let describe = async |id: &str| shop.commerce.read(vec![id.to_owned()]).await.unwrap().remove(id);
        assert_eq!((describe("mug").await, shop.commerce.in_memory("mug")), (None, InMemory::Known(None)));
        assert_eq!(shop.commerce.in_memory("tea"), InMemory::Unread);

        // What events tell is known when it is saved.
        let view = |at: &str, properties: Value| {
            track("Product Viewed").user("u").at(at).properties(&properties.to_string()).build()
        };
        shop.apply(0, &[view("2026-04-01T00:00:00Z", json!({"product_id": "mug", "name": "Mug", "price": "9.50"}))])
            .await;
        assert_eq!(shop.commerce.in_memory("mug"), InMemory::Unread);
        let mug = describe("mug").await.unwrap();
        let (price, since) = mug.price.unwrap();
        assert_eq!((mug.name.as_deref(), price.to_string().as_str()), (Some("Mug"), "9.50 CNY"));
        assert_eq!((since.to_string().as_str(), mug.priced_variants), ("2026-04-01T00:00:00Z", false));
        // The same words again describe nothing anew.
        shop.apply(1, &[view("2026-04-02T00:00:00Z", json!({"product_id": "mug", "name": "Mug", "price": "9.50"}))])
            .await;
        assert_eq!(shop.commerce.in_memory("mug"), InMemory::Known(Some(mug)));

        // An operator's word holds at once, and what was completed by an older one never undoes it.
        let set = json!({"name": "Cup", "price_minor": 1200, "variants": [{"variant": "L", "price_minor": 1500}]});
        assert_eq!(shop.call("PUT", "/api/v1/products/mug", None, set).await.0, StatusCode::OK);
        assert_eq!(shop.commerce.in_memory("mug"), InMemory::Unread);
        let stale = json!({"product_id": "mug", "name": "Mug", "price": 9.5, "from_catalogue": ["name", "price"]});
        shop.apply(2, &[view("2026-06-01T00:00:00Z", stale)]).await;
        let cup = describe("mug").await.unwrap();
        assert_eq!((cup.name.as_deref(), cup.priced_variants), (Some("Cup"), true));
        assert_eq!(
            cup.price.map(|(price, since)| (price.minor, since.to_string())),
            Some((1200, "2026-05-01T12:00:00Z".into()))
        );
        let history =
            shop.rows("SELECT price_minor FROM price_history WHERE product_id = 'mug' ORDER BY changed_at").await;
        let history: Vec<i64> = history.iter().map(|row| row.get("price_minor").unwrap()).collect();
        assert_eq!(history, [950, 1200]);
    }
}
