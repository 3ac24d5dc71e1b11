//! Segments on every store: defined over the API, counted from the past, kept up with the log, and told.

mod learnt;
mod shop;
mod whatever_happens;

use fanvine_kernel::EventKind;
use fanvine_kernel::event::EventRef;
use fanvine_testkit::{TempStore, stores, track};
use http::StatusCode;
use serde_json::{Value, json};

use shop::{HOUR, Shop, bought, named, viewed};

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
async fn a_list_counts_people_whichever_of_their_keys_it_holds() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        shop.does(viewed("ann"));
        shop.does(track("Identify").kind(EventKind::Identify).user("ann").anonymous("b2"));
        shop.does(track("Product Viewed").anonymous("b2"));
        shop.tend().await;
        for (ids, people) in [(json!(["ann"]), 1), (json!(["b2"]), 1), (json!(["ann", "b2"]), 1), (json!(["eve"]), 0)] {
            let (_, list) =
                shop.call("PUT", "/api/v1/segments/lists/some", json!({"name": "Some", "shopper_ids": ids})).await;
            let (_, shown) = shop.call("GET", "/api/v1/segments/lists/some", Value::Null).await;
            assert_eq!((&list["people"], &shown["people"]), (&json!(people), &json!(people)), "{ids}: {list}");
        }
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

#[tokio::test]
async fn nothing_of_a_life_that_was_erased_is_counted_in_the_next() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        shop.does(bought("ann", "Tea", 500));
        shop.does(bought("ann", "Tea", 600));
        shop.does(viewed("bob"));
        shop.tend().await;
        let takes = async |shop: &Shop, text: &str| {
            let (status, preview) = shop.call("POST", "/api/v1/segments/preview", json!({"text": text})).await;
            assert_eq!(status, StatusCode::OK, "{preview}");
            preview["people"].as_u64().unwrap()
        };
        assert_eq!((takes(&shop, "bought").await, takes(&shop, "not bought").await), (1, 1));
        shop.clock.advance_micros(HOUR);
        let (status, body) = shop.call("DELETE", "/api/v1/people/ann", Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!((takes(&shop, "bought").await, takes(&shop, "not bought").await), (0, 1), "{}", shop.store.name);
        shop.clock.advance_micros(HOUR);
        shop.does(viewed("ann"));
        shop.define("buyers", "bought").await;
        shop.define("others", "not bought").await;
        shop.tend().await;
        assert_eq!(shop.members("buyers").await, [""; 0]);
        assert_eq!(shop.members("others").await, ["bob", "ann"]);
        assert_eq!((takes(&shop, "bought").await, takes(&shop, "not bought").await), (0, 2));
        assert_eq!(shop.get("/buyers/explain/ann").await["holds"], json!(false));
        shop.clock.advance_micros(HOUR);
        shop.does(bought("ann", "Tea", 700));
        shop.tend().await;
        assert_eq!(shop.members("buyers").await, ["ann"]);
        assert_eq!((takes(&shop, "bought").await, takes(&shop, "bought >= 2").await), (1, 0));
        let (_, timeline) = shop.call("GET", "/api/v1/people/ann/timeline", Value::Null).await;
        let done: Vec<_> = timeline["events"].as_array().unwrap().iter().map(|event| &event["event"]).collect();
        let own = ["Order Completed", "Product Viewed"].map(|name| json!(name));
        let done: Vec<_> = done.into_iter().filter(|name| own.contains(name)).collect();
        assert_eq!(done, [&own[0], &own[1]], "the timeline of the new life is its own");
    }
}
