//! A shop that events are handed to and that is asked over HTTP.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Event, Timestamp, Zone};
use fanvine_lake::{Lake, LakeOptions};
use fanvine_people::{MIGRATIONS, People, router};
use fanvine_testkit::{FakeClock, TempStore, track};
use http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;

/// A shop for one test.
pub struct Shop {
    people: Arc<People>,
    pub clock: Arc<FakeClock>,
    routes: OpenApiRouter,
    _store: TempStore,
}

impl Shop {
    pub async fn at(now: &str) -> Self {
        let store = TempStore::sqlite().await;
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let lake = Lake::open(LakeOptions::new(store.folder().join("lake"))).await.unwrap();
        let clock = Arc::new(FakeClock::at(now));
        let people = Arc::new(People::open(store.store(), lake, clock.clone(), Zone::UTC).await.unwrap());
        let routes = router(people.clone());
        Self { people, clock, routes, _store: store }
    }

    /// Hands on events as the next of the log.
    pub fn take_in(&self, events: &[Event]) {
        let first = self.people.next_offset();
        let numbered: Vec<(u64, EventRef<'_>)> = (first..).zip(events.iter().map(EventRef::from)).collect();
        self.people.take_in(&numbered, first + events.len() as u64).unwrap();
    }

    pub async fn answer(&self, path: &str, accept: &str) -> (StatusCode, String) {
        let (routes, _) = self.routes.clone().split_for_parts();
        let path = format!("/api/v1/people/{path}");
        let request = Request::builder().uri(path).header("accept", accept).body(Body::empty()).unwrap();
        let response = routes.oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.into()).unwrap())
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.answer(path, "application/json").await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The status, code, place and detail of a problem.
    pub async fn refusal(&self, path: &str) -> (u16, String, String, String) {
        let (status, body) = self.answer(path, "application/json").await;
        let body: Value = serde_json::from_str(&body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (status.as_u16(), text("code"), text("pointer"), text("detail"))
    }
}

/// An order told under a key, which is a user's or an anonymous one.
pub fn order(key: (&str, bool), id: &str, at: Timestamp, minor: i64, currency: &str) -> Event {
    let event = track("Order Completed").at_moment(at);
    let event = if key.1 { event.user(key.0) } else { event.anonymous(key.0) };
    let properties = format!(r#"{{"order_id": "{id}", "currency": "{currency}"}}"#);
    event.properties(&properties).with(|event| event.revenue_minor = Some(minor)).build()
}

/// Noon of the day so many days after 2025-01-01.
pub fn on(day: i64) -> Timestamp {
    Timestamp::parse("2025-01-01T12:00:00Z").unwrap().plus_micros(day * 86_400_000_000)
}
