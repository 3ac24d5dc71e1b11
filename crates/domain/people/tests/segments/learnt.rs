//! Segments of what models say: kept up like any other, by the same models that the pages of churn and value show.

use std::collections::BTreeSet;

use fanvine_testkit::stores;
use http::StatusCode;
use serde_json::{Value, json};

use crate::shop::{HOUR, Shop, bought};

const BUYERS: u32 = 200;

/// Half a year in which everybody orders at a pace of their own, and every third stops at some time.
async fn grown(shop: &mut Shop) {
    for day in 0..180u32 {
        for buyer in 0..BUYERS {
            let (pace, left) = (5 + buyer % 23, if buyer % 3 == 0 { 40 + buyer % 97 } else { 180 });
            // A pace that wavers: nobody orders like a clock.
            let due = (day + buyer * 7 + (day / 30) * (buyer % 5)) % pace == 0;
            if due && day < left {
                let minor = i64::from(1_000 + buyer * 37 + day);
                shop.does(bought(&format!("b{buyer:03}"), &format!("c{day}"), minor));
            }
        }
        shop.clock.advance_micros(24 * HOUR);
    }
    shop.tend().await;
}

/// Everybody of a list that a page of `people` shows.
async fn listed(shop: &Shop, path: &str, list: &str, wanted: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let (status, body) = shop.call("GET", &format!("/api/v1/people/{path}"), Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    let all = body[list].as_array().unwrap().iter().filter(|one| wanted(one));
    all.map(|one| one["shopper_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn segments_of_churn_and_lifetime_value_hold_whom_the_pages_of_both_name() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        grown(&mut shop).await;
        for id in ["churn.high", "churn.medium", "churn.low", "clv.top"] {
            let (status, body) =
                shop.call("POST", &format!("/api/v1/segments/templates/{id}"), json!({"language": "en"})).await;
            assert_eq!(status, StatusCode::CREATED, "{id}: {body}");
        }
        shop.define("worthy", "value alive_probability >= 0.8 and value lifetime_value >= 100.00 CNY").await;
        shop.tend().await;
        let members = async |id: &str| {
            let (status, body) =
                shop.call("GET", &format!("/api/v1/segments/{id}/members?limit=1000"), Value::Null).await;
            assert_eq!(status, StatusCode::OK, "{body}");
            let members = body["members"].as_array().unwrap().iter();
            members.map(|one| one["shopper_id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
        };
        let at_risk = |least: f64, most: f64| move |one: &Value| (least..most).contains(&one["risk"].as_f64().unwrap());
        for (id, least, most) in [("churn.high", 0.7, 1.1), ("churn.medium", 0.4, 0.7), ("churn.low", 0.0, 0.4)] {
            let told = listed(&shop, "churn?limit=1000", "people", at_risk(least, most)).await;
            assert_eq!(members(id).await, told, "{id} {}", shop.store.name);
        }
        assert!(!members("churn.high").await.is_empty() && !members("churn.low").await.is_empty());
        let top = listed(&shop, "value/1?limit=1000", "members", |_| true).await;
        assert_eq!((top.len(), members("clv.top").await), (20, top), "{}", shop.store.name);
        let mut worthy = BTreeSet::new();
        for tenth in 1..=10 {
            let worth = |one: &Value| {
                one["alive"].as_f64().unwrap() >= 0.8 && one["lifetime_value_minor"].as_i64().unwrap() >= 10_000
            };
            worthy.extend(listed(&shop, &format!("value/{tenth}?limit=1000"), "members", worth).await);
        }
        assert!(!worthy.is_empty() && worthy.len() < BUYERS as usize);
        assert_eq!(members("worthy").await, worthy);
        let form = json!({"text": "value churn_risk >= 0.7"});
        let (_, preview) = shop.call("POST", "/api/v1/segments/preview", form).await;
        let high = members("churn.high").await.len();
        assert_eq!((&preview["people"], &preview["unknown"]), (&json!(high), &json!([])), "{preview}");
    }
}

#[tokio::test]
async fn a_segment_of_a_model_that_has_too_little_to_learn_from_is_empty_and_says_why() {
    for store in stores().await {
        let mut shop = Shop::new(store).await;
        shop.does(bought("ann", "Tea", 500));
        shop.define("risky", "value churn_risk >= 0.1 or value lifetime_value_rank >= 0.1").await;
        shop.define("spenders", "value spend_rank >= 0.1").await;
        shop.tend().await;
        let risky = shop.get("/risky").await;
        assert_eq!((&risky["people"], &risky["status"]), (&json!(0), &json!("live")), "{risky}");
        let why: Vec<&str> =
            risky["unknown"].as_array().unwrap().iter().map(|one| one["en"].as_str().unwrap()).collect();
        assert!(why.iter().any(|why| why.contains("at least 30")), "{why:?}");
        assert!(risky["unknown"][0]["zh"].as_str().unwrap().contains("至少"), "{risky}");
        let spenders = shop.get("/spenders").await;
        assert_eq!((&spenders["people"], &spenders["unknown"]), (&json!(1), &json!([])));
        let form = json!({"text": "value churn_risk < 0.5"});
        let (_, preview) = shop.call("POST", "/api/v1/segments/preview", form).await;
        assert_eq!((&preview["people"], preview["unknown"].as_array().unwrap().len()), (&json!(0), 1), "{preview}");
    }
}
