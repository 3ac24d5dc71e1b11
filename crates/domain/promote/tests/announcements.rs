//! Every change is told once, in the transaction that made it, on every store.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_kernel::{Event, Zone};
use fanvine_promote::{MIGRATIONS, Promote, router};
use fanvine_testkit::{FakeClock, SeededEntropy, TempStore, stores};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

struct Shop {
    store: TempStore,
    clock: Arc<FakeClock>,
    promote: Arc<Promote>,
    routes: axum::Router,
}

async fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in stores().await {
        store.migrate(fanvine_ledger::MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let clock = Arc::new(FakeClock::at("2026-11-11T00:00:00Z"));
        let promote = Promote::open(store.store(), clock.clone(), Arc::new(SeededEntropy::new(1)), Zone::UTC).await;
        let promote = Arc::new(promote.unwrap());
        let (routes, _) = router(promote.clone()).split_for_parts();
        shops.push(Shop { store, clock, promote, routes });
    }
    shops
}

impl Shop {
    async fn call(&self, method: &str, path: &str, key: &str, body: Value) -> Value {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = self.routes.clone().oneshot(request.header("Idempotency-Key", key).body(body).unwrap()).await;
        let response = response.unwrap();
        let status = response.status();
        let answer = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{method} {path}: {answer:?}");
        serde_json::from_slice(&answer).unwrap()
    }

    async fn told(&self) -> Vec<Event> {
        self.store.outbox_pending(1_000).await.unwrap().into_iter().map(|(_, event)| event).collect()
    }

    async fn names_told(&self) -> Vec<String> {
        self.told().await.into_iter().map(|event| event.name).collect()
    }
}

fn properties(event: &Event) -> Value {
    serde_json::from_str(event.properties.as_ref().map_or("null", |json| json.get())).unwrap()
}

fn terms() -> Value {
    json!({ "name": "Ten off", "benefit": { "kind": "tiers", "tiers": [{ "at": { "spend_minor": 0 }, "rewards": [
        { "kind": "amount", "minor": 1000 }] }] } })
}

fn order(id: &str) -> Value {
    json!({
        "cart": { "currency": "CNY", "lines": [{ "line_id": "1", "product_id": "mug", "quantity": 2, "unit_minor": 2900 }] },
        "shopper": { "shopper_id": "ana" }, "order_id": id, "hold_s": 60,
    })
}

#[tokio::test]
async fn every_change_of_an_offer_is_told_once() {
    for shop in shops().await {
        for _ in 0..2 {
            shop.call("PUT", "/api/v1/offers/ten", "", terms()).await;
        }
        shop.call("POST", "/api/v1/offers/ten/publish", "", Value::Null).await;
        for _ in 0..2 {
            shop.call("POST", "/api/v1/offers/ten/codes", "batch", json!({ "count": 3, "prefix": "T" })).await;
        }
        for _ in 0..2 {
            shop.call("POST", "/api/v1/offers/ten/withdraw", "", Value::Null).await;
        }
        let told = shop.told().await;
        let names: Vec<&str> = told.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["Offer Changed", "Offer Published", "Codes Made", "Offer Withdrawn"], "{}", shop.store.name);
        assert_eq!(properties(&told[1]), json!({ "offer_id": "ten", "version": 1, "name": "Ten off", "by": "" }));
        assert_eq!(properties(&told[2])["codes"], 3);
        assert!(told.iter().all(|event| event.source.as_str() == "src_api" && event.user_id.is_none()));
    }
}

#[tokio::test]
async fn every_step_of_a_redemption_is_told_once() {
    for shop in shops().await {
        shop.call("PUT", "/api/v1/offers/ten", "", terms()).await;
        shop.call("POST", "/api/v1/offers/ten/publish", "", Value::Null).await;
        let mut id = String::new();
        for _ in 0..2 {
            let redemption = shop.call("POST", "/api/v1/redemptions", "k1", order("o-1")).await;
            id = redemption["redemption_id"].as_str().unwrap().to_owned();
        }
        let at = format!("/api/v1/redemptions/{id}");
        for _ in 0..2 {
            shop.call("POST", &format!("{at}/redeem"), "", Value::Null).await;
        }
        let one = json!({ "lines": [{ "line_id": "1", "quantity": 1 }] });
        for _ in 0..2 {
            shop.call("POST", &format!("{at}/returns"), "r1", one.clone()).await;
        }
        let told = shop.told().await;
        let names: Vec<&str> = told.iter().skip(2).map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["Redemption Reserved", "Redemption Redeemed", "Redemption Returned"], "{}", shop.store.name);
        let (reserved, returned) = (properties(&told[2]), properties(&told[4]));
        assert_eq!(reserved["offers"][0]["off_minor"], 1000);
        assert_eq!(reserved["payable_minor"], 4800);
        assert_eq!(returned["refund_minor"], 2400);
        assert_eq!(told[3].user_id.as_deref(), Some("ana"));
        assert_eq!(told[3].order_id.as_deref(), Some("o-1"));
        assert_eq!(told[3].revenue_minor, None, "an order brings in what it brings in, not its redemption");
    }
}

#[tokio::test]
async fn a_reservation_that_lapsed_is_told_once_and_of_no_shopper() {
    for shop in shops().await {
        shop.call("POST", "/api/v1/redemptions", "k1", order("o-1")).await;
        let kept = shop.call("POST", "/api/v1/redemptions", "k2", order("o-2")).await;
        let id = kept["redemption_id"].as_str().unwrap();
        shop.call("POST", &format!("/api/v1/redemptions/{id}/redeem"), "", Value::Null).await;
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.names_told().await.len(), 3, "nothing is over yet");
        shop.clock.advance_micros(61_000_000);
        for _ in 0..2 {
            shop.promote.sweep().await.unwrap();
        }
        let told = shop.told().await;
        assert_eq!(told.len(), 4, "{}", shop.store.name);
        assert_eq!(told[3].name, "Redemption Lapsed");
        assert_eq!(told[3].user_id, None);
        assert_eq!(properties(&told[3])["shopper_id"], "ana");
        assert_eq!(properties(&told[3])["order_id"], "o-1");
    }
}
