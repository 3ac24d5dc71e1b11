//! What webhooks promise, on every store: each event once, to whoever wants it, whatever is read again.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_contracts::mail::NoMailer;
use fanvine_engage::webhooks::WebhooksOptions;
use fanvine_engage::{Engage, MIGRATIONS, router};
use fanvine_kernel::event::{EventRef, Json};
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Clock, Event, EventKind};
use fanvine_testkit::{FakeClock, SeededEntropy, TempStore, stores};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

struct Room {
    store: TempStore,
    clock: Arc<FakeClock>,
    engage: Arc<Engage>,
    routes: axum::Router,
}

async fn rooms() -> Vec<Room> {
    let mut rooms = Vec::new();
    for store in stores().await {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let clock = Arc::new(FakeClock::at("2026-11-11T00:00:00Z"));
        rooms.push(Room::on(store, clock).await);
    }
    rooms
}

impl Room {
    async fn on(store: TempStore, clock: Arc<FakeClock>) -> Self {
        let (entropy, options) = (Arc::new(SeededEntropy::new(7)), WebhooksOptions::default());
        let engage = Engage::open(store.store(), clock.clone(), entropy, Arc::new(NoMailer), options).await;
        let engage = Arc::new(engage.unwrap());
        let (routes, _) = router(engage.clone()).split_for_parts();
        Self { store, clock, engage, routes }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = self.routes.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn subscribe(&self, form: Value) -> String {
        let (status, made) = self.call("POST", "/api/v1/webhooks", form).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
        made["webhook"]["webhook_id"].as_str().unwrap().to_owned()
    }

    fn event(&self, id: &str, name: &str, source: &str) -> Event {
        let now = self.clock.now();
        Event {
            message_id: id.to_owned(),
            kind: EventKind::Track,
            name: name.to_owned(),
            source: source.parse::<SourceId>().unwrap(),
            user_id: Some("ana".to_owned()),
            anonymous_id: None,
            occurred_at: now,
            received_at: now,
            session_id: None,
            product_id: None,
            order_id: None,
            quantity: None,
            revenue_minor: None,
            currency: None,
            channel: None,
            campaign: None,
            referrer: None,
            properties: Some(Json::of_valid(r#"{"price": 12.50}"#)),
            context: Some(Json::of_valid(r#"{"ip": "203.0.113.7"}"#)),
        }
    }

    async fn take_in(&self, first: u64, events: &[Event]) {
        let refs: Vec<(u64, EventRef<'_>)> = (first..).zip(events).map(|(at, event)| (at, event.borrowed())).collect();
        self.engage.take_in(&refs, first + events.len() as u64).await.unwrap();
    }

    async fn deliveries(&self, webhook: &str) -> Vec<Value> {
        let (_, page) = self.call("GET", &format!("/api/v1/webhooks/{webhook}/deliveries"), Value::Null).await;
        page["deliveries"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn an_event_that_is_read_again_is_not_told_again() {
    for room in rooms().await {
        let webhook = room.subscribe(json!({ "url": "https://a.example/x", "events": ["Offer *"] })).await;
        let events = [room.event("m1", "Offer Published", "src_api"), room.event("m2", "Offer Withdrawn", "src_api")];
        for _ in 0..2 {
            room.take_in(10, &events).await;
        }
        // A crash between a commit and its answer: part of it is read again, with what came after.
        let more = [events[1].clone(), room.event("m3", "Offer Changed", "src_api")];
        room.take_in(11, &more).await;
        let names: Vec<Value> = room.deliveries(&webhook).await.iter().map(|one| one["event"].clone()).collect();
        assert_eq!(names, ["Offer Changed", "Offer Withdrawn", "Offer Published"], "{}", room.store.name);
        assert_eq!(room.engage.webhooks_from().await.unwrap(), Some(13));
    }
}

#[tokio::test]
async fn a_webhook_is_told_of_what_it_wants_from_when_it_was_made() {
    for room in rooms().await {
        let before = room.event("m0", "Offer Published", "src_api");
        room.clock.advance_micros(1);
        let own = room.subscribe(json!({ "url": "https://a.example/x", "events": ["*"] })).await;
        let all = room
            .subscribe(json!({ "url": "https://b.example/x", "events": ["Product Viewed"], "clients_too": true }))
            .await;
        let viewed = room.event("m1", "Product Viewed", "src_1");
        room.take_in(0, &[before, viewed, room.event("m2", "Offer Published", "src_api")]).await;
        let (own, all) = (room.deliveries(&own).await, room.deliveries(&all).await);
        assert_eq!((own.len(), all.len()), (1, 1), "{}", room.store.name);
        let body: Value = serde_json::from_str(all[0]["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["type"], "Product Viewed");
        assert_eq!(body["data"]["user_id"], "ana");
        assert!(all[0]["body"].as_str().unwrap().contains("12.50"), "numbers keep their digits");
        assert!(!all[0]["body"].as_str().unwrap().contains("203.0.113.7"), "where somebody was is not told");
    }
}

#[tokio::test]
async fn what_is_paused_or_deleted_is_told_of_nothing() {
    for room in rooms().await {
        let webhook = room.subscribe(json!({ "url": "https://a.example/x", "events": ["Offer *"] })).await;
        let at = format!("/api/v1/webhooks/{webhook}");
        let (_, paused) = room.call("PATCH", &at, json!({ "paused": true })).await;
        assert_eq!(paused["paused"]["why"], "asked");
        assert!(!room.engage.wants_events());
        room.take_in(0, &[room.event("m1", "Offer Published", "src_api")]).await;
        let (_, on) = room.call("PATCH", &at, json!({ "paused": false, "events": ["Codes Made"] })).await;
        assert_eq!(on["paused"], Value::Null);
        room.take_in(1, &[room.event("m2", "Offer Published", "src_api"), room.event("m3", "Codes Made", "src_api")])
            .await;
        assert_eq!(room.deliveries(&webhook).await.len(), 1, "{}", room.store.name);
        assert_eq!(room.call("DELETE", &at, Value::Null).await.0, StatusCode::NO_CONTENT);
        assert_eq!(room.call("GET", &at, Value::Null).await.0, StatusCode::NOT_FOUND);
        room.take_in(3, &[room.event("m4", "Codes Made", "src_api")]).await;
    }
}

#[tokio::test]
async fn subscriptions_outlive_the_program_and_bad_ones_are_refused_by_name() {
    for room in rooms().await {
        let asked = &room;
        let refused = |form: Value| async move {
            let (status, problem) = asked.call("POST", "/api/v1/webhooks", form).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
            problem["detail"].as_str().unwrap().to_owned()
        };
        let inside = refused(json!({ "url": "http://10.1.2.3/x", "events": ["*"] })).await;
        assert!(inside.starts_with("10.1.2.3 is 10.1.2.3, which is not a public address"), "{inside}");
        let none = refused(json!({ "url": "https://a.example", "events": [] })).await;
        assert_eq!(none, "0 events are named, where 1 to 50 can be");
        let webhook = room.subscribe(json!({ "url": "https://a.example/x", "events": ["*"] })).await;
        let again = Room::on(room.store, room.clock).await;
        assert!(again.engage.wants_events());
        let (_, list) = again.call("GET", "/api/v1/webhooks", Value::Null).await;
        assert_eq!(list["webhooks"][0]["webhook_id"], json!(webhook));
        assert!(list["webhooks"][0].get("secret").is_none(), "a secret is shown once");
    }
}
