//! Completion by a catalogue that is told what it knows, through the real router, log and store.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use fanvine_contracts::products::{DescribedProduct, DescribedProducts, InMemory};
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::{Code, Money, Problem, Timestamp};
use fanvine_stream::LogOptions;
use fanvine_testkit::{TempStore, stores};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::tests::{Room, room_with_products};
use crate::{CollectOptions, Limits};

/// A catalogue with a few products that remembers what it was asked.
#[derive(Default)]
struct Catalogue {
    products: BTreeMap<&'static str, DescribedProduct>,
    asked: Mutex<BTreeMap<String, Option<Arc<DescribedProduct>>>>,
    reads: AtomicUsize,
    broken: bool,
}

impl DescribedProducts for Catalogue {
    fn in_memory(&self, product_id: &str) -> InMemory {
        self.asked.lock().unwrap().get(product_id).map_or(InMemory::Unread, |found| InMemory::Known(found.clone()))
    }

    fn read<'a>(&'a self, product_ids: Vec<String>) -> Asking<'a, BTreeMap<String, Arc<DescribedProduct>>> {
        Box::pin(async move {
            if self.broken {
                return Err(Problem::new(Code::Unavailable, "the store is away"));
            }
            self.reads.fetch_add(1, Ordering::Relaxed);
            let mut found = BTreeMap::new();
            for id in product_ids {
                let product = self.products.get(id.as_str()).cloned().map(Arc::new);
                self.asked.lock().unwrap().insert(id.clone(), product.clone());
                product.into_iter().for_each(|product| drop(found.insert(id.clone(), product)));
            }
            Ok(found)
        })
    }
}

fn catalogue() -> Catalogue {
    let text = |text: &str| Some(text.to_owned());
    let price =
        |minor, code: &str| Some((Money::new(minor, code.parse().unwrap()), Timestamp::from_seconds(1_767_000_000)));
    let mug = DescribedProduct {
        name: text("Mug \"9\""),
        category: text("杯子"),
        brand: None,
        price: price(1_250, "CNY"),
        priced_variants: false,
    };
    let tea = DescribedProduct { price: price(900, "USD"), brand: text("Leaf"), ..DescribedProduct::default() };
    let shirt = DescribedProduct { priced_variants: true, name: text("Shirt"), ..mug.clone() };
    Catalogue { products: BTreeMap::from([("mug", mug), ("tea", tea), ("shirt", shirt)]), ..Catalogue::default() }
}

async fn room(store: TempStore, catalogue: &Arc<Catalogue>) -> Room {
    room_within(Limits::default(), store, catalogue).await
}

async fn room_within(limits: Limits, store: TempStore, catalogue: &Arc<Catalogue>) -> Room {
    let options = CollectOptions { currency: "CNY".parse().ok(), limits, ..CollectOptions::default() };
    let room = room_with_products(store, options, LogOptions::default(), catalogue.clone()).await;
    let source = room.get("/api/v1/sources").await["sources"][0]["id"].as_str().unwrap().to_owned();
    let wanted = Request::patch(format!("/api/v1/sources/{source}")).header("content-type", "application/json");
    let wanted = wanted.body(Body::from(json!({"complete_products": true}).to_string())).unwrap();
    let (status, answer, _) = room.send(wanted).await;
    assert_eq!((status, &answer["complete_products"]), (StatusCode::OK, &json!(true)));
    room
}

/// What the log has of events of these names and properties, sent as one batch at 2026-01-01.
async fn kept(room: &Room, events: &[(&str, Value)]) -> Vec<Value> {
    let before = room.logged().len();
    let batch: Vec<Value> = events
        .iter()
        .enumerate()
        .map(|(place, (event, properties))| {
            json!({"type": "track", "userId": "u", "messageId": format!("{before}-{place}"), "event": event, "properties": properties})
        })
        .collect();
    let (status, answer, _) = room.post("/v1/batch?verbose=1", json!({ "batch": batch }).to_string()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let read = |properties: Option<fanvine_kernel::event::Json>| {
        properties.map_or(Value::Null, |properties| serde_json::from_str(properties.get()).unwrap())
    };
    room.logged().into_iter().skip(before).map(|event| read(event.properties)).collect()
}

#[tokio::test]
async fn what_is_left_out_is_completed_marked_and_nothing_said_is_overwritten() {
    for store in stores().await {
        let catalogue = Arc::new(catalogue());
        let room = room(store, &catalogue).await;
        let told = [
            (
                "Product Viewed",
                json!({"product_id": "mug", "name": "My mug", "category": " ", "price": null, "n": 1.50}),
            ),
            ("Product Viewed", json!({"product_id": "mug", "name": "", "category": "C", "brand": "B", "price": 0})),
            (
                "Cart Viewed",
                json!({"currency": "USD", "products": [
                {"product_id": "tea", "quantity": 2}, {"sku": "mug", "name": 7}, {"product_id": "none"}]}),
            ),
            ("Unrelated", json!({"name": "x"})),
        ];
        for turn in 0..2 {
            let kept = kept(&room, &told).await;
            assert_eq!(
                kept,
                [
                    json!({"from_catalogue": ["category", "price"], "product_id": "mug", "name": "My mug",
                        "category": "杯子", "price": 12.5, "n": 1.5}),
                    json!({"from_catalogue": ["name"], "product_id": "mug", "name": "Mug \"9\"", "category": "C",
                        "brand": "B", "price": 0}),
                    json!({"currency": "USD", "products": [
                        {"from_catalogue": ["brand", "price"], "brand": "Leaf", "price": 9.0, "product_id": "tea", "quantity": 2},
                        {"from_catalogue": ["category"], "category": "杯子", "sku": "mug", "name": 7},
                        {"product_id": "none"}]}),
                    json!({"name": "x"}),
                ],
                "turn {turn}"
            );
        }
        assert_eq!(
            catalogue.reads.load(Ordering::Relaxed),
            1,
            "the catalogue is read once for a request, then remembered"
        );
    }
}

#[tokio::test]
async fn a_price_is_completed_only_where_it_is_sure() {
    let room = room(TempStore::sqlite().await, &Arc::new(catalogue())).await;
    let price = async |event: &str, properties: Value| {
        let kept = kept(&room, &[(event, properties)]).await.remove(0);
        (kept["price"].clone(), kept["products"][0]["price"].clone())
    };
    let none = Value::Null;
    assert_eq!(price("Product Added", json!({"product_id": "mug"})).await, (json!(12.5), none.clone()));
    // Another currency than the catalogue's.
    assert_eq!(price("Product Added", json!({"product_id": "tea"})).await, (none.clone(), none.clone()));
    assert_eq!(
        price("Product Added", json!({"product_id": "mug", "currency": "EUR"})).await,
        (none.clone(), none.clone())
    );
    // What an order is worth is what was charged.
    let order = json!({"order_id": "o", "products": [{"product_id": "mug", "quantity": 1}]});
    assert_eq!(price("Order Completed", order).await, (none.clone(), none.clone()));
    // A variant may cost something else.
    assert_eq!(price("Product Added", json!({"product_id": "shirt", "variant": "L"})).await.0, none);
    assert_eq!(price("Product Added", json!({"product_id": "shirt"})).await.0, json!(12.5));
    assert_eq!(price("Product Added", json!({"product_id": "mug", "variant": "L"})).await.0, json!(12.5));
    let order = room.logged().into_iter().find(|event| event.name == "Order Completed").unwrap();
    assert_eq!((order.revenue_minor, order.properties.unwrap().get().contains("杯子")), (None, true));
}

#[tokio::test]
async fn what_happened_before_the_price_was_that_gets_none() {
    let room = room(TempStore::sqlite().await, &Arc::new(catalogue())).await;
    for (at, id) in [("2025-12-29T09:19:59Z", "before"), ("2025-12-29T09:20:00Z", "since")] {
        let event = json!({"event": "Product Viewed", "userId": "u", "messageId": id, "timestamp": at,
            "properties": {"product_id": "mug"}});
        assert_eq!(room.post("/v1/track", event.to_string()).await.0, StatusCode::OK);
    }
    let texts: Vec<String> =
        room.logged().into_iter().map(|event| event.properties.unwrap().get().to_owned()).collect();
    assert_eq!((texts[0].contains("price"), texts[1].contains("\"price\":12.50")), (false, true), "{texts:?}");
}

#[tokio::test]
async fn pages_catalogue_updates_and_those_who_use_the_mark_are_left_alone() {
    let room = room(TempStore::sqlite().await, &Arc::new(catalogue())).await;
    let told = [
        ("Product Updated", json!({"product_id": "mug"})),
        ("Product Viewed", json!({"product_id": "mug", "from_catalogue": "mine"})),
    ];
    let kept = kept(&room, &told).await;
    assert_eq!(kept, told.map(|(_, properties)| properties));
    let page = json!({"userId": "u", "properties": {"product_id": "mug"}});
    assert_eq!(room.post("/v1/page", page.to_string()).await.0, StatusCode::OK);
    assert_eq!(room.logged().pop().unwrap().properties.unwrap().get(), r#"{"product_id":"mug"}"#);
}

#[tokio::test]
async fn events_are_taken_as_they_came_when_the_catalogue_is_away_or_they_would_grow_too_long() {
    let away = Arc::new(Catalogue { broken: true, ..catalogue() });
    let room_without = room(TempStore::sqlite().await, &away).await;
    let view = ("Product Viewed", json!({"product_id": "mug"}));
    assert_eq!(kept(&room_without, std::slice::from_ref(&view)).await, [view.1]);

    let limits = Limits { event_bytes: 8_000, ..Limits::default() };
    let room = room_within(limits, TempStore::sqlite().await, &Arc::new(catalogue())).await;
    let many = |times: usize| json!({"products": vec![json!({"product_id": "mug"}); times]});
    let taken = kept(&room, &[("Cart Viewed", many(200)), ("Cart Viewed", many(1))]).await;
    assert_eq!((&taken[0], &taken[1]["products"][0]["name"]), (&many(200), &json!("Mug \"9\"")));
}

#[tokio::test]
async fn those_behind_an_event_that_waits_keep_their_places_and_answers() {
    let room = room(TempStore::sqlite().await, &Arc::new(catalogue())).await;
    let event = |id: &str, properties: Value| json!({"type": "track", "event": "Product Viewed", "userId": "u", "messageId": id, "properties": properties});
    let batch = json!({"batch": [event("a", json!({})), event("b", json!({"product_id": "mug"})), {"type": "track"},
        event("c", json!({})), event("b", json!({"product_id": "mug"}))]});
    let (_, answer, _) = room.post("/v1/batch?verbose=1", batch.to_string()).await;
    let told: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["stored", "stored", "rejected", "stored", "duplicate"]);
    let ids: Vec<String> = room.logged().into_iter().map(|event| event.message_id).collect();
    assert_eq!(ids, ["a", "b", "c"]);
}
