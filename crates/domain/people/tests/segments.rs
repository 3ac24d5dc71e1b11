//! Segments on every store: defined over the API, counted from the past, kept up with the log, through crashes and
//! merges, and always what their rules mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Clock, Event, EventKind, Zone};
use fanvine_lake::{Lake, LakeOptions};
use fanvine_people::{MIGRATIONS, People, router};
use fanvine_testkit::{FakeClock, TempStore, stores, track};
use http::{Request, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

const HOUR: i64 = 3_600_000_000;

struct Shop {
    store: TempStore,
    lake: Lake,
    people: Arc<People>,
    clock: Arc<FakeClock>,
    log: Vec<Event>,
    /// Everything that was announced: entered or not, segment, shopper.
    told: Vec<(bool, String, String)>,
}

impl Shop {
    async fn new(store: TempStore) -> Self {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let lake = Lake::open(LakeOptions::new(store.folder().join("lake"))).await.unwrap();
        let clock = Arc::new(FakeClock::at("2026-05-01T12:00:00Z"));
        let people = opened(&store, &lake, &clock).await;
        Self { store, lake, people, clock, log: Vec::new(), told: Vec::new() }
    }

    /// Somebody does something now.
    fn does(&mut self, event: fanvine_testkit::EventBuilder) {
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
    fn take_in(&self) {
        let from = self.people.next_offset() as usize;
        let events: Vec<(u64, EventRef<'_>)> =
            (from as u64..).zip(&self.log[from..]).map(|(offset, event)| (offset, EventRef::from(event))).collect();
        let next = self.log.len() as u64;
        self.lake.ingest(from as u64, &events, next).unwrap();
        self.people.take_in(&events, next).unwrap();
        self.people.put_segments_in_force().unwrap();
    }

    /// Counts and announces all there is; what is announced comes back through the log.
    async fn tend(&mut self) {
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

    async fn save(&self) {
        self.people.save().await.map_err(|error| error.in_full()).unwrap();
    }

    /// The program is killed and started again.
    async fn restarted(&mut self) {
        self.people = opened(&self.store, &self.lake, &self.clock).await;
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let (routes, _) = router(self.people.clone()).split_for_parts();
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = routes.oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", &format!("/api/v1/segments{path}"), Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn define(&self, id: &str, text: &str) {
        let form = json!({"id": id, "name": id, "text": text});
        let (status, body) = self.call("POST", "/api/v1/segments", form).await;
        assert_eq!(status, StatusCode::CREATED, "{text}: {body}");
    }

    async fn members(&self, id: &str) -> Vec<String> {
        let members = self.get(&format!("/{id}/members")).await;
        members["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["shopper_id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What was announced since this was last asked.
    fn news(&mut self) -> Vec<(bool, String, String)> {
        std::mem::take(&mut self.told)
    }
}

async fn opened(store: &TempStore, lake: &Lake, clock: &Arc<FakeClock>) -> Arc<People> {
    Arc::new(People::open(store.store(), lake.clone(), clock.clone(), Zone::UTC).await.unwrap())
}

fn bought(user: &str, category: &str, minor: i64) -> fanvine_testkit::EventBuilder {
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

fn viewed(user: &str) -> fanvine_testkit::EventBuilder {
    track("Product Viewed").user(user).properties(r#"{"product_id":"p","category":"Tea"}"#)
}

fn named(entered: bool, segment: &str, shopper: &str) -> (bool, String, String) {
    (entered, segment.to_owned(), shopper.to_owned())
}

#[tokio::test]
async fn whoever_comes_and_goes_is_told_once_and_whoever_was_there_before_is_not() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        shop.does(bought("ann", "Tea", 500));
        shop.tend().await;
        shop.define("tea", r#"bought(category = "Tea") >= 1 in last 30 days"#).await;
        assert_eq!(shop.get("/tea").await["status"], "waiting");
        shop.tend().await;
        assert_eq!((shop.members("tea").await, shop.news()), (vec!["ann".to_owned()], vec![]), "{}", shop.store.name);
        assert_eq!(shop.get("/tea").await["status"], "live");
        shop.clock.advance_micros(HOUR);
        shop.does(bought("bob", "Tea", 100));
        shop.does(bought("eve", "Milk", 100));
        shop.tend().await;
        assert_eq!(shop.news(), [named(true, "tea", "bob")]);
        shop.clock.advance_micros(30 * 24 * HOUR - HOUR + 1_000_000);
        shop.tend().await;
        assert_eq!(shop.news(), [named(false, "tea", "ann")], "by time alone");
        assert_eq!(shop.members("tea").await, ["bob"]);
        let history = shop.get("/tea/history?per=day&from=2026-05-01").await;
        let points = history["points"].as_array().unwrap();
        assert_eq!((&points[0]["people"], &points[0]["entered"]), (&json!(2), &json!(1)), "{history}");
        assert_eq!(points.last().unwrap()["left"], 1);
    }
}

#[tokio::test]
async fn a_new_version_stands_still_until_it_is_counted_and_tells_nobody_unless_asked_to() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        for who in ["ann", "bob"] {
            shop.does(bought(who, "Tea", 500));
        }
        shop.does(viewed("eve"));
        shop.define("s", "bought").await;
        shop.define("others", "not in segment s").await;
        shop.tend().await;
        assert_eq!((shop.members("s").await.len(), shop.members("others").await), (2, vec!["eve".to_owned()]));
        let change = json!({"text": "viewed", "announce_existing": true});
        let (status, changed) = shop.call("PUT", "/api/v1/segments/s", change).await;
        assert_eq!((status, &changed["version"], &changed["people"]), (StatusCode::OK, &json!(2), &json!(2)));
        shop.tend().await;
        let mut news = shop.news();
        news.sort();
        assert_eq!(news, [named(false, "s", "ann"), named(false, "s", "bob"), named(true, "s", "eve")]);
        assert_eq!(shop.members("others").await, ["ann", "bob"]);
        let versions = shop.get("/s/versions").await;
        let texts: Vec<_> = versions["versions"].as_array().unwrap().iter().map(|one| &one["text"]).collect();
        assert_eq!(texts, ["viewed", "bought"]);
        let (status, problem) = shop.call("DELETE", "/api/v1/segments/s", Value::Null).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("conflict")), "{problem}");
        for id in ["others", "s"] {
            let (status, _) = shop.call("DELETE", &format!("/api/v1/segments/{id}"), Value::Null).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
        shop.tend().await;
        assert_eq!((shop.news(), shop.get("").await["segments"].as_array().unwrap().len()), (vec![], 0));
        shop.define("s", "bought").await;
        assert_eq!(shop.get("/s").await["version"], 3, "what an id meant before is not forgotten");
    }
}

#[tokio::test]
async fn facts_merges_and_decisions_move_people_in_and_out() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        shop.define("city", "trait city = \"杭州\" and value orders >= 2").await;
        shop.define("vip", "in segment city or tag interest.category:\"Tea\" >= 0.9").await;
        shop.tend().await;
        let said = |user: &str, browser: &str, traits: &str| {
            track("Identify").kind(EventKind::Identify).user(user).anonymous(browser).properties(traits)
        };
        shop.does(said("ann", "b1", r#"{"city":"杭州"}"#));
        shop.does(bought("ann", "Milk", 100));
        shop.does(track("Order Completed").anonymous("b2").properties(r#"{"order_id":"x"}"#));
        shop.tend().await;
        assert_eq!(shop.news(), []);
        shop.does(said("ann", "b2", "{}"));
        shop.tend().await;
        let mut news = shop.news();
        news.sort();
        assert_eq!(news, [named(true, "city", "ann"), named(true, "vip", "ann")]);
        let why = shop.get("/city/explain/b2").await;
        assert_eq!((&why["member"], &why["holds"]), (&json!(true), &json!(true)), "{why}");
        assert!(why["zh"].as_str().unwrap().starts_with("是"), "{why}");
        let apart = json!({"decision": "separate", "identifiers": [
            {"kind": "user_id", "value": "ann"}, {"kind": "anonymous_id", "value": "b2"}]});
        let (status, body) = shop.call("POST", "/api/v1/identities/decisions", apart).await;
        assert!(status.is_success(), "{body}");
        shop.tend().await;
        let mut news = shop.news();
        news.sort();
        let gone = ["city", "vip"].map(|segment| ["ann", "b2"].map(|who| named(false, segment, who)));
        assert_eq!(news, gone.concat(), "both of the two people they are now");
    }
}

#[tokio::test]
async fn a_list_counts_whoever_is_known_and_waits_for_the_others() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        shop.does(viewed("ann"));
        shop.tend().await;
        let ids = json!({"name": "Guests", "shopper_ids": ["ann", "bob", "ann"]});
        let (status, list) = shop.call("PUT", "/api/v1/segments/lists/guests", ids).await;
        assert_eq!((status, &list["unknown_ids"], &list["repeated"]), (StatusCode::OK, &json!(["bob"]), &json!(1)));
        shop.define("s", "in list guests").await;
        shop.tend().await;
        shop.does(viewed("bob"));
        shop.tend().await;
        assert_eq!(shop.news(), [named(true, "s", "bob")]);
        shop.save().await;
        shop.restarted().await;
        shop.tend().await;
        assert_eq!((shop.members("s").await, shop.news()), (vec!["ann".to_owned(), "bob".to_owned()], vec![]));
        shop.call("PUT", "/api/v1/segments/lists/guests", json!({"shopper_ids": ["bob"]})).await;
        shop.tend().await;
        assert_eq!(shop.news(), [named(false, "s", "ann")]);
        let (status, _) = shop.call("DELETE", "/api/v1/segments/lists/guests", Value::Null).await;
        assert_eq!(status, StatusCode::CONFLICT);
        let (_, csv) = shop.call("GET", "/api/v1/segments/s/export", Value::Null).await;
        assert_eq!(csv.as_str().unwrap().lines().skip(1).count(), 1, "{csv}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_is_named_by_its_clause() {
    let shop = Shop::new(TempStore::sqlite().await).await;
    let form = json!({"name": "x", "text": "bought >= 2 in last 3 days and in segment nobody"});
    let (status, problem) = shop.call("POST", "/api/v1/segments", form).await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_body")));
    assert_eq!(problem["detail"], "`all[1].segment`: there is no segment `nobody`");
    for (text, fault) in [
        ("bought >=", "expected"),
        ("did anything(brand = \"x\")", "reads every event"),
        ("did \"Segment Entered\"", "use `in segment"),
        ("sum of revenue of bought > 5 CNY", "adds up every event"),
    ] {
        let (status, checked) = shop.call("POST", "/api/v1/segments/check", json!({"text": text})).await;
        assert_eq!(status, StatusCode::OK);
        assert!(checked["faults"][0]["en"].as_str().unwrap().contains(fault), "{text}: {checked}");
    }
    let (_, checked) = shop.call("POST", "/api/v1/segments/check", json!({"rule": {"segment": "a"}})).await;
    assert_eq!(checked["text"], "in segment a");
    let (status, _) = shop.call("POST", "/api/v1/segments", json!({"name": "x"})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn ready_made_segments_divide_all_buyers() {
    let mut shop = Shop::new(TempStore::sqlite().await).await;
    for (who, orders) in [("ann", 1), ("bob", 2), ("eve", 5), ("joe", 1)] {
        for order in 0..orders {
            shop.does(bought(who, "Tea", 100 * (order + 1)));
            shop.clock.advance_micros(HOUR);
        }
    }
    shop.tend().await;
    let templates = shop.get("/templates").await;
    let ids: Vec<String> =
        templates["templates"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    for id in &ids {
        let (status, body) = shop.call("POST", &format!("/api/v1/segments/templates/{id}"), Value::Null).await;
        assert!(status == StatusCode::CREATED || status == StatusCode::CONFLICT, "{body}");
    }
    shop.tend().await;
    for family in ["rfm.", "lifecycle.", "value.", "activity."] {
        let mut all = Vec::new();
        for id in ids.iter().filter(|id| id.starts_with(family)) {
            all.extend(shop.members(id).await);
        }
        all.sort();
        assert_eq!(all, ["ann", "bob", "eve", "joe"], "{family}");
    }
    let overlap = shop.get("/overlap?ids=lifecycle.new,lifecycle.mature").await;
    assert_eq!(overlap["overlaps"][0][1]["both"], 0, "{overlap}");
}

#[tokio::test]
async fn counting_everybody_anew_moves_nobody_in_or_out() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        shop.does(bought("ann", "Tea", 500));
        shop.define("tea", "bought >= 1 in last 3 days").await;
        shop.tend().await;
        shop.save().await;
        let behaviours =
            json!({"browse": 1, "search": 2, "favourite": 3, "cart": 40, "buy": 60, "review": 80, "share": 80});
        let change = json!({"behaviours": behaviours, "based_on": 1});
        let (status, body) = shop.call("PUT", "/api/v1/tags/behaviours", change).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        while let Some(from) = shop.people.recount_from() {
            let events = (from..).zip(shop.log.iter().skip(from as usize).map(EventRef::from));
            let next = shop.log.len() as u64;
            shop.people.recount(&events.collect::<Vec<_>>(), next).await.unwrap();
        }
        shop.does(bought("bob", "Tea", 500));
        shop.tend().await;
        assert_eq!(shop.news(), [named(true, "tea", "bob")], "{}", shop.store.name);
        shop.clock.advance_micros(73 * HOUR);
        shop.tend().await;
        assert_eq!(shop.news(), [named(false, "tea", "ann"), named(false, "tea", "bob")]);
    }
}

/// What may happen.
#[derive(Debug, Clone)]
enum Step {
    Buys(usize, usize),
    Views(usize),
    Says(usize, usize, bool),
    Later(i64),
    Defines(usize),
    Tends,
    Saves,
    Crashes,
}

/// The first two are user ids, the others browsers.
const KEYS: [&str; 5] = ["ann", "bob", "b1", "b2", "b3"];

const RULES: [&str; 12] = [
    "bought >= 2 in last 3 days",
    "bought < 2 in last 30 hours",
    r#"bought(category = "Tea") on >= 2 days in last 5 calendar days"#,
    "viewed then bought within 2 days in last 6 days",
    "sum of revenue of bought >= 3.00 CNY in last 4 days and not viewed in last 1 day",
    "of last 2 viewed followed by bought >= 1",
    "viewed = 0 since bought",
    "value orders >= 2 and value last_seen within last 2 days",
    "value days_since_order >= 2",
    "trait city = \"杭州\" or bought >= 3",
    "in segment s0 and not in segment s3",
    "did anything >= 3 in last 2 days and in list some",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..5usize, 0..2usize).prop_map(|(who, what)| Step::Buys(who, what)),
        3 => (0..5usize).prop_map(Step::Views),
        2 => (0..2usize, 2..5usize, any::<bool>()).prop_map(|(user, browser, city)| Step::Says(user, browser, city)),
        4 => (1..40i64).prop_map(Step::Later),
        3 => (0..RULES.len()).prop_map(Step::Defines),
        3 => Just(Step::Tends),
        1 => Just(Step::Saves),
        1 => Just(Step::Crashes),
    ];
    proptest::collection::vec(step, 10..40)
}

fn by(key: usize, event: fanvine_testkit::EventBuilder) -> fanvine_testkit::EventBuilder {
    event.with(move |event| {
        let key = KEYS[key].to_owned();
        (event.user_id, event.anonymous_id) =
            if key.starts_with('b') && key != "bob" { (None, Some(key)) } else { (Some(key), None) };
    })
}

async fn take(shop: &mut Shop, step: &Step, defined: &mut Vec<usize>) {
    match step {
        Step::Buys(who, what) => {
            let number = shop.log.len() as i64;
            shop.does(by(*who, bought("x", ["Tea", "Milk"][*what], 100 + number)));
        }
        Step::Views(who) => shop.does(by(*who, viewed("x"))),
        Step::Says(user, browser, city) => {
            let traits = if *city { r#"{"city":"杭州"}"# } else { r#"{"city":"x"}"# };
            let call = track("Identify").kind(EventKind::Identify).user(KEYS[*user]).anonymous(KEYS[*browser]);
            shop.does(call.properties(traits));
        }
        Step::Later(hours) => shop.clock.advance_micros(hours * HOUR),
        Step::Defines(rule) => {
            let needed: &[usize] = if *rule == 10 { &[0, 3, 10] } else { std::slice::from_ref(rule) };
            for rule in needed {
                if !defined.contains(rule) {
                    shop.define(&format!("s{rule}"), RULES[*rule]).await;
                    defined.push(*rule);
                }
            }
        }
        Step::Tends => shop.tend().await,
        Step::Saves => {
            shop.take_in();
            shop.save().await;
        }
        Step::Crashes => shop.restarted().await,
    }
}

/// Whether what was announced leads from nobody, and whoever was counted first, to the members.
async fn check(shop: &Shop, defined: &[usize]) {
    for rule in defined {
        let id = format!("s{rule}");
        assert_eq!(shop.get(&format!("/{id}")).await["status"], "live", "{}", RULES[*rule]);
        let (status, preview) = shop.call("POST", "/api/v1/segments/preview", json!({"text": RULES[*rule]})).await;
        assert_eq!(status, StatusCode::OK, "{preview}");
        let members = shop.get(&format!("/{id}/members")).await;
        assert_eq!(preview["people"], members["people"], "a preview of {}", RULES[*rule]);
        for key in KEYS {
            let (status, why) = shop.call("GET", &format!("/api/v1/segments/{id}/explain/{key}"), Value::Null).await;
            if status == StatusCode::NOT_FOUND {
                continue;
            }
            // Who is only named by others' identify calls has no key of their own to belong under.
            let known = members["members"].as_array().unwrap();
            let listed = known.iter().any(|one| one["shopper_ids"].as_array().unwrap().contains(&json!(key)));
            assert_eq!(why["member"], why["holds"], "{key} in {}: {why}", RULES[*rule]);
            assert_eq!(why["member"], json!(listed), "{key} in {}: {members}", RULES[*rule]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]
    #[test]
    fn members_are_whom_the_rule_means_whatever_happens(steps in steps()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            for store in stores().await {
                let mut shop = Shop::new(store).await;
                shop.call("PUT", "/api/v1/segments/lists/some", json!({"shopper_ids": ["ann", "b2"]})).await;
                let mut defined = Vec::new();
                for step in &steps {
                    take(&mut shop, step, &mut defined).await;
                }
                shop.tend().await;
                check(&shop, &defined).await;
                // A crash tells nobody anything twice, and loses nobody.
                let (told, members) = (shop.told.len(), shop.get("").await);
                shop.restarted().await;
                shop.tend().await;
                prop_assert_eq!(shop.told.len(), told, "{:?}", &shop.told[told..]);
                prop_assert_eq!(shop.get("").await, members);
                let mut last: BTreeMap<(String, String), bool> = BTreeMap::new();
                if !steps.iter().any(|step| matches!(step, Step::Says(..))) {
                    for (entered, segment, shopper) in &shop.told {
                        let before = last.insert((segment.clone(), shopper.clone()), *entered);
                        prop_assert_ne!(before, Some(*entered), "{} {}", segment, shopper);
                    }
                }
            }
            Ok(())
        })?;
    }
}
