//! People on every store: from the log, through the API, after restarts and after saves that failed.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Event, EventKind, Zone};
use fanvine_lake::{Lake, LakeOptions};
use fanvine_people::{MIGRATIONS, People, router};
use fanvine_store::{StoreError, args};
use fanvine_testkit::{FakeClock, TempStore, stores, track};
use http::{Request, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

struct Shop {
    store: TempStore,
    lake: Lake,
    people: Arc<People>,
    log: Vec<Event>,
}

impl Shop {
    async fn new(store: TempStore, log: Vec<Event>) -> Self {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let lake = Lake::open(LakeOptions::new(store.folder().join("lake"))).await.unwrap();
        let people = opened(&store, &lake).await;
        Self { store, lake, people, log }
    }

    /// Hands on events of the log, as the schedule does.
    fn take_in(&self, from: usize, until: usize) {
        let events: Vec<(u64, EventRef<'_>)> = (from as u64..)
            .zip(&self.log[from..until])
            .map(|(offset, event)| (offset, EventRef::from(event)))
            .collect();
        self.lake.ingest(from as u64, &events, until as u64).unwrap();
        self.people.take_in(&events, until as u64).unwrap();
    }

    fn take_in_all(&self) {
        self.take_in(self.people.next_offset() as usize, self.log.len());
    }

    async fn save(&self) {
        self.people.save().await.map_err(|error| error.in_full()).unwrap();
    }

    /// A save during which the store refuses the last of it.
    async fn fail_to_save(&self) {
        self.run("ALTER TABLE people_population RENAME TO people_population_away").await;
        self.people.save().await.unwrap_err();
        self.run("ALTER TABLE people_population_away RENAME TO people_population").await;
    }

    async fn run(&self, sql: &'static str) {
        let run = self.store.write(move |tx| Box::pin(async move { tx.execute(sql, args![]).await }));
        run.await.map_err(|error: StoreError| error.in_full()).unwrap();
    }

    /// The program is killed and started again.
    async fn restarted(&mut self) {
        self.people = opened(&self.store, &self.lake).await;
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let (routes, _) = router(self.people.clone()).split_for_parts();
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

    /// All that is answered of everybody.
    async fn answers(&self) -> Vec<Value> {
        let mut answers = vec![self.get("/api/v1/people").await];
        let mut keys: Vec<&str> = self.log.iter().filter_map(|event| EventRef::from(event).shopper_id()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            answers.push(match self.call("GET", &format!("/api/v1/people/{key}"), Value::Null).await {
                (StatusCode::OK, person) => person,
                (status, _) => json!({"key": key, "status": status.as_u16()}),
            });
        }
        answers
    }

    async fn found(&self, search: &str) -> Vec<String> {
        let list = self.get(&format!("/api/v1/people?search={search}")).await;
        let people = list["people"].as_array().unwrap();
        people.iter().map(|person| person["shopper_id"].as_str().unwrap().to_owned()).collect()
    }
}

async fn opened(store: &TempStore, lake: &Lake) -> Arc<People> {
    let clock = Arc::new(FakeClock::at("2026-05-01T12:00:00Z"));
    Arc::new(People::open(store.store(), lake.clone(), clock, Zone::UTC).await.unwrap())
}

async fn shops(log: fn() -> Vec<Event>) -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in stores().await {
        shops.push(Shop::new(store, log()).await);
    }
    shops
}

fn identify(user: &str, browser: &str, at: &str, traits: &str) -> Event {
    track("Identify").kind(EventKind::Identify).user(user).anonymous(browser).at(at).properties(traits).build()
}

/// Ann looks around, says who she is and buys; Bob follows her.
fn story() -> Vec<Event> {
    let tea = r#"{"product_id":"tea","category":"Tea","brand":"Leaf","price":19.9,"currency":"CNY"}"#;
    vec![
        track("Product Viewed").anonymous("a1").at("2026-04-01T10:00:00Z").properties(tea).build(),
        track("Product Added").anonymous("a1").at("2026-04-01T10:05:00Z").properties(tea).build(),
        identify("ann", "a1", "2026-04-01T10:06:00Z", r#"{"name":"Ann Émile","gender":"f","city":"杭州"}"#),
        track("Order Completed")
            .user("ann")
            .at("2026-04-01T10:07:00Z")
            .properties(
                r#"{"order_id":"o1","revenue":39.8,"currency":"CNY",
                    "products":[{"product_id":"tea","category":"Tea","brand":"Leaf","price":19.9,"quantity":2}]}"#,
            )
            .with(|event| event.revenue_minor = Some(3_980))
            .build(),
        track("Shopper Followed").user("bob").at("2026-04-02").properties(r#"{"followed_id":"ann"}"#).build(),
    ]
}

fn computed<'a>(person: &'a Value, name: &str) -> &'a Value {
    person["computed"].as_array().unwrap().iter().find(|value| value["name"] == name).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn events_make_one_person_who_explains_herself_under_either_key() {
    for shop in shops(story).await {
        shop.take_in_all();
        let ann = shop.get("/api/v1/people/ann").await;
        assert_eq!(shop.get("/api/v1/people/a1").await, ann, "{}", shop.store.name);
        assert_eq!(ann["shopper_ids"], json!(["a1", "ann"]));
        assert_eq!(computed(&ann, "spend")["value"][0]["minor"], 3_980, "{ann}");
        assert_eq!(computed(&ann, "orders")["value"], 1);
        let tags = ann["tags"].as_array().unwrap();
        let category = tags.iter().find(|tag| tag["term"] == "Tea").unwrap();
        assert!(category["weight"].as_f64().unwrap() > 0.0, "{category}");
        for one in tags.iter().chain(ann["computed"].as_array().unwrap()) {
            assert!(!one["why"]["en"].as_str().unwrap().is_empty(), "{one}");
            assert!(!one["why"]["zh"].as_str().unwrap().is_empty(), "{one}");
        }
        let list = shop.get("/api/v1/people").await;
        assert_eq!(list["shopper_keys"], 3);
        let shown: Vec<_> = list["people"].as_array().unwrap().iter().map(|one| (&one["name"], &one["keys"])).collect();
        assert_eq!(shown, [(&Value::Null, &json!(1)), (&json!("Ann Émile"), &json!(2))]);
    }
}

#[tokio::test]
async fn what_is_saved_answers_the_same_when_it_is_loaded() {
    for mut shop in shops(story).await {
        shop.take_in_all();
        let before = shop.answers().await;
        shop.save().await;
        assert_eq!(shop.answers().await, before);
        shop.restarted().await;
        assert_eq!(shop.people.next_offset(), 5);
        assert_eq!(shop.answers().await, before, "{}", shop.store.name);
        shop.save().await;
        shop.restarted().await;
        assert_eq!(shop.answers().await, before, "{}", shop.store.name);
    }
}

#[tokio::test]
async fn a_batch_that_overlaps_what_was_taken_in_changes_nothing_twice() {
    for mut shop in shops(story).await {
        shop.take_in_all();
        let whole = shop.answers().await;
        shop.take_in(1, 5);
        assert_eq!(shop.answers().await, whole);
        shop.store.migrate(MIGRATIONS).await.unwrap();
        shop.restarted().await;
        shop.take_in(0, 3);
        shop.save().await;
        shop.restarted().await;
        shop.take_in(0, 2);
        shop.take_in(1, 5);
        assert_eq!(shop.answers().await, whole, "{}", shop.store.name);
    }
}

#[tokio::test]
async fn a_save_that_fails_loses_nothing() {
    for mut shop in shops(story).await {
        shop.take_in(0, 3);
        shop.fail_to_save().await;
        shop.take_in(3, 5);
        let whole = shop.answers().await;
        shop.fail_to_save().await;
        assert_eq!(shop.answers().await, whole, "what could not be saved is still answered");
        shop.save().await;
        shop.restarted().await;
        assert_eq!((shop.people.next_offset(), shop.answers().await), (5, whole), "{}", shop.store.name);
    }
}

#[tokio::test]
async fn what_was_not_saved_is_counted_again_from_the_log() {
    for mut shop in shops(story).await {
        shop.take_in(0, 3);
        shop.save().await;
        shop.take_in(3, 5);
        let whole = shop.answers().await;
        shop.fail_to_save().await;
        shop.restarted().await;
        assert_eq!(shop.people.next_offset(), 3);
        shop.take_in_all();
        assert_eq!(shop.answers().await, whole, "{}", shop.store.name);
    }
}

#[tokio::test]
async fn other_tags_count_everybody_anew_and_leave_identity_as_it_was() {
    for mut shop in shops(story).await {
        shop.take_in_all();
        shop.save().await;
        let (whole, who) = (shop.answers().await, shop.get("/api/v1/identities?kind=user_id&value=ann").await);
        shop.run("UPDATE people_population SET fingerprint = 'of other tags'").await;
        shop.restarted().await;
        assert_eq!((shop.people.next_offset(), &shop.get("/api/v1/people").await["shopper_keys"]), (0, &json!(0)));
        shop.restarted().await;
        shop.take_in_all();
        assert_eq!(shop.answers().await, whole, "{}", shop.store.name);
        assert_eq!(shop.get("/api/v1/identities?kind=user_id&value=ann").await, who, "no evidence counts twice");
        shop.save().await;
        shop.restarted().await;
        assert_eq!(shop.answers().await, whole, "{}", shop.store.name);
    }
}

#[tokio::test]
async fn people_are_found_by_key_and_by_what_is_said_of_them_saved_or_not() {
    for shop in shops(story).await {
        shop.take_in_all();
        for _ in 0..2 {
            assert_eq!(shop.found("ann%20%C3%A9m").await, ["ann"], "{}", shop.store.name);
            assert_eq!(shop.found("%E6%9D%AD%E5%B7%9E").await, ["ann"]);
            assert_eq!(shop.found("bob").await, ["bob"]);
            assert_eq!(shop.found("a").await, ["a1"], "one person, though both keys hold it");
            assert_eq!(shop.found("%25").await, [""; 0]);
            assert_eq!(shop.found("nobody").await, [""; 0]);
            shop.save().await;
        }
    }
}

#[tokio::test]
async fn the_latest_word_holds_also_before_it_is_saved() {
    fn moved() -> Vec<Event> {
        let mut log = story();
        log.push(identify("ann", "a1", "2026-04-03", r#"{"name":"Ann","city":null}"#));
        log
    }
    for shop in shops(moved).await {
        shop.take_in(0, 5);
        shop.save().await;
        shop.take_in_all();
        for _ in 0..2 {
            let ann = shop.get("/api/v1/people/ann").await;
            let said: Vec<_> =
                ann["traits"].as_array().unwrap().iter().map(|one| (&one["name"], &one["value"])).collect();
            let said: Vec<_> =
                said.iter().map(|(name, value)| (name.as_str().unwrap(), value.as_str().unwrap())).collect();
            assert_eq!(said, [("city", ""), ("gender", "f"), ("name", "Ann")], "{}", shop.store.name);
            let list = shop.get("/api/v1/people?search=ann").await;
            assert_eq!(list["people"][0]["name"], "Ann");
            shop.save().await;
        }
    }
}

#[tokio::test]
async fn what_is_done_to_traits_is_the_same_saved_at_any_point() {
    fn deeds() -> Vec<Event> {
        let said = |at: &str, traits: &str| identify("u1", "b1", at, traits);
        vec![
            said("2026-01-03", r#"{"$set_once":{"from":"friend"},"$increment":{"points":5}}"#),
            said("2026-01-01", r#"{"points":10,"$append":{"likes":["tea"]}}"#),
            said("2026-01-02", r#"{"$set_once":{"from":"ad"},"$increment":{"points":0.5}}"#),
            said("2026-01-04", r#"{"$append":{"likes":["silk","tea"]}}"#),
        ]
    }
    for mut shop in shops(deeds).await {
        for place in 0..shop.log.len() {
            shop.take_in(place, place + 1);
            shop.save().await;
            shop.restarted().await;
        }
        let person = shop.get("/api/v1/people/u1").await;
        let traits = person["traits"].as_array().unwrap().iter().filter(|one| one["holds"] == true);
        let held: Vec<_> = traits.map(|one| (one["name"].as_str().unwrap(), one["value"].as_str().unwrap())).collect();
        assert_eq!(held, [("from", "ad"), ("likes", r#"["tea","silk"]"#), ("points", "15.5")]);
    }
}

#[tokio::test]
async fn a_key_longer_than_any_index_takes_is_a_shopper_as_any_other() {
    fn long() -> Vec<Event> {
        let key = "k".repeat(70_000);
        vec![
            identify(&key, "b1", "2026-04-01", r#"{"name":"Longfellow"}"#),
            identify(&(key + "2"), "b2", "2026-04-01", "{}"),
        ]
    }
    for mut shop in shops(long).await {
        shop.take_in_all();
        shop.save().await;
        shop.restarted().await;
        let list = shop.get("/api/v1/people?search=longf").await;
        assert_eq!((&list["shopper_keys"], &list["people"][0]["name"]), (&json!(2), &json!("Longfellow")));
    }
}

#[tokio::test]
async fn a_timeline_comes_by_page_and_loses_nothing_that_happened_at_once() {
    fn busy() -> Vec<Event> {
        let at = |number: usize| if number < 7 { "2026-04-01T10:00:00Z" } else { "2026-04-02T10:00:00.000001Z" };
        let event = |number: usize| track("Page Viewed").id(&format!("m'{number}")).at(at(number));
        let mut log: Vec<Event> = (0..10).map(|number| event(number).user("ann").build()).collect();
        log.push(identify("ann", "a1", "2026-03-01", "{}"));
        log
    }
    for shop in shops(busy).await {
        shop.take_in_all();
        let (mut seen, mut before) = (Vec::new(), String::new());
        loop {
            let page = shop.get(&format!("/api/v1/people/a1/timeline?limit=3{before}")).await;
            seen.extend(page["events"].as_array().unwrap().iter().map(|event| event["message_id"].to_string()));
            let Some(next) = page["next"].as_str() else { break };
            before = format!("&before={}", next.replace('\'', "%27"));
        }
        assert_eq!(seen.len(), 11, "{seen:?}");
        assert_eq!(seen[..3], ["\"m'7\"", "\"m'8\"", "\"m'9\""]);
        assert_eq!(seen[3..10].iter().collect::<std::collections::BTreeSet<_>>().len(), 7);
        let page = shop.get("/api/v1/people/ann/timeline?before=2026-04-01T10:00:00Z").await;
        assert_eq!(page["events"].as_array().unwrap().len(), 1);
        let (status, problem) = shop.call("GET", "/api/v1/people/ann/timeline?before=soon", Value::Null).await;
        assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_parameter")));
    }
}

#[tokio::test]
async fn a_shopper_nobody_heard_of_is_refused_by_name() {
    for shop in shops(story).await {
        for path in ["/api/v1/people/zoe", "/api/v1/people/zoe/timeline"] {
            let (status, problem) = shop.call("GET", path, Value::Null).await;
            assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
            assert!(problem["detail"].as_str().unwrap().contains("`zoe`"), "{problem}");
        }
        // Told of by another, they are known though they did nothing themselves.
        shop.take_in(0, 0);
        shop.people.take_in(&[(0, EventRef::from(&identify("zoe", "z1", "2026-04-01", "{}")))], 1).unwrap();
        assert_eq!(shop.get("/api/v1/people/z1").await["shopper_ids"], json!(["z1", "zoe"]));
    }
}

/// What happens to a shop's program.
#[derive(Debug, Clone)]
enum Step {
    Take(usize),
    Save,
    FailToSave,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..20usize).prop_map(Step::Take),
        2 => Just(Step::Save),
        1 => Just(Step::FailToSave),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..16)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = (0..6usize, 0..8u32, 0..8u32, 0..5u32, 0..90i64);
    prop::collection::vec(one, 1..80).prop_map(|drawn| {
        let event = |(number, (what, user, browser, thing, day)): (usize, (usize, u32, u32, u32, i64))| {
            let name = ["Product Viewed", "Product Added", "Order Completed", "Products Searched", "Shopper Followed", ""];
            let item = format!(
                r#"{{"product_id":"p{thing}","category":"c{thing}","brand":"b{browser}","price":{thing}.5,"currency":"CNY",
                    "query":"q{thing}","order_id":"o{number}","followed_id":"u{thing}"}}"#
            );
            let event = track(name[what]).id(&format!("m{number}")).at(&format!("2026-0{}-0{}", 1 + day / 30, 1 + day % 9));
            let event = if user < 5 { event.user(&format!("u{user}")) } else { event };
            let event = if browser < 6 { event.anonymous(&format!("a{browser}")) } else { event };
            match what {
                5 => event.kind(EventKind::Identify).properties(&format!(r#"{{"name":"n{thing}","city":"x"}}"#)).build(),
                _ => event.properties(&item).build(),
            }
        };
        drawn.into_iter().enumerate().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn saves_failures_and_restarts_at_any_point_equal_one_run(log in events(), steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let whole = Shop::new(TempStore::sqlite().await, log.clone()).await;
            whole.take_in_all();
            let mut shop = Shop::new(TempStore::sqlite().await, log).await;
            for step in steps {
                match step {
                    Step::Take(count) => {
                        let from = shop.people.next_offset() as usize;
                        // What is given again changes nothing.
                        shop.take_in(from.saturating_sub(3), shop.log.len().min(from + count));
                    }
                    Step::Save => shop.save().await,
                    Step::FailToSave => shop.fail_to_save().await,
                    Step::Restart => shop.restarted().await,
                }
            }
            shop.take_in_all();
            let expected = whole.answers().await;
            assert_eq!(shop.answers().await, expected);
            shop.save().await;
            shop.restarted().await;
            assert_eq!(shop.answers().await, expected);
        });
    }
}
