//! Clusters and look-alikes of made-up people, on every store.

use fanvine_kernel::Event;
use fanvine_testkit::track;
use serde_json::{Value, json};

use crate::shop::{Shop, days_ago, shops};

fn order(user: &str, id: &str, days: i64, minor: i64) -> Event {
    let properties = format!(r#"{{"order_id":"{id}","currency":"CNY"}}"#);
    let event = track("Order Completed").user(user).at_moment(days_ago(days)).properties(&properties);
    event.with(|event| event.revenue_minor = Some(minor)).build()
}

fn seen(user: &str, days: i64, number: i64) -> Event {
    let properties = format!(r#"{{"product_id":"p{number}"}}"#);
    track("Product Viewed").user(user).at_moment(days_ago(days)).properties(&properties).build()
}

/// Forty who buy often and sixty who looked once, long ago; no two quite the same.
fn crowd() -> Vec<Event> {
    let mut events = Vec::new();
    for buyer in 0..40i64 {
        let user = format!("buyer{buyer}");
        for number in 0..4 + buyer % 5 {
            events.push(order(&user, &format!("o{buyer}_{number}"), 5 + number * 9 + buyer % 4, 20_000 + buyer * 100));
        }
    }
    for visitor in 0..60i64 {
        events.push(seen(&format!("visitor{visitor}"), 200 + visitor, visitor));
    }
    events
}

fn keys(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["shopper_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn people_fall_into_clusters_that_say_what_sets_them_apart() {
    for mut shop in shops().await {
        shop.take_in(crowd());
        let report = shop.get("/api/v1/people/clusters?seed=7").await;
        let clusters = report["clusters"].as_array().unwrap();
        let people: u64 = clusters.iter().map(|one| one["people"].as_u64().unwrap()).sum();
        assert_eq!((people, &report["fitted"], &report["currency"]), (100, &json!(100), &json!("CNY")));
        assert!(report["silhouette"].as_f64().unwrap() > 0.6, "{report}");
        assert_eq!(report["tried"].as_array().unwrap().len(), 7);
        assert_eq!(report, shop.get("/api/v1/people/clusters?seed=7").await);

        let two = shop.get("/api/v1/people/clusters?seed=7&clusters=2").await;
        let [visitors, buyers] = two["clusters"].as_array().unwrap().as_slice() else { panic!("{two}") };
        assert_eq!((&visitors["people"], &buyers["people"]), (&json!(60), &json!(40)));
        assert!(visitors["name"]["en"].as_str().unwrap().contains("spend little"), "{visitors}");
        assert!(buyers["name"]["zh"].as_str().unwrap().contains("消费高"), "{buyers}");
        assert_eq!(visitors["centre"][0], json!(0.0));
        let first = shop.get("/api/v1/people/clusters/1/members?seed=7&clusters=2&limit=30").await;
        let next = first["next"].as_str().unwrap();
        let rest =
            shop.get(&format!("/api/v1/people/clusters/1/members?seed=7&clusters=2&limit=30&after={next}")).await;
        let mut all = [keys(&first["members"]), keys(&rest["members"])].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), &rest["next"]), (40, &Value::Null));
        assert!(all.iter().all(|key| key.starts_with("buyer")), "{all:?}");
    }
}

#[tokio::test]
async fn the_rest_is_ranked_by_likeness_to_a_seed_and_the_ranking_tried() {
    for mut shop in shops().await {
        shop.take_in(crowd());
        let mut seed: Vec<String> = (0..20).map(|number| format!("buyer{number}")).collect();
        seed.push("nobody".into());
        let found = shop.done("POST", "/api/v1/people/look-alikes", json!({"shopper_ids": seed, "limit": 20})).await;
        assert_eq!((&found["seed_people"], &found["unknown_shopper_ids"]), (&json!(20), &json!(["nobody"])));
        assert!(keys(&found["people"]).iter().all(|key| key.starts_with("buyer")), "{found}");
        assert!(
            found["trial"]["auc"].as_f64().unwrap() > 0.75 && found["trial"]["lift"].as_f64().unwrap() > 1.5,
            "{found}"
        );
        let scores: Vec<f64> =
            found["people"].as_array().unwrap().iter().map(|one| one["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
    }
}

#[tokio::test]
async fn too_few_people_are_a_problem_and_no_answer() {
    let mut shop = Shop::sqlite().await;
    shop.take_in(crowd().into_iter().take(12));
    let refused = shop.refused("GET", "/api/v1/people/clusters", Value::Null).await;
    assert_eq!((refused.0, refused.1.as_str()), (409, "not_enough_data"));
    let refused = shop.refused("POST", "/api/v1/people/look-alikes", json!({"shopper_ids": ["buyer0"]})).await;
    assert_eq!((refused.0, refused.1.as_str()), (409, "not_enough_data"));
    let refused = shop.refused("POST", "/api/v1/people/look-alikes", json!({})).await;
    assert_eq!((refused.0, refused.2.as_str()), (400, "shopper_ids"));
    let refused = shop.refused("POST", "/api/v1/people/look-alikes", json!({"segment": "none"})).await;
    assert_eq!((refused.0, refused.2.as_str()), (400, "segment"));
    let refused = shop.refused("GET", "/api/v1/people/clusters?clusters=1", Value::Null).await;
    assert_eq!((refused.0, refused.2.as_str()), (400, "clusters"));
}

/// A hundred who buy every other week, and a hundred who did until some day; all since 300 days ago.
fn comers_and_leavers() -> Vec<Event> {
    let mut events = Vec::new();
    for buyer in 0..200i64 {
        let (user, gap) = (format!("u{buyer}"), 10 + buyer % 9);
        let ends = if buyer % 2 == 0 { 0 } else { 15 + (buyer * 13) % 260 };
        for (number, days) in (0..30).map(|number| (number, 300 - buyer % 7 - number * gap)) {
            if days > ends {
                events.push(order(&user, &format!("o{buyer}_{number}"), days, 10_000));
            }
        }
    }
    events
}

#[tokio::test]
async fn who_will_leave_is_told_by_a_model_that_was_tried_on_later_days() {
    for mut shop in shops().await {
        shop.take_in(comers_and_leavers());
        let report = shop.get("/api/v1/people/churn?horizon_days=40&limit=60").await;
        let trial = &report["held_out"];
        assert!(trial["auc"].as_f64().unwrap() > 0.9, "{trial}");
        assert!(trial["brier"].as_f64().unwrap() < 0.5 * trial["brier_of_share"].as_f64().unwrap(), "{trial}");
        let of_bins: u64 =
            trial["calibration"].as_array().unwrap().iter().map(|bin| bin["buyers"].as_u64().unwrap()).sum();
        assert_eq!((of_bins, trial["calibration"].as_array().unwrap().len()), (trial["buyers"].as_u64().unwrap(), 10));
        assert_eq!((&report["buyers"], &trial["told_as_of"]), (&json!(200), &json!("2026-03-22")));
        let all: u64 = report["histogram"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(all, 200);
        // Those at the greatest risk are such as stopped.
        let listed = report["people"].as_array().unwrap();
        assert!(
            listed.iter().all(|one| one["shopper_id"].as_str().unwrap()[1..].parse::<u32>().unwrap() % 2 == 1),
            "{report}"
        );
        let next = report["next"].as_str().unwrap();
        let lower = shop.get("/api/v1/people/churn?horizon_days=40&limit=60&most_risk=0.5").await;
        let (greatest, limit) = (lower["people"][0]["risk"].as_f64().unwrap(), listed[0]["risk"].as_f64().unwrap());
        assert!(greatest <= 0.5 && limit > 0.5, "{greatest} {limit}");
        let more = shop.get(&format!("/api/v1/people/churn?horizon_days=40&limit=60&after={next}")).await;
        assert!(more["people"][0]["risk"].as_f64().unwrap() <= listed[59]["risk"].as_f64().unwrap());
        let (key, risk) = (listed[0]["shopper_id"].as_str().unwrap(), &listed[0]["risk"]);
        let alone = shop.get(&format!("/api/v1/people/{key}/churn?horizon_days=40")).await;
        assert_eq!((&alone["risk"], &alone["why"]), (risk, &listed[0]["why"]));
        let stays = shop.get("/api/v1/people/u0/churn?horizon_days=40").await;
        assert!(stays["risk"].as_f64().unwrap() < 0.2, "{stays}");
    }
}

#[tokio::test]
async fn churn_that_cannot_be_learnt_is_a_problem() {
    let mut shop = Shop::sqlite().await;
    let refused = shop.refused("GET", "/api/v1/people/churn", Value::Null).await;
    assert_eq!((refused.0, refused.1.as_str()), (409, "not_enough_data"));
    shop.take_in(crowd());
    let (status, code, _, detail) = shop.refused("GET", "/api/v1/people/churn", Value::Null).await;
    assert_eq!((status, code.as_str()), (409, "not_enough_data"), "{detail}");
    assert!(detail.contains("at least 30 of each are needed"), "{detail}");
    let refused = shop.refused("GET", "/api/v1/people/churn?horizon_days=6", Value::Null).await;
    assert_eq!((refused.0, refused.2.as_str()), (400, "horizon_days"));
}
