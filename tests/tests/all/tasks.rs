//! Tasks through the real program: taken on from a page, done by events, rewarded once through crashes and messages sent again.

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::checkout::{ask, get, is_sound, offer, post, put, tenth};
use crate::messages::track;

const TASKS: &str = "/api/v1/plays/steps/tasks";

fn points(points: i64, stock: i64) -> Value {
    json!({ "stock": stock, "gives": { "kind": "points", "points": points } })
}

fn view(id: &str, product: &str) -> Value {
    track(id, "Product Viewed", "anna", json!({ "product_id": product }))
}

/// How many count for the first step.
fn seen(shop: &Fanvine, expected: i64) -> Result<()> {
    let path = format!("{TASKS}/anna");
    wait_for(&format!("{expected} products to count"), || {
        Ok((get(shop, &path)?["steps"][0]["done"] == expected).then_some(()))
    })
}

on_both_columns! {
    fn tasks_are_taken_on_done_and_rewarded_once_through_crashes(column) {
        let mut shop = Fanvine::start(&column)?;
        offer(&shop, "tenth", &tenth(json!({ "total": 1 })))?;
        let play = json!({
            "name": "First steps", "ends_at": "2100-01-01T00:00:00Z",
            "rules": {
                "kind": "tasks",
                "steps": [
                    { "step_id": "see", "name": "See three products", "event": "Product Viewed", "count": 3,
                        "once_per": "product_id", "reward": points(5, 10) },
                    { "step_id": "review", "name": "Review one", "event": "Review Submitted",
                        "where": [{ "field": "properties.rating", "is": { "ge": 4 } }] },
                ],
                "completed": { "stock": 5, "gives": { "kind": "coupon", "offer_id": "tenth" } },
            },
        });
        put(&shop, "/api/v1/plays/steps", &play)?;
        post(&shop, "/api/v1/plays/steps/publish", "", &json!({}))?;
        let taken = post(&shop, TASKS, "", &json!({ "shopper_id": "anna" }))?;
        shop.kill()?;
        shop.begin()?;
        ensure!(post(&shop, TASKS, "", &json!({ "shopper_id": "anna" }))? == taken);
        // The one coupon there is, is promised.
        ask(&shop, TASKS, "", &json!({ "shopper_id": "bert" }))?.expect_problem(409, "play_full")?;

        shop.send_batch(&[view("m1", "tea"), view("m2", "tea"), view("m3", "mug")])?;
        seen(&shop, 2)?;
        shop.kill()?;
        shop.begin()?;
        shop.send_batch(&[view("m1", "tea"), view("m3", "mug"), view("m4", "cup"), view("m5", "tin")])?;
        seen(&shop, 3)?;
        let rated = |id: &str, rating: i64| track(id, "Review Submitted", "anna", json!({ "rating": rating }));
        shop.send_batch(&[rated("m6", 3), rated("m7", 5), rated("m8", 5)])?;
        wait_for("the coupon for all of them", || {
            let coupons = get(&shop, "/api/v1/coupons?shopper_id=anna")?;
            Ok((coupons["coupons"].as_array().map(Vec::len) == Some(1)).then_some(()))
        })?;
        shop.kill()?;
        shop.begin()?;
        let stands = get(&shop, &format!("{TASKS}/anna"))?;
        ensure!(stands["given"] == true && stands["steps"][0]["given"] == true, "{stands}");
        ensure!(stands["steps"][0]["done"] == 3 && stands["steps"][1]["done"] == 1, "{stands}");
        ensure!(get(&shop, "/api/v1/points/anna")?["balance"] == 5);
        ensure!(get(&shop, TASKS)?["runs"] == json!([stands]));
        let told = "SELECT COUNT(*) FROM events WHERE event IN ('Tasks Joined', 'Task Step Completed', 'Tasks Completed')";
        shop.wait_until_sql(told, &json!([[4]]))?;
        is_sound(&shop)
    }
}
