//! Identity on every store: from events, through the API, and after a restart.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_kernel::{Event, EventKind};
use fanvine_people::identity::{Identity, MIGRATIONS, PersonId, router, take_in};
use fanvine_store::StoreError;
use fanvine_testkit::{FakeClock, TempStore, stores, track};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

struct Shop {
    store: TempStore,
    identity: Arc<Identity>,
    clock: Arc<FakeClock>,
}

async fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in stores().await {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let clock = Arc::new(FakeClock::at("2026-05-01T12:00:00Z"));
        let identity = opened(&store, &clock).await;
        shops.push(Shop { store, identity, clock });
    }
    shops
}

async fn opened(store: &TempStore, clock: &Arc<FakeClock>) -> Arc<Identity> {
    Arc::new(Identity::open(store.store(), clock.clone()).await.map_err(|error| error.in_full()).unwrap())
}

impl Shop {
    /// Takes in events and saves what they tell.
    async fn observe(&self, events: &[Event]) -> Vec<String> {
        let moved = self.identity.observe(events);
        self.save().await;
        moved.into_iter().map(|moved| moved.key.to_string()).collect()
    }

    async fn save(&self) {
        let unsaved = self.identity.unsaved();
        let saving = unsaved.clone();
        let saved = self.store.write(move |tx| Box::pin(async move { take_in(tx, &saving).await })).await;
        saved.map_err(|error: StoreError| error.in_full()).unwrap();
        self.identity.saved(&unsaved);
    }

    /// The same shop after the program was started again.
    async fn restarted(&mut self) {
        self.identity = opened(&self.store, &self.clock).await;
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let (routes, _) = router(self.identity.clone()).split_for_parts();
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = routes.oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    fn keys_with(&self, key: &str) -> Vec<String> {
        self.identity.read().keys_with(key).iter().map(|key| key.to_string()).collect()
    }
}

fn person(key: &str) -> Value {
    json!(PersonId::of_key(key).to_string())
}

/// Ann on her telephone and in her browser, Bob in a browser of his own.
fn story() -> Vec<Event> {
    vec![
        track("Page Viewed").anonymous("a1").at("2026-04-01").build(),
        track("Identify")
            .kind(EventKind::Identify)
            .user("ann")
            .anonymous("a1")
            .at("2026-04-02")
            .properties(r#"{"email": "ann@example.com"}"#)
            .build(),
        track("Product Viewed").user("ann").anonymous("a2").at("2026-04-03").build(),
        track("Product Viewed").user("bob").anonymous("b1").at("2026-04-03").build(),
    ]
}

#[tokio::test]
async fn events_become_people_and_are_the_same_after_a_restart() {
    for mut shop in shops().await {
        assert_eq!(shop.observe(&story()).await, ["a1", "a2", "b1"], "{}", shop.store.name);
        assert_eq!(shop.keys_with("a2"), ["a1", "a2", "ann"]);
        assert!(shop.observe(&story()).await.is_empty(), "the same events once more");
        let before = shop.get("/api/v1/identities?kind=email&value=Ann@example.com").await;
        assert_eq!(before["person"], person("ann"));
        assert_eq!(before["shopper_keys"], json!(["a1", "a2", "ann"]));
        assert_eq!(before["evidence"].as_array().unwrap().len(), 3);
        let merges = shop.get("/api/v1/identities/merges").await;
        shop.restarted().await;
        assert_eq!(shop.get("/api/v1/identities/merges").await, merges);
        let after = shop.get("/api/v1/identities?kind=email&value=Ann@example.com").await;
        assert_eq!(after["identifiers"], before["identifiers"]);
        assert_eq!(after["evidence"].as_array().unwrap().len(), 3);
        assert!(shop.observe(&story()).await.is_empty(), "a replay after the restart");
    }
}

#[tokio::test]
async fn what_was_not_saved_is_learnt_again_from_the_log() {
    for mut shop in shops().await {
        shop.identity.observe(&story());
        shop.restarted().await;
        assert_eq!(shop.keys_with("a2"), ["a2"], "{}", shop.store.name);
        shop.observe(&story()).await;
        assert_eq!(shop.keys_with("a2"), ["a1", "a2", "ann"]);
        assert_eq!(shop.get("/api/v1/identities/merges").await["merges"].as_array().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn separating_takes_effect_at_once_and_undoing_it_restores() {
    for mut shop in shops().await {
        shop.observe(&story()).await;
        let decision = json!({"decision": "separate", "note": "her mother's",
            "identifiers": [{"kind": "user_id", "value": "ann"}, {"kind": "anonymous_id", "value": "a2"}]});
        let preview = json!({"decisions": [decision]});
        let (status, preview) = shop.call("POST", "/api/v1/identities/preview", preview).await;
        assert_eq!(status, StatusCode::OK, "{preview}");
        assert_eq!((&preview["changes"][0]["from"], &preview["changes"][0]["to"]), (&person("ann"), &person("a2")));
        assert_eq!(shop.keys_with("a2"), ["a1", "a2", "ann"], "a preview changes nothing");

        let (status, taken) = shop.call("POST", "/api/v1/identities/decisions", decision.clone()).await;
        assert_eq!(status, StatusCode::OK, "{taken}");
        assert_eq!((&taken["changes"][0]["what"], &taken["changes"][0]["keys"]), (&json!("split"), &json!(["a2"])));
        assert_eq!(shop.keys_with("a2"), ["a2"]);
        let (_, again) = shop.call("POST", "/api/v1/identities/decisions", decision).await;
        assert_eq!((&again["decision"], &again["changes"]), (&taken["decision"], &json!([])));

        shop.restarted().await;
        assert_eq!(shop.keys_with("a2"), ["a2"], "{}", shop.store.name);
        let view = shop.get("/api/v1/identities?kind=anonymous_id&value=a2").await;
        assert_eq!(view["conflicts"][0]["reason"], "separated");
        assert_eq!(view["decisions"][0]["note"], "her mother's");
        let path = format!("/api/v1/identities/decisions/{}", taken["decision"]["id"].as_str().unwrap());
        let (status, undone) = shop.call("DELETE", &path, Value::Null).await;
        assert_eq!((status, &undone["changes"][0]["what"]), (StatusCode::OK, &json!("merged")), "{undone}");
        assert_eq!(shop.keys_with("a2"), ["a1", "a2", "ann"]);
        assert_eq!(shop.get("/api/v1/identities/decisions").await, json!({"decisions": []}));
        let (status, problem) = shop.call("DELETE", &path, Value::Null).await;
        assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
    }
}

#[tokio::test]
async fn a_preview_tells_what_would_merge_and_why() {
    for shop in shops().await {
        shop.observe(&story()).await;
        let pair = |a: Value, b: Value| json!({"evidence": [{"a": a, "b": b}]});
        let (ann, bob) = (json!({"kind": "user_id", "value": "ann"}), json!({"kind": "user_id", "value": "bob"}));
        let device = json!({"kind": "device", "value": "d1"});
        let (status, preview) =
            shop.call("POST", "/api/v1/identities/preview", pair(ann.clone(), device.clone())).await;
        assert_eq!(status, StatusCode::OK, "{preview}");
        assert_eq!((&preview["changes"][0]["what"], &preview["changes"][0]["to"]), (&json!("merged"), &person("ann")));
        let step = &preview["changes"][0]["path"][0];
        assert_eq!((&step["a"], &step["b"], &step["by"]), (&device, &ann, &json!("seen")));
        let (_, preview) = shop.call("POST", "/api/v1/identities/preview", pair(ann.clone(), bob.clone())).await;
        assert_eq!(preview["changes"], json!([]));
        assert_eq!(
            (&preview["conflicts"][0]["reason"], &preview["conflicts"][0]["kind"]),
            (&json!("too_many"), &json!("user_id"))
        );
        let join = json!({"decisions": [{"decision": "join", "identifiers": [ann, bob]}]});
        let (_, preview) = shop.call("POST", "/api/v1/identities/preview", join).await;
        assert_eq!(
            (&preview["changes"][0]["from"], &preview["changes"][0]["what"]),
            (&person("bob"), &json!("merged")),
            "{preview}"
        );
        assert_eq!(shop.get("/api/v1/identities/merges").await["merges"].as_array().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_shared_tablet_and_a_storm_wait_for_review() {
    for mut shop in shops().await {
        let tablet = |number: usize| {
            let event = track("Page Viewed").user(&format!("u{number}")).id(&format!("t{number}"));
            event
                .with(|event| event.context = Some(serde_json::from_str(r#"{"device": {"id": "tablet"}}"#).unwrap()))
                .build()
        };
        let mut policy = shop.get("/api/v1/identities/policy").await;
        policy["storm_above"] = json!(5);
        let (status, body) = shop.call("PUT", "/api/v1/identities/policy", policy).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        shop.observe(&(0..8).map(tablet).collect::<Vec<_>>()).await;
        let storm = |number: usize| track("Page Viewed").user("loud").anonymous(&format!("s{number}")).build();
        shop.observe(&(0..7).map(storm).collect::<Vec<_>>()).await;
        assert_eq!((shop.keys_with("u1"), shop.keys_with("s1")), (vec!["u1".to_owned()], vec!["s1".to_owned()]));
        let reviews = shop.get("/api/v1/identities/reviews").await;
        assert_eq!(reviews["total"], 2, "{}: {reviews}", shop.store.name);
        let found: Vec<&Value> = (0..2).map(|place| &reviews["reviews"][place]["reason"]).collect();
        assert_eq!(found, ["storm", "shared"]);
        shop.clock.advance_micros(60_000_000);
        shop.restarted().await;
        assert_eq!(shop.get("/api/v1/identities/reviews").await["reviews"][0], reviews["reviews"][0]);
        let view = shop.get("/api/v1/identities?kind=device&value=tablet").await;
        assert_eq!((&view["aside"], &view["person"], &view["people"]), (&json!("shared"), &Value::Null, &json!(8)));
        let allow = json!({"decision": "allow", "identifier": {"kind": "user_id", "value": "loud"}});
        let (_, taken) = shop.call("POST", "/api/v1/identities/decisions", allow).await;
        assert_eq!(taken["changes"].as_array().unwrap().len(), 7, "{taken}");
        assert_eq!(shop.keys_with("s1").len(), 8);
        assert_eq!(shop.get("/api/v1/identities/reviews").await["total"], 1);
    }
}

#[tokio::test]
async fn the_audit_comes_by_page_and_by_person() {
    for shop in shops().await {
        shop.observe(&story()).await;
        // One more, not saved yet.
        shop.identity.observe(&[track("X").user("bob").anonymous("b2").build()]);
        let page = shop.get("/api/v1/identities/merges?limit=3").await;
        let keys: Vec<&Value> = page["merges"].as_array().unwrap().iter().map(|merge| &merge["keys"][0]).collect();
        assert_eq!(keys[0], "b2", "{}", shop.store.name);
        let rest = shop.get(&format!("/api/v1/identities/merges?before={}", page["next_before"])).await;
        assert_eq!((rest["merges"].as_array().unwrap().len(), &rest["next_before"]), (1, &Value::Null));
        let of_bob = shop.get(&format!("/api/v1/identities/merges?person={}", person("bob").as_str().unwrap())).await;
        assert_eq!(of_bob["merges"].as_array().unwrap().len(), 2);
        assert_eq!((&of_bob["merges"][0]["cause"], &of_bob["merges"][0]["from"]), (&json!("evidence"), &person("b2")));
    }
}

#[tokio::test]
async fn bad_input_names_the_field_and_the_value() {
    for shop in shops().await {
        let refused = async |method: &str, path: &str, body: Value, status: u16, words: &str| {
            let (answered, problem) = shop.call(method, path, body).await;
            let detail = problem["detail"].as_str().unwrap_or_default().to_owned();
            assert_eq!(answered.as_u16(), status, "{path}: {problem}");
            assert!(detail.contains(words), "{path}: {detail}");
        };
        let base = "/api/v1/identities";
        refused("GET", &format!("{base}?kind=shoe&value=42"), Value::Null, 400, "kind `shoe` is not one of").await;
        refused(
            "GET",
            &format!("{base}?kind=email&value=ann"),
            Value::Null,
            400,
            "value `ann` is not an e-mail address",
        )
        .await;
        refused(
            "GET",
            &format!("{base}?kind=user_id&value=nobody"),
            Value::Null,
            404,
            "user_id `nobody` was never seen",
        )
        .await;
        refused("GET", &format!("{base}/merges?limit=0"), Value::Null, 400, "limit is 0; expected 1 to 500").await;
        refused(
            "GET",
            &format!("{base}/merges?person=ann"),
            Value::Null,
            400,
            "`ann` is not an identifier of the form per_",
        )
        .await;
        let one = json!({"decision": "join", "identifiers": [{"kind": "user_id", "value": "a"}]});
        refused(
            "POST",
            &format!("{base}/decisions"),
            one,
            400,
            "identifiers: 1 different ones are given; expected 2 to 100",
        )
        .await;
        let odd = json!({"decision": "block", "identifier": {"kind": "shoe", "value": "42"}});
        refused("POST", &format!("{base}/decisions"), odd, 400, "kind `shoe` is not one of").await;
        refused("POST", &format!("{base}/decisions"), json!({"decision": "marry"}), 400, "unknown variant `marry`")
            .await;
        let mut policy = shop.get(&format!("{base}/policy")).await;
        policy["kinds"]["device"]["per_person"] = json!(0);
        refused("PUT", &format!("{base}/policy"), policy, 400, "kinds.device.per_person is 0; expected 1 to 100000")
            .await;
    }
}

/// Run with `--run-ignored all --no-capture` to see how many events a second are taken in.
#[tokio::test]
#[ignore = "a measurement"]
async fn measure_how_fast_evidence_is_taken_in() {
    let mobile =
        r#"{"device": {"id": "DEVICE"}, "page": {"url": "https://shop.example/", "referrer": ""}, "locale": "zh"}"#;
    let event = |user: usize, visitor: usize, device: Option<usize>| {
        let event =
            track("Product Viewed").id("m").user(&format!("user{user}")).anonymous(&format!("visitor{visitor}"));
        let context = device.map(|device| mobile.replace("DEVICE", &format!("device{device}")));
        event.with(|event| event.context = context.and_then(|json| serde_json::from_str(&json).ok())).build()
    };
    for shop in shops().await {
        let told = |what: &str, events: Vec<Event>| {
            let started = std::time::Instant::now();
            for batch in events.chunks(5_000) {
                shop.identity.observe(batch);
            }
            let seconds = started.elapsed().as_secs_f64();
            println!("{}: {what}: {:.0} events/s", shop.store.name, events.len() as f64 / seconds);
        };
        told("new users", (0..200_000).map(|n| event(n, n, None)).collect());
        told("known users", (0..200_000).map(|n| event(n, n, None)).collect());
        told("known users, a new device each", (0..200_000).map(|n| event(n, n, Some(n))).collect());
        told("known users and devices", (0..200_000).map(|n| event(n, n, Some(n))).collect());
        told("one tablet for all", (0..50_000).map(|n| event(n, n, Some(0))).collect());
        told("one user for all", (0..50_000).map(|n| event(0, n + 500_000, None)).collect());
        told("a chain", (0..60_000).map(|n| event(1_000_000, 1_000_000 + n, Some(1_000_000 + n / 2))).collect());
        let started = std::time::Instant::now();
        shop.save().await;
        println!("{}: saved in {:.1} s", shop.store.name, started.elapsed().as_secs_f64());
        let started = std::time::Instant::now();
        opened(&shop.store, &shop.clock).await;
        println!("{}: read back in {:.1} s", shop.store.name, started.elapsed().as_secs_f64());
    }
}
