//! What shoppers wanted and did not get, on every store.

use fanvine_kernel::Event;
use fanvine_testkit::{EventBuilder, track};
use serde_json::{Value, json};

use crate::shop::{Shop, days_ago, shops};

fn did(name: &str, user: &str, days: i64, properties: &str) -> EventBuilder {
    track(name).user(user).at_moment(days_ago(days)).properties(properties)
}

fn searched(user: &str, days: i64, query: &str, results: u32) -> Event {
    did("Products Searched", user, days, &format!(r#"{{"query":"{query}","results":{results}}}"#)).build()
}

fn ordered(user: &str, days: i64, id: &str, product: &str) -> Event {
    let properties = format!(r#"{{"order_id":"{id}","currency":"CNY","products":[{{"product_id":"{product}"}}]}}"#);
    did("Order Completed", user, days, &properties).with(|event| event.revenue_minor = Some(10_000)).build()
}

/// Ann and Bob search in vain; of those who find tea one in two orders. Ann leaves two cups; Bob sees what is sold out.
/// Cid and Dan complain of a leak. Ann, before she signs in, leaves a pot and buys it under her name.
fn story() -> Vec<Event> {
    let cup = r#"{"product_id":"cup","name":"Cup","price":30,"quantity":2,"currency":"CNY"}"#;
    let out = r#"{"product_id":"pot","name":"Pot","price":80,"currency":"CNY","availability":"out_of_stock"}"#;
    let seen = r#"{"product_id":"tea","price":20,"currency":"CNY"}"#;
    let bad = |user: &str, days, text: &str| {
        did("Review Submitted", user, days, &format!(r#"{{"rating":1,"review_body":"{text}"}}"#)).build()
    };
    vec![
        searched("ann", 12, "Matcha ", 0),
        searched("bob", 11, "matcha", 0),
        searched("bob", 45, "matcha", 0),
        searched("eve", 10, "tea", 7),
        searched("fay", 10, "tea", 7),
        ordered("eve", 9, "o1", "tea"),
        ordered("eve", 2, "o2", "tea"),
        did("Product Added", "ann", 10, cup).build(),
        did("Product Added", "fay", 10, cup).build(),
        did("Product Viewed", "bob", 8, out).build(),
        did("Product Viewed", "ann", 8, out).build(),
        did("Product Viewed", "eve", 10, seen).build(),
        did("Product Viewed", "fay", 10, seen).build(),
        bad("cid", 5, "The lid leaks"),
        bad("dan", 4, "leaks, terrible"),
        track("Product Added").anonymous("web-1").at_moment(days_ago(6)).properties(cup).build(),
        track("Sign").user("gil").anonymous("web-1").at_moment(days_ago(6)).build(),
        ordered("gil", 5, "o3", "cup"),
    ]
}

fn need<'a>(list: &'a Value, kind: &str, subject: &str) -> &'a Value {
    let found =
        list["needs"].as_array().unwrap().iter().find(|need| need["kind"] == kind && need["subject"] == subject);
    found.unwrap_or_else(|| panic!("{kind} {subject} is not in {list}"))
}

#[tokio::test]
async fn needs_are_mined_counted_and_ranked_by_what_they_cost() {
    for mut shop in shops().await {
        shop.take_in(story());
        let list = shop.get("/api/v1/needs").await;
        assert_eq!((&list["currency"], &list["window_days"]), (&json!("CNY"), &json!(3)));
        assert_eq!(list["period"], json!({"from": "2026-04-02", "to": "2026-05-01"}));
        // One of two who found tea ordered; one of two saw and bought it; of two buyers one came back; 100 an order.
        let rates =
            json!({"search_conversion": 0.5, "view_conversion": 0.5, "return_rate": 0.5, "mean_order_minor": 10_000});
        assert_eq!(list["rates"], rates);
        let matcha = need(&list, "searched_in_vain", "matcha");
        assert_eq!(
            (&matcha["people"], &matcha["lost_minor"], &matcha["trend"]),
            (&json!(2), &json!(10_000), &json!(1.0))
        );
        let cup = need(&list, "left_in_cart", "cup");
        assert_eq!((&cup["people"], &cup["name"], &cup["lost_minor"]), (&json!(2), &json!("Cup"), &json!(12_000)));
        let pot = need(&list, "out_of_stock", "pot");
        assert_eq!((&pot["people"], &pot["lost_minor"]), (&json!(2), &json!(8_000)));
        let leaks = need(&list, "complained_of", "leaks");
        assert_eq!((&leaks["people"], &leaks["lost_minor"]), (&json!(2), &json!(10_000)));
        let lost: Vec<i64> =
            list["needs"].as_array().unwrap().iter().map(|need| need["lost_minor"].as_i64().unwrap()).collect();
        assert!(lost.is_sorted_by(|one, next| one >= next), "{lost:?}");
        assert!(matcha["why"]["zh"].as_str().unwrap().contains("未在期限内下单"), "{matcha}");
        let one = shop.get("/api/v1/needs?kind=left_in_cart&least_people=1").await;
        assert!(one["needs"].as_array().unwrap().iter().all(|need| need["kind"] == "left_in_cart"), "{one}");
    }
}

#[tokio::test]
async fn who_is_behind_a_need_is_told_page_by_page() {
    for mut shop in shops().await {
        shop.take_in(story());
        let path = "/api/v1/needs/searched_in_vain/shoppers?subject=matcha&limit=1";
        let first = shop.get(path).await;
        assert_eq!((&first["people"], &first["shoppers"][0]["shopper_id"]), (&json!(2), &json!("bob")));
        let next = first["next"].as_str().unwrap();
        let second = shop.get(&format!("{path}&after={next}")).await;
        assert_eq!((&second["shoppers"][0]["shopper_id"], &second["next"]), (&json!("ann"), &Value::Null));
        assert_eq!(second["shoppers"][0]["unserved"], json!(true));
    }
}

#[tokio::test]
async fn a_question_about_needs_that_makes_no_sense_is_refused() {
    let mut shop = Shop::sqlite().await;
    shop.take_in(story());
    let refused = async |path: &str| {
        let (status, code, pointer, _) = shop.refused("GET", path, Value::Null).await;
        format!("{status} {code} {pointer}")
    };
    assert_eq!(refused("/api/v1/needs?kind=x").await, "404 not_found ");
    assert_eq!(refused("/api/v1/needs?from=2026-04-31").await, "400 invalid_parameter from");
    assert_eq!(refused("/api/v1/needs?from=2026-05-02").await, "400 invalid_parameter from");
    assert_eq!(refused("/api/v1/needs?window_days=31").await, "400 invalid_parameter window_days");
    assert_eq!(refused("/api/v1/needs?currency=Y").await, "400 invalid_parameter currency");
    assert_eq!(refused("/api/v1/needs/out_of_stock/shoppers?subject=none").await, "404 not_found ");
    assert_eq!(refused("/api/v1/needs/out_of_stock/shoppers?subject=pot&after=x").await, "400 invalid_parameter after");
}
