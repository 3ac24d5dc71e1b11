//! The Segment API over HTTP, through the real router, log and store.

use std::io::Write;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use base64::Engine as _;
use fanvine_contracts::products::DescribedProducts;
use fanvine_kernel::{Code, Event};
use fanvine_store::Store;
use fanvine_stream::{AppendError, Log, LogOptions};
use fanvine_testkit::{FakeClock, SeededEntropy, TempStore, stores};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::append_problem;
use crate::sources::seen;
use crate::{Collect, CollectOptions, Limits, MIGRATIONS, RateLimit, Traffic, router};

pub(super) const KEY: &str = "test-key-1";

pub(super) struct Room {
    pub(super) collect: Arc<Collect>,
    app: axum::Router,
    pub(super) store: TempStore,
    _dir: tempfile::TempDir,
}

pub(super) async fn room_on(store: TempStore, options: CollectOptions, log: LogOptions) -> Room {
    let (collect, dir) = collect_on(&store, options, log).await;
    room_of(collect, store, dir)
}

pub(super) async fn room_with_products(
    store: TempStore,
    options: CollectOptions,
    log: LogOptions,
    products: Arc<dyn DescribedProducts>,
) -> Room {
    let (collect, dir) = collect_on(&store, options, log).await;
    room_of(collect.with_products(products), store, dir)
}

async fn collect_on(store: &TempStore, options: CollectOptions, log: LogOptions) -> (Collect, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path(), log).unwrap();
    store.migrate(MIGRATIONS).await.unwrap();
    let clock = Arc::new(FakeClock::at("2026-01-01T00:00:00Z"));
    let collect = Collect::open(log, store.store(), clock, Arc::new(SeededEntropy::new(1)), options).await.unwrap();
    collect.ensure_first(Some(KEY)).await.unwrap();
    (collect, dir)
}

fn room_of(collect: Collect, store: TempStore, dir: tempfile::TempDir) -> Room {
    let collect = Arc::new(collect);
    let (app, _) = router(Arc::clone(&collect)).split_for_parts();
    Room { collect, app, store, _dir: dir }
}

async fn room_with(options: CollectOptions, log: LogOptions) -> Room {
    room_on(TempStore::sqlite().await, options, log).await
}

pub(super) async fn room() -> Room {
    room_with(CollectOptions::default(), LogOptions::default()).await
}

impl Room {
    pub(super) async fn send(&self, request: Request<Body>) -> (StatusCode, Value, Response) {
        let mut response = self.app.clone().oneshot(request).await.unwrap();
        let body = std::mem::replace(response.body_mut(), Body::empty());
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        (response.status(), serde_json::from_slice(&bytes).unwrap_or(Value::Null), response)
    }

    pub(super) async fn post(&self, path: &str, body: impl Into<Body>) -> (StatusCode, Value, Response) {
        let login = base64::engine::general_purpose::STANDARD.encode(format!("{KEY}:"));
        let request = Request::post(path).header("authorization", format!("Basic {login}"));
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await.1
    }

    pub(super) fn logged(&self) -> Vec<Event> {
        let batch = self.collect.log.read(0, 1 << 24).unwrap();
        batch.records().map(|(_, bytes)| Event::decode(bytes).unwrap()).collect()
    }
}

fn track(id: &str) -> Value {
    json!({"type": "track", "event": "Product Viewed", "userId": "u", "messageId": id})
}

#[tokio::test]
async fn an_event_is_answered_when_it_is_in_the_log() {
    let room = room().await;
    let (status, answer, response) = room.post("/v1/track", track("m1").to_string()).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({"success": true})));
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let (again, _, _) = room.post("/v1/track", track("m1").to_string()).await;
    assert_eq!(again, StatusCode::OK);
    assert_eq!(room.logged().len(), 1);
}

#[tokio::test]
async fn what_robots_and_the_shops_own_people_do_is_marked() {
    let traffic = Traffic {
        internal_addresses: vec!["10.0.0.0/8".parse().unwrap()],
        internal_users: vec!["@shop.example".to_owned(), "u-7".to_owned()],
        ..Traffic::default()
    };
    let room = room_with(CollectOptions { traffic, ..CollectOptions::default() }, LogOptions::default()).await;
    let by = |id: &str, user: &str, context: Value, properties: Value| json!({"type": "track", "event": "x", "messageId": id, "userId": user, "context": context, "properties": properties});
    let robot = json!({"userAgent": "Mozilla/5.0 (compatible; bingbot/2.0)", "ip": "8.8.8.8"});
    let batch = json!({"batch": [
        by("0", "u-1", json!({"userAgent": "Mozilla/5.0 (iPhone)", "ip": "8.8.8.8"}), json!({"a": 1})),
        by("1", "u-1", robot.clone(), json!({"a": 1})),
        by("2", "u-1", json!({"ip": "10.1.2.3"}), json!({})),
        by("3", "ann@shop.example", json!({}), json!({"a": 1})),
        by("4", "u-7", robot.clone(), json!({"a": 1})),
        by("5", "u-1", robot, json!({"traffic": "shopper"})),
        by("6", "u-70", json!({}), json!({})),
    ]});
    assert_eq!(room.post("/v1/batch", batch.to_string()).await.0, StatusCode::OK);
    let marks: Vec<Value> = room
        .logged()
        .iter()
        .map(|event| event.properties.as_ref().map_or(Value::Null, |json| serde_json::from_str(json.get()).unwrap()))
        .map(|properties: Value| properties["traffic"].clone())
        .collect();
    assert_eq!(json!(marks), json!([null, "bot", "internal", "internal", "internal", "shopper", null]));
}

#[tokio::test]
async fn a_gzipped_batch_as_plain_text_with_the_key_in_the_body_is_taken() {
    let room = room().await;
    let batch = json!({"writeKey": KEY, "batch": [track("1"), track("2")]}).to_string();
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(batch.as_bytes()).unwrap();
    let request = Request::post("/v1/batch")
        .header("content-type", "text/plain")
        .header("content-encoding", "gzip")
        .body(Body::from(out.finish().unwrap()))
        .unwrap();
    assert_eq!(room.send(request).await.0, StatusCode::OK);
    assert_eq!(room.logged().len(), 2);
}

#[tokio::test]
async fn the_invalid_part_of_a_batch_is_in_quarantine_before_the_answer_on_every_store() {
    for store in stores().await {
        let room = room_on(store, CollectOptions::default(), LogOptions::default()).await;
        let batch = json!({"batch": [track("1"), {"type": "track", "userId": "u", "messageId": "bad"}, 7]}).to_string();
        for status in ["stored", "duplicate"] {
            let (code, answer, _) = room.post("/v1/batch?verbose=1", batch.clone()).await;
            assert_eq!(code, StatusCode::OK, "{}", room.store.name);
            assert_eq!(answer["results"][0], json!({"index": 0, "message_id": "1", "status": status}));
            assert_eq!(
                answer["results"][1],
                json!({"index": 1, "message_id": "bad", "status": "rejected", "reason": "`event` is missing", "reason_zh": "缺少 `event`"})
            );
        }
        let page = room.get("/api/v1/quarantine?limit=1").await;
        assert_eq!((page["total"].clone(), page["items"].as_array().unwrap().len()), (json!(2), 1));
        let before = page["items"][0]["id"].as_str().unwrap();
        let second = room.get(&format!("/api/v1/quarantine?before={before}")).await;
        assert_eq!(second["items"].as_array().unwrap().len(), 1);
        let sources = room.get("/api/v1/sources").await;
        assert_eq!(sources["sources"][0]["quarantined_total"], json!(2));
    }
}

#[tokio::test]
async fn when_quarantine_cannot_be_written_the_answer_is_503_and_a_retry_loses_nothing() {
    let room = room().await;
    room.store.close().await;
    let batch = json!({"batch": [track("1"), 7]}).to_string();
    let (status, answer, response) = room.post("/v1/batch", batch).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("unavailable")));
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(room.logged().len(), 1);
    // Valid events need no store at all.
    assert_eq!(room.post("/v1/track", track("2").to_string()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_request_without_a_valid_event_is_refused_naming_the_field() {
    let room = room().await;
    let (status, answer, _) = room.post("/v1/track", json!({"userId": "u", "event": 5}).to_string()).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_event")));
    assert_eq!(
        (answer["detail"].as_str(), answer["pointer"].as_str()),
        (Some("`event` is 5; expected a string"), Some("event"))
    );
    assert_eq!(room.get("/api/v1/quarantine").await["total"], json!(1));
    let (status, answer, _) = room.post("/v1/batch", json!({"batch": [{}, {}]}).to_string()).await;
    assert_eq!((status, answer["pointer"].as_str()), (StatusCode::BAD_REQUEST, Some("batch[0].type")));
    for (body, code) in [("{", "invalid_json"), ("[]", "invalid_body"), ("\u{0}", "invalid_json")] {
        let (status, answer, _) = room.post("/v1/batch", body).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::BAD_REQUEST, Some(code)), "{body}");
    }
    assert_eq!(room.post("/v1/batch", json!({"batch": []}).to_string()).await.0, StatusCode::OK);
    assert_eq!(room.post("/v1/nothing", "{}").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_or_switched_off_key_is_refused() {
    let room = room().await;
    let without = |key: &str| {
        let body = json!({"writeKey": key, "userId": "u"}).to_string();
        Request::post("/v1/identify").body(Body::from(body)).unwrap()
    };
    let (status, answer, response) = room.send(without("nobody")).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("invalid_write_key")));
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(room.send(without(KEY)).await.0, StatusCode::OK);

    let id = room.get("/api/v1/sources").await["sources"][0]["id"].as_str().unwrap().to_owned();
    let patch = Request::patch(format!("/api/v1/sources/{id}"))
        .header("content-type", "application/json")
        .body(Body::from(r#"{"enabled": false, "name": "Old site"}"#))
        .unwrap();
    let (status, source, _) = room.send(patch).await;
    assert_eq!(
        (status, source["enabled"].clone(), source["name"].clone()),
        (StatusCode::OK, json!(false), json!("Old site"))
    );
    assert_eq!(room.send(without(KEY)).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_rotated_key_replaces_the_old_one() {
    let room = room().await;
    let create = Request::post("/api/v1/sources")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"name": "App"}"#))
        .unwrap();
    let (status, made, _) = room.send(create).await;
    assert_eq!(status, StatusCode::CREATED);
    let (id, old) = (made["id"].as_str().unwrap(), made["write_key"].as_str().unwrap());
    assert!(old.starts_with("fvw_"));
    let rotate = |id: &str, form: Value| {
        let request = Request::post(format!("/api/v1/sources/{id}/rotate")).header("content-type", "application/json");
        request.body(Body::from(form.to_string())).unwrap()
    };
    let (_, turned, _) = room.send(rotate(id, json!({}))).await;
    let new = turned["write_key"].as_str().unwrap().to_owned();
    assert_eq!(turned["old_write_keys"][0]["write_key"], old, "{turned}");
    let identify = |key: &str| {
        let body = json!({"writeKey": key, "userId": "u"}).to_string();
        Request::post("/v1/identify").body(Body::from(body)).unwrap()
    };
    assert_eq!(room.send(identify(old)).await.0, StatusCode::OK, "for a day");
    assert_eq!(room.send(identify(&new)).await.0, StatusCode::OK);
    let (_, turned, _) = room.send(rotate(id, json!({"overlap_s": 0}))).await;
    for gone in [old, &new] {
        assert_eq!(room.send(identify(gone)).await.0, StatusCode::UNAUTHORIZED, "{turned}");
    }
    assert_eq!(room.send(identify(turned["write_key"].as_str().unwrap())).await.0, StatusCode::OK);
    assert_eq!(room.send(rotate("src_0", json!({}))).await.0, StatusCode::NOT_FOUND);
    let (status, problem, _) = room.send(rotate(id, json!({"overlap_s": 9_999_999}))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_body")), "{problem}");
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_413() {
    let limits = Limits { event_bytes: 300, batch_bytes: 1_000, batch_events: 3, ..Limits::default() };
    let room = room_with(CollectOptions { limits, ..CollectOptions::default() }, LogOptions::default()).await;
    let mut large = track("1");
    large["properties"] = json!({"text": "x".repeat(400)});
    let (status, answer, _) = room.post("/v1/track", large.to_string()).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("event_too_large")));
    let (status, answer, _) = room.post("/v1/batch?verbose=1", json!({"batch": [large, track("2")]}).to_string()).await;
    assert_eq!((status, answer["results"][0]["status"].as_str()), (StatusCode::OK, Some("rejected")));
    let four = json!({"batch": [1, 2, 3, 4]}).to_string();
    assert_eq!(room.post("/v1/batch", four).await.1["code"], "batch_too_large");
    let (status, answer, _) = room.post("/v1/batch", " ".repeat(2_000)).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("batch_too_large")));
    let unsized_body =
        Body::from_stream(futures::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(" ".repeat(100)))));
    let (status, answer, _) = room.post("/v1/batch", unsized_body).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("batch_too_large")));
}

#[tokio::test]
async fn a_fast_source_is_asked_to_wait() {
    let rate = Some(RateLimit { events_per_s: 1.0, burst: 2.0 });
    let fast = room_with(CollectOptions { rate, ..CollectOptions::default() }, LogOptions::default()).await;
    assert_eq!(fast.post("/v1/batch", json!({"batch": [track("1"), track("2")]}).to_string()).await.0, StatusCode::OK);
    let (status, answer, response) = fast.post("/v1/track", track("3").to_string()).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("rate_limited")));
    assert_eq!(response.headers()["retry-after"], "1");
}

#[test]
fn what_the_log_refuses_may_be_sent_again() {
    let busy = append_problem(&AppendError::Busy { queued_bytes: 9, retry_after_s: 3 });
    assert_eq!((busy.code, busy.retry_after_s), (Code::Overloaded, Some(3)));
    let full = append_problem(&AppendError::NoSpace { dir: "log".into() });
    assert_eq!((full.code, full.retry_after_s), (Code::StorageFull, Some(10)));
    assert_eq!(append_problem(&AppendError::Closed).code, Code::Unavailable);
}

#[tokio::test]
async fn after_the_log_is_closed_nothing_is_acknowledged() {
    let room = room().await;
    room.collect.log.close();
    let (status, answer, _) = room.post("/v1/track", track("1").to_string()).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("unavailable")));
}

#[tokio::test]
async fn a_browser_may_ask_before_it_sends() {
    let room = room().await;
    let request = Request::options("/v1/batch").header("origin", "https://shop.example").body(Body::empty()).unwrap();
    let (status, _, response) = room.send(request).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(response.headers()["access-control-allow-headers"].to_str().unwrap().contains("Content-Encoding"));
}

#[tokio::test]
async fn the_latest_events_come_newest_first() {
    let room = room().await;
    for id in ["1", "2", "3"] {
        room.post("/v1/track", track(id).to_string()).await;
    }
    let recent = room.get("/api/v1/events/recent?limit=2").await;
    let ids: Vec<_> = recent["events"].as_array().unwrap().iter().map(|event| event["message_id"].clone()).collect();
    assert_eq!(ids, ["3", "2"]);
    assert_eq!(recent["events"][0]["shopper_id"], "u");
}

#[tokio::test]
async fn those_who_watch_see_events_as_they_come_and_are_let_go_at_the_end() {
    let room = room().await;
    room.post("/v1/track", track("before").to_string()).await;
    let request = Request::get("/api/v1/events/live").body(Body::empty()).unwrap();
    let response = room.app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut frames = response.into_body().into_data_stream();
    room.post("/v1/track", track("after").to_string()).await;
    let frame = futures::StreamExt::next(&mut frames).await.unwrap().unwrap();
    let text = std::str::from_utf8(&frame).unwrap();
    assert!(text.starts_with("event: events\ndata: [{\"message_id\":\"after\""), "{text}");
    room.collect.close();
    assert!(futures::StreamExt::next(&mut frames).await.is_none());
}

async fn saved(store: &Store, events: &[(u64, Event)], next: u64) {
    let mut tally = seen::Tally::default();
    tally.gather(events);
    seen::save(store, tally.into(), next).await.unwrap();
}

#[tokio::test]
async fn counts_per_source_are_the_same_after_a_replay() {
    for store in stores().await {
        let room = room_on(store, CollectOptions::default(), LogOptions::default()).await;
        let batch: Vec<Value> = (0..10).map(|id| track(&id.to_string())).collect();
        room.post("/v1/batch", json!({ "batch": batch }).to_string()).await;
        let events: Vec<(u64, Event)> = (0..).zip(room.logged()).collect();
        let store = &room.collect.store;
        saved(store, &events[..6], 6).await;
        saved(store, &events[..6], 6).await;
        saved(store, &events[4..], 10).await;
        assert_eq!(crate::sources::seen::next_offset(store).await.unwrap(), 10);
        let source = room.get("/api/v1/sources").await["sources"][0].clone();
        assert_eq!(
            (source["events_total"].clone(), source["last_event_at"].as_str()),
            (json!(10), Some("2026-01-01T00:00:00Z"))
        );
    }
}

#[tokio::test]
async fn a_server_takes_what_an_import_read() {
    let room = room().await;
    room.post("/v1/track", track("1").to_string()).await;
    let event = serde_json::to_string(&room.logged()[0]).unwrap();
    let other = event.replace("\"id\":\"1\"", "\"id\":\"2\"");
    let body = format!("{{\"events\":[{event},{other}],\"quarantined\":[]}}");
    let request = |body: String| Request::post("/api/v1/import").body(Body::from(body)).unwrap();
    assert_eq!(room.send(request(body.clone())).await.1, json!({"new": 1, "duplicate": 1}));
    let source = room.logged()[0].source.to_string();
    let (status, answer, _) = room.send(request(body.replace(&source, "src_0"))).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_body")));
}

#[tokio::test]
async fn the_first_source_is_made_once() {
    let room = room().await;
    let (first, made) = room.collect.ensure_first(Some(KEY)).await.unwrap();
    assert!(!made && first.write_key == KEY);
    assert!(!room.collect.ensure_first(None).await.unwrap().1);
    assert!(room.collect.ensure_first(Some("another-preset")).await.unwrap().1);
    assert!(room.collect.ensure_first(Some("short")).await.is_err());
    let named = room.collect.ensure_named("UCI").await.unwrap();
    assert_eq!(room.collect.ensure_named("UCI").await.unwrap().id, named.id);
}
