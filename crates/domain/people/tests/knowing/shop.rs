//! A shop on any store, that events are handed to and that is asked over HTTP.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Event, Timestamp, Zone};
use fanvine_lake::{Lake, LakeOptions};
use fanvine_people::{MIGRATIONS, People, router};
use fanvine_testkit::{FakeClock, TempStore, stores};
use http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

/// A shop for one test.
pub struct Shop {
    pub store: TempStore,
    pub clock: Arc<FakeClock>,
    pub people: Arc<People>,
    lake: Lake,
    /// All events, in the order of the log.
    pub log: Vec<Event>,
}

/// The same empty shop on every store at hand.
pub async fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in stores().await {
        shops.push(Shop::on(store).await);
    }
    shops
}

impl Shop {
    pub async fn sqlite() -> Self {
        Self::on(TempStore::sqlite().await).await
    }

    async fn on(store: TempStore) -> Self {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let lake = Lake::open(LakeOptions::new(store.folder().join("lake"))).await.unwrap();
        let clock = Arc::new(FakeClock::at("2026-05-01T12:00:00Z"));
        let people = opened(&store, &lake, &clock).await;
        Self { store, clock, people, lake, log: Vec::new() }
    }

    /// Hands on events as the next of the log.
    pub fn take_in(&mut self, events: impl IntoIterator<Item = Event>) {
        let from = self.log.len();
        self.log.extend(events);
        let numbered = self.numbered(from, self.log.len());
        self.lake.ingest(from as u64, &numbered, self.log.len() as u64).unwrap();
        self.people.take_in(&numbered, self.log.len() as u64).unwrap();
    }

    fn numbered(&self, from: usize, until: usize) -> Vec<(u64, EventRef<'_>)> {
        (from as u64..).zip(self.log[from..until].iter().map(EventRef::from)).collect()
    }

    pub async fn save(&self) {
        self.people.save().await.map_err(|error| error.in_full()).unwrap();
    }

    /// The program is killed and started again, and reads on.
    pub async fn restarted(&mut self) {
        self.people = opened(&self.store, &self.lake, &self.clock).await;
        let from = self.people.next_offset() as usize;
        self.people.take_in(&self.numbered(from, self.log.len()), self.log.len() as u64).unwrap();
    }

    /// Counts everybody anew if that is wanted, so many events at a time.
    pub async fn recounted(&self, at_a_time: usize) -> bool {
        let mut counted = false;
        while let Some(from) = self.people.recount_from() {
            let until = self.log.len().min(from as usize + at_a_time);
            counted |= self.people.recount(&self.numbered(from as usize, until), until as u64).await.unwrap();
        }
        counted
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let (routes, _) = router(self.people.clone()).split_for_parts();
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = routes.oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert_eq!(status, StatusCode::OK, "{method} {path} on {}: {answer}", self.store.name);
        answer
    }

    pub async fn get(&self, path: &str) -> Value {
        self.done("GET", path, Value::Null).await
    }

    /// The status, code, place and detail of a refusal.
    pub async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String, String) {
        let (status, answer) = self.call(method, path, body).await;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (status.as_u16(), text("code"), text("pointer"), text("detail"))
    }
}

async fn opened(store: &TempStore, lake: &Lake, clock: &Arc<FakeClock>) -> Arc<People> {
    Arc::new(People::open(store.store(), lake.clone(), clock.clone(), Zone::UTC).await.unwrap())
}

/// So many days before the moment at which shops stand.
pub fn days_ago(days: i64) -> Timestamp {
    Timestamp::parse("2026-05-01T12:00:00Z").unwrap().plus_micros(-days * 86_400_000_000)
}
