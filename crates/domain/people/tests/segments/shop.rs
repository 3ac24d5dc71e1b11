//! A shop on a store: its log, its lake, its people, and what is announced of segments.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Clock, Event, Zone};
use fanvine_lake::{Lake, LakeOptions};
use fanvine_people::{MIGRATIONS, People, router};
use fanvine_testkit::{EventBuilder, FakeClock, TempStore, track};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

pub const HOUR: i64 = 3_600_000_000;

/// A shop whose log is read as the schedule does.
pub struct Shop {
    pub store: TempStore,
    lake: Lake,
    pub people: Arc<People>,
    pub clock: Arc<FakeClock>,
    pub log: Vec<Event>,
    /// Everything that was announced: entered or not, segment, shopper.
    pub told: Vec<(bool, String, String)>,
}

impl Shop {
    pub async fn new(store: TempStore) -> Self {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let lake = Lake::open(LakeOptions::new(store.folder().join("lake"))).await.unwrap();
        let clock = Arc::new(FakeClock::at("2026-05-01T12:00:00Z"));
        let people = opened(&store, &lake, &clock).await;
        Self { store, lake, people, clock, log: Vec::new(), told: Vec::new() }
    }

    /// Somebody does something now.
    pub fn does(&mut self, event: EventBuilder) {
        let now = self.clock.now();
        let number = self.log.len();
        self.log.push(
            event
                .with(|event| {
                    event.message_id = format!("m{number}");
                    event.occurred_at = now;
                    event.received_at = now;
                })
                .build(),
        );
    }

    /// Hands on what the log has, as the schedule does.
    pub fn take_in(&self) {
        let from = self.people.next_offset() as usize;
        let events: Vec<(u64, EventRef<'_>)> =
            (from as u64..).zip(&self.log[from..]).map(|(offset, event)| (offset, EventRef::from(event))).collect();
        let next = self.log.len() as u64;
        self.lake.ingest(from as u64, &events, next).unwrap();
        self.people.take_in(&events, next).unwrap();
        self.people.put_segments_in_force().unwrap();
    }

    /// Counts and announces all there is; what is announced comes back through the log.
    pub async fn tend(&mut self) {
        self.take_in();
        while self.people.count_segments().await.unwrap() {
            self.people.put_segments_in_force().unwrap();
        }
        self.people.keep_segments().await.unwrap();
        let pending = self.store.outbox_pending(10_000).await.unwrap();
        for (id, event) in pending {
            let properties: Value = serde_json::from_str(event.properties.as_ref().unwrap().get()).unwrap();
            let segment = properties["segment_id"].as_str().unwrap().to_owned();
            let entered = event.name == "Segment Entered";
            self.told.push((entered, segment, event.shopper_id().unwrap().to_owned()));
            self.log.push(event);
            self.store.outbox_done(id).await.unwrap();
        }
        self.take_in();
    }

    pub async fn save(&self) {
        self.people.save().await.map_err(|error| error.in_full()).unwrap();
    }

    /// The program is killed and started again.
    pub async fn restarted(&mut self) {
        self.people = opened(&self.store, &self.lake, &self.clock).await;
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let (routes, _) = router(self.people.clone()).split_for_parts();
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = routes.oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", &format!("/api/v1/segments{path}"), Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub async fn define(&self, id: &str, text: &str) {
        let form = json!({"id": id, "name": id, "text": text});
        let (status, body) = self.call("POST", "/api/v1/segments", form).await;
        assert_eq!(status, StatusCode::CREATED, "{text}: {body}");
    }

    pub async fn members(&self, id: &str) -> Vec<String> {
        let members = self.get(&format!("/{id}/members")).await;
        members["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["shopper_id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What was announced since this was last asked.
    pub fn news(&mut self) -> Vec<(bool, String, String)> {
        std::mem::take(&mut self.told)
    }
}

async fn opened(store: &TempStore, lake: &Lake, clock: &Arc<FakeClock>) -> Arc<People> {
    Arc::new(People::open(store.store(), lake.clone(), clock.clone(), Zone::UTC).await.unwrap())
}

pub fn bought(user: &str, category: &str, minor: i64) -> EventBuilder {
    let properties = format!(
        r#"{{"order_id":"{user}-{category}-{minor}","revenue":{},"currency":"CNY",
            "products":[{{"product_id":"p","category":"{category}","price":1,"quantity":1}}]}}"#,
        minor as f64 / 100.0
    );
    track("Order Completed").user(user).properties(&properties).with(move |event| {
        event.revenue_minor = Some(minor);
        event.currency = "CNY".parse().ok();
    })
}

pub fn viewed(user: &str) -> EventBuilder {
    track("Product Viewed").user(user).properties(r#"{"product_id":"p","category":"Tea"}"#)
}

pub fn named(entered: bool, segment: &str, shopper: &str) -> (bool, String, String) {
    (entered, segment.to_owned(), shopper.to_owned())
}
