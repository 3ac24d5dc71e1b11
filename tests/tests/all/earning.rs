//! Points through the real program: earned by goods and taken back with them, and given for what shoppers do, once, through
//! crashes and messages that are sent again.

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::checkout::{get, is_sound, of, order, post, put};
use crate::messages::track;

fn balance(shop: &Fanvine, who: &str) -> Result<i64> {
    Ok(get(shop, &format!("/api/v1/points/{who}"))?["balance"].as_i64().unwrap_or_default())
}

fn has(shop: &Fanvine, who: &str, points: i64) -> Result<()> {
    wait_for(&format!("{who} to have {points} points"), || Ok((balance(shop, who)? == points).then_some(())))
}

fn review(message: &str, who: &str, id: &str) -> Value {
    track(message, "Review Submitted", who, json!({ "review_id": id, "rating": 5 }))
}

/// Events are read in their order: once this one gave its points, those before it were read.
fn marked(shop: &Fanvine, number: usize) -> Result<()> {
    shop.send_batch(&[track(&format!("mark-{number}"), "Mark", &format!("marker-{number}"), json!({}))])?;
    has(shop, &format!("marker-{number}"), 1)
}

on_both_columns! {
    fn points_are_earned_by_goods_and_by_what_shoppers_do_once_through_crashes(column) {
        let mut shop = Fanvine::start(&column)?;
        put(&shop, "/api/v1/points/rule", &json!({
            "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 100,
            "multipliers": [{ "basis_points": 20_000, "scope": { "products": ["tea"] } }],
        }))?;
        let cart = json!({
            "cart": { "currency": "CNY", "lines": [
                { "line_id": "1", "product_id": "tea", "quantity": 2, "unit_minor": 5_050 },
                { "line_id": "2", "product_id": "mug", "quantity": 1, "unit_minor": 1_050 },
            ]},
            "shopper": { "shopper_id": "anna" },
        });
        let paid = order(&shop, "order-1", &cart)?;
        ensure!(balance(&shop, "anna")? == 212, "202 and 10.5, rounded down once");
        let tea = json!({ "lines": [{ "line_id": "1", "quantity": 1 }] });
        post(&shop, &of(&paid, "returns")?, "back-1", &tea)?;
        ensure!(balance(&shop, "anna")? == 111);

        let wrong = shop.request("PUT", "/api/v1/earning-rules/paid").bearer(SERVER_KEY);
        let wrong = wrong.json(&json!({ "name": "Orders", "event": "Order Completed", "points": 5 })).send()?;
        wrong.expect_problem(422, "invalid_earning_rule")?;
        put(&shop, "/api/v1/earning-rules/mark", &json!({ "name": "Mark", "event": "Mark", "points": 1 }))?;
        let reviews = json!({
            "name": "Reviews", "event": "Review Submitted", "points": 20, "once_per": "review_id",
            "where": [{ "field": "properties.rating", "is": { "ge": 4 } }],
            "taken_back_on": ["Review Deleted"], "per_shopper_per_day": 2,
        });
        ensure!(put(&shop, "/api/v1/earning-rules/reviews", &reviews)?["version"] == 1);

        // Sent as soon as the rule is answered for, it counts.
        shop.send_batch(&[review("m1", "anna", "a"), review("m2", "anna", "a"), review("m3", "bert", "a")])?;
        has(&shop, "anna", 131)?;
        has(&shop, "bert", 20)?;
        shop.kill()?;
        shop.begin()?;
        let poor = track("m7", "Review Submitted", "bert", json!({ "review_id": "z", "rating": 3 }));
        shop.send_batch(&[review("m1", "anna", "a"), review("m4", "anna", "b"), review("m5", "anna", "c"), poor])?;
        marked(&shop, 1)?;
        ensure!(balance(&shop, "anna")? == 151, "two a day: {}", get(&shop, "/api/v1/points/anna/earned")?);
        ensure!(balance(&shop, "bert")? == 20, "3 of 5 is too few");

        shop.send_batch(&[track("m6", "Review Deleted", "anna", json!({ "review_id": "a" }))])?;
        has(&shop, "anna", 131)?;
        shop.kill()?;
        shop.begin()?;
        shop.send_batch(&[review("m8", "anna", "a")])?;
        marked(&shop, 2)?;
        ensure!(balance(&shop, "anna")? == 131, "what was taken back is not given again");
        let earned = get(&shop, "/api/v1/points/anna/earned")?;
        let back: Vec<bool> = earned["earned"].as_array().into_iter().flatten().map(|one| !one["taken_back_at"].is_null()).collect();
        ensure!(back.len() == 2 && back.iter().filter(|back| **back).count() == 1, "{earned}");
        let rules = get(&shop, "/api/v1/earning-rules")?;
        ensure!(rules["rules"][1]["rule_id"] == "reviews" && rules["rules"][1]["given_points"] == 40, "{rules}");
        let told = "SELECT COUNT(*) FROM events WHERE event IN ('Points Given', 'Points Taken Back')";
        shop.wait_until_sql(told, &json!([[6]]))?;
        is_sound(&shop)
    }
}
