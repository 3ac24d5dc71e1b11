//! Levels through the real program: reached with an order through a crash, asked for by an offer, a coupon and a segment, and
//! lost with the goods that come back.

use anyhow::{Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::checkout::{ask, get, is_sound, of, offer, order, post, put, tenth};
use crate::messages::track;

const MEMBER: &str = "/api/v1/levels/members/anna";

fn ladder(gold: i64) -> Value {
    json!({
        "window_days": 365, "period_days": 365, "minor_per_growth": { "CNY": 100 },
        "levels": [
            { "level": "silver", "name": "银卡", "needs": 100, "keeps": 50 },
            { "level": "gold", "name": "金卡", "needs": gold, "keeps": 200, "rights": ["Free returns"] },
        ],
    })
}

fn teas(quantity: i64) -> Value {
    json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": "tea", "quantity": quantity, "unit_minor": 10_000 },
        ]},
        "shopper": { "shopper_id": "anna" },
    })
}

fn level(shop: &Fanvine) -> Result<Value> {
    Ok(get(shop, MEMBER)?["held"]["level"]["level"].clone())
}

/// Whether those who hold gold, as segments know it, are these.
fn golden(shop: &Fanvine, expected: &[&str]) -> Result<()> {
    wait_for(&format!("the gold segment to have {expected:?}"), || {
        let members = get(shop, "/api/v1/segments/golden/members")?;
        let keys = members["members"].as_array().into_iter().flatten().map(|one| one["shopper_id"].clone());
        Ok((keys.collect::<Vec<_>>() == expected).then_some(()))
    })
}

on_both_columns! {
    fn a_level_is_reached_with_an_order_and_lost_with_its_goods_through_crashes(column) {
        let mut shop = Fanvine::start(&column)?;
        shop.get("/api/v1/levels").bearer(SERVER_KEY).send()?.expect_problem(404, "not_found")?;
        put(&shop, "/api/v1/levels", &ladder(300))?;
        let wrong = shop.request("PUT", "/api/v1/levels").json(&ladder(90)).bearer(SERVER_KEY).send()?;
        wrong.expect_problem(422, "invalid_levels")?;
        offer(&shop, "gold-price", &json!({
            "name": "Gold price", "audience": { "levels": ["gold"] },
            "benefit": { "kind": "line_price", "price": "member", "cut": { "off_basis_points": 1_000 } },
        }))?;
        offer(&shop, "welcome", &tenth(json!({ "on_events": ["Level Reached"], "per_shopper": 1 })))?;
        let golden_rule = json!({ "id": "golden", "name": "Gold", "text": "trait level = \"gold\"" });
        shop.post("/api/v1/segments", &golden_rule).bearer(SERVER_KEY).expect(201)?;

        // Whoever has a write key may say so, and nobody gets anything for it.
        shop.send_batch(&[track("made-up", "Level Reached", "eve", json!({ "level": "gold" }))])?;

        let small = order(&shop, "order-1", &teas(2))?;
        ensure!(level(&shop)? == "silver", "{}", get(&shop, MEMBER)?);
        let dear = order(&shop, "order-2", &teas(2))?;
        ensure!(level(&shop)? == "gold", "at once: {}", get(&shop, MEMBER)?);
        shop.kill()?;
        shop.begin()?;
        ensure!(level(&shop)? == "gold", "{}", get(&shop, MEMBER)?);
        let quote = post(&shop, "/api/v1/quotes", "", &teas(1))?;
        ensure!(quote["applied"][0]["offer_id"] == "gold-price", "{quote}");
        golden(&shop, &["anna"])?;
        wait_for("the coupon for reaching a level", || {
            let coupons = get(&shop, "/api/v1/coupons?shopper_id=anna")?;
            Ok((coupons["coupons"].as_array().map(Vec::len) == Some(1)).then_some(()))
        })?;

        let eve = get(&shop, "/api/v1/coupons?shopper_id=eve")?;
        ensure!(eve["coupons"] == json!([]), "{eve}");

        let path = format!("{MEMBER}/growth");
        let form = json!({ "growth": 30, "note": "a review" });
        let given = post(&shop, &path, "review-1", &form)?;
        ensure!(post(&shop, &path, "review-1", &form)?["growth"] == given["growth"], "given twice");
        let other = ask(&shop, &path, "review-1", &json!({ "growth": 31 }))?;
        other.expect_problem(422, "idempotency_key_reused")?;

        let one = json!({ "lines": [{ "line_id": "1", "quantity": 1 }] });
        post(&shop, &of(&dear, "returns")?, "back-1", &one)?;
        ensure!(level(&shop)? == "gold", "330 are enough: {}", get(&shop, MEMBER)?);
        post(&shop, &of(&dear, "returns")?, "back-2", &one)?;
        shop.kill()?;
        shop.begin()?;
        ensure!(level(&shop)? == "silver", "as if it had never been bought: {}", get(&shop, MEMBER)?);
        golden(&shop, &[])?;
        let quote = post(&shop, "/api/v1/quotes", "", &teas(1))?;
        ensure!(quote["applied"][0]["offer_id"] != "gold-price", "{quote}");
        post(&shop, &of(&small, "roll-back")?, "", &json!({}))?;
        ensure!(level(&shop)? == Value::Null, "{}", get(&shop, MEMBER)?);
        let told = "SELECT COUNT(*) FROM events WHERE event IN ('Level Reached', 'Level Lost')";
        shop.wait_until_sql(told, &json!([[5]]))?;
        is_sound(&shop)
    }
}
