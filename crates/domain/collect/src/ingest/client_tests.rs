//! The other clients over HTTP, through the real router, log and store; the tracking plan, and quarantine sent again.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanvine_stream::LogOptions;
use fanvine_testkit::stores;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::tests::{KEY, Room, room, room_on};
use crate::CollectOptions;

/// A request without Basic authentication, with a JSON or other body.
async fn ask(room: &Room, method: &str, path: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let (status, answer, _) = room.send(request.body(body.into()).unwrap()).await;
    (status, answer)
}

async fn put(room: &Room, path: &str, body: Value) -> (StatusCode, Value) {
    ask(room, "PUT", path, body.to_string()).await
}

fn names(room: &Room) -> Vec<String> {
    room.logged().into_iter().map(|event| event.name).collect()
}

#[tokio::test]
async fn posthogs_batch_is_stored_and_its_flags_are_none() {
    let room = room().await;
    let batch = json!({"api_key": KEY, "batch": [{"event": "A", "distinct_id": "u", "uuid": "1"}, {"event": "B"}]});
    let (status, answer) = ask(&room, "POST", "/batch/?verbose=1", batch.to_string()).await;
    assert_eq!((status, answer["status"].clone()), (StatusCode::OK, json!(1)));
    assert_eq!(answer["results"][0], json!({"index": 0, "message_id": "1", "status": "stored"}));
    assert_eq!(answer["results"][1]["reason"], "`distinct_id` is missing");
    let (_, again) = ask(&room, "POST", "/i/v0/e/?verbose=1", batch.to_string()).await;
    assert_eq!(again["results"][0]["status"], "duplicate");
    assert_eq!(names(&room), ["A"]);
    let flags = ask(&room, "POST", "/flags/?v=2", json!({"token": KEY, "distinct_id": "u"}).to_string()).await;
    assert_eq!((flags.0, flags.1["flags"].clone()), (StatusCode::OK, json!({})));
    let wrong = ask(&room, "POST", "/e/", json!({"api_key": "no", "event": "A", "distinct_id": "u"}).to_string()).await;
    assert_eq!((wrong.0, wrong.1["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("invalid_write_key")));
}

#[tokio::test]
async fn sensors_data_comes_as_a_form_a_picture_or_is_only_checked() {
    let room = room().await;
    let pack = |message: Value| STANDARD.encode(message.to_string()).replace('+', "%2B").replace('=', "%3D");
    let event = |name: &str| json!({"type": "track", "event": name, "distinct_id": "d", "time": 1767222000123i64});
    let form = format!("data_list={}&gzip=0", pack(json!([event("A"), event("B")])));
    assert_eq!(ask(&room, "POST", &format!("/sa?project=default&token={KEY}"), form).await.0, StatusCode::OK);
    let picture = Request::get(format!("/sa.gif?token={KEY}&data={}", pack(event("C")))).body(Body::empty()).unwrap();
    let (status, _, response) = room.send(picture).await;
    assert_eq!((status, response.headers()["content-type"].to_str().unwrap()), (StatusCode::OK, "image/gif"));
    let checked = |message: Value| {
        let form = format!("data={}", pack(message));
        let request = Request::post(format!("/debug?token={KEY}")).header("dry-run", "true");
        request.body(Body::from(form)).unwrap()
    };
    assert_eq!(room.send(checked(event("D"))).await.0, StatusCode::OK);
    let (status, answer, _) = room.send(checked(json!({"type": "track", "event": "D"}))).await;
    assert_eq!((status, answer["detail"].as_str()), (StatusCode::BAD_REQUEST, Some("`distinct_id` is missing")));
    assert_eq!(names(&room), ["A", "B", "C"]);
    assert_eq!(room.get("/api/v1/quarantine").await["total"], 0);
    let encrypted = ask(&room, "POST", &format!("/sa?token={KEY}"), "gzip=9&data=x").await;
    assert_eq!(encrypted.1["code"], "invalid_encoding");
}

#[tokio::test]
async fn browsers_are_told_where_to_send() {
    let room = room().await;
    let request = Request::get(format!("/v1/projects/{KEY}/settings")).header("host", "events.shop.example");
    let request = request.header("x-forwarded-proto", "https").body(Body::empty()).unwrap();
    let settings = room.send(request).await.1;
    assert_eq!(settings["integrations"]["Segment.io"]["apiHost"], "events.shop.example/v1");
    assert_eq!(settings["integrations"]["Segment.io"]["protocol"], "https");
    let config = room.get(&format!("/sourceConfig/?writeKey={KEY}")).await;
    assert_eq!(config["source"]["destinations"], json!([]));
    assert_eq!(room.get("/sourceConfig?writeKey=no").await["code"], "invalid_write_key");
    let event = json!({"anonymousId": "a", "event": "A", "messageId": "1"});
    assert_eq!(room.post("/v1/t", event.to_string()).await.0, StatusCode::OK);
    let beacon = json!({"batch": [{"type": "track", "anonymousId": "a", "event": "B"}]}).to_string();
    let path = format!("/beacon/v1/batch?writeKey={KEY}");
    assert_eq!(ask(&room, "POST", &path, beacon).await.0, StatusCode::OK);
    assert_eq!(names(&room), ["A", "B"]);
}

#[tokio::test]
async fn a_webhook_is_believed_only_if_it_is_signed() {
    for store in stores().await {
        let room = room_on(store, CollectOptions::default(), LogOptions::default()).await;
        let id = room.get("/api/v1/sources").await["sources"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/webhooks/{KEY}");
        assert_eq!(ask(&room, "POST", &path, "{}").await.0, StatusCode::NOT_FOUND);
        let set = json!({"platform": "shopify", "secret": "hush-hush"});
        let (_, told) = put(&room, &format!("/api/v1/sources/{id}/webhook"), set).await;
        assert_eq!(told["path"], path, "{}", room.store.name);
        let body = json!({"id": 7, "financial_status": "paid", "currency": "USD", "total_price": "5.00"}).to_string();
        let signed = |secret: &str| {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
            mac.update(body.as_bytes());
            let signature = STANDARD.encode(mac.finalize().into_bytes());
            let request = Request::post(&path).header("x-shopify-topic", "orders/paid");
            request.header("x-shopify-hmac-sha256", signature).body(Body::from(body.clone())).unwrap()
        };
        assert_eq!(room.send(signed("other")).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(ask(&room, "POST", &path, body.clone()).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(room.send(signed("hush-hush")).await.0, StatusCode::OK);
        assert_eq!(room.send(signed("hush-hush")).await.0, StatusCode::OK);
        assert_eq!(names(&room), ["Order Completed"]);
        let removed = ask(&room, "DELETE", &format!("/api/v1/sources/{id}/webhook"), "").await;
        assert_eq!(removed.0, StatusCode::NO_CONTENT);
        assert_eq!(room.send(signed("hush-hush")).await.0, StatusCode::NOT_FOUND);
    }
}

fn plan(action: &str) -> Value {
    json!({"unknown_events": "warn", "events": {"A": {"on_violation": action, "schema": {"required": ["order_id"],
        "properties": {"price": {"type": "number"}}}}}})
}

#[tokio::test]
async fn what_is_not_as_planned_waits_in_quarantine_until_it_is_mended() {
    for store in stores().await {
        let room = room_on(store, CollectOptions::default(), LogOptions::default()).await;
        assert_eq!(ask(&room, "GET", "/api/v1/tracking-plan", "").await.0, StatusCode::NOT_FOUND);
        let saved = put(&room, "/api/v1/tracking-plan", json!({"based_on": 0, "plan": plan("quarantine")})).await;
        assert_eq!(saved.1["version"], 1, "{}", room.store.name);
        let stale = put(&room, "/api/v1/tracking-plan", json!({"based_on": 0, "plan": plan("warn")})).await;
        assert_eq!(stale.1["code"], "conflict");
        let wrong = put(
            &room,
            "/api/v1/tracking-plan",
            json!({"based_on": 1, "plan": {"events": {"A": {"schema": {"not": {}}}}}}),
        )
        .await;
        assert_eq!(wrong.1["detail"], "the schema of `A`: the keyword `not` is not understood");

        let event = |id: &str, properties: Value| json!({"userId": "u", "event": "A", "messageId": id, "properties": properties});
        let (status, answer, _) =
            room.post("/v1/track?verbose=1", event("1", json!({"price": "5.50"})).to_string()).await;
        assert_eq!((status, answer["results"][0]["status"].as_str()), (StatusCode::OK, Some("quarantined")));
        assert_eq!(answer["results"][0]["reason"], "`properties.order_id` is missing, says the tracking plan");
        room.post("/v1/track", event("2", json!({"order_id": 1, "price": "5.50"})).to_string()).await;
        room.post("/v1/track", json!({"userId": "u", "event": "B", "messageId": "3"}).to_string()).await;
        let kept: Value = serde_json::from_str(room.logged()[0].properties.as_ref().unwrap().get()).unwrap();
        assert_eq!(kept, json!({"order_id": 1, "price": 5.50}));

        let page = room.get("/api/v1/quarantine").await;
        let item = &page["items"][0];
        assert_eq!(
            (&item["reason"], &item["arrived_by"], &item["can_be_replayed"]),
            (&json!("plan_violation"), &json!("track"), &json!(true))
        );
        let path = format!("/api/v1/quarantine/{}/replay", item["id"].as_str().unwrap());
        let unchanged = ask(&room, "POST", &path, "{}").await;
        assert_eq!((unchanged.0, unchanged.1["code"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_event")));
        let mended = event("1", json!({"order_id": 9})).to_string();
        let (status, replayed) = ask(&room, "POST", &path, json!({"body": mended}).to_string()).await;
        assert_eq!((status, replayed["results"][0]["status"].as_str()), (StatusCode::OK, Some("stored")));
        assert_eq!(ask(&room, "POST", &path, "{}").await.0, StatusCode::NOT_FOUND);
        assert_eq!(names(&room), ["A", "B", "A"]);

        let quality = room.get("/api/v1/quality").await;
        let counted = &quality["sources"][0];
        assert_eq!((&counted["received"], &counted["lateness"]["within_minute"]), (&json!(4), &json!(3)));
        assert_eq!(counted["refused"], json!([{"reason": "plan_violation", "times": 1}]));
        assert_eq!(
            (&counted["violations"][0]["event"], &counted["violations"][0]["path"]),
            (&json!("B"), &json!("event"))
        );
        let versions = room.get("/api/v1/tracking-plan/versions").await;
        assert_eq!(versions["versions"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_message_of_another_client_is_sent_again_as_it_came_and_may_be_thrown_away() {
    let room = room().await;
    let bad = json!({"api_key": KEY, "batch": [{"event": "A", "uuid": "1"}, {"event": "B", "uuid": "2"}]}).to_string();
    assert_eq!(ask(&room, "POST", "/batch/", bad).await.0, StatusCode::BAD_REQUEST);
    let items = room.get("/api/v1/quarantine").await["items"].clone();
    let id = |place: usize| items[place]["id"].as_str().unwrap().to_owned();
    let mended = json!({"event": "A", "distinct_id": "u", "uuid": "1"}).to_string();
    let path = format!("/api/v1/quarantine/{}/replay", id(0));
    assert_eq!(ask(&room, "POST", &path, json!({"body": mended}).to_string()).await.0, StatusCode::OK);
    assert_eq!(room.logged()[0].message_id, "1");
    let path = format!("/api/v1/quarantine/{}", id(1));
    assert_eq!(ask(&room, "DELETE", &path, "").await.0, StatusCode::NO_CONTENT);
    assert_eq!(ask(&room, "DELETE", &path, "").await.0, StatusCode::NOT_FOUND);
    assert_eq!(room.get("/api/v1/quarantine").await["total"], 0);
}

#[tokio::test]
async fn a_plan_is_drafted_from_what_came() {
    let room = room().await;
    room.post("/v1/track", json!({"userId": "u", "event": "A", "properties": {"price": 5}}).to_string()).await;
    let draft = room.get("/api/v1/tracking-plan/inferred?events=10").await;
    assert_eq!(
        (&draft["events"], &draft["plan"]["events"]["A"]["schema"]["properties"]["price"]["type"]),
        (&json!(1), &json!("integer"))
    );
    let saved = put(&room, "/api/v1/tracking-plan", json!({"based_on": 0, "plan": draft["plan"]})).await;
    assert_eq!(saved.0, StatusCode::OK);
}
