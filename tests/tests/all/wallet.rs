//! Wallets and points: how coupons come, each once; how points are earned, spent and taken back.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, Reply, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::checkout::{get, is_sound, of, offer, order, post, put, tenth};
use crate::messages::track;
use crate::phones::Phones;

fn claim(phones: &Phones, shop: &Fanvine, who: &str, key: &str, form: &Value) -> Result<Reply> {
    phones.asks(shop, who, key, "/v1/coupons/claim", form)
}

/// The offers of a shopper's coupons with their statuses, as the page shows them.
fn wallet(phones: &Phones, shop: &Fanvine, who: &str) -> Result<Vec<(String, String)>> {
    let shown = phones.sees(shop, who, "/v1/coupons")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let coupons = shown["coupons"].as_array().with_context(|| format!("no coupons in {shown}"))?;
    Ok(coupons.iter().map(|one| (text(&one["offer_id"]), text(&one["status"]))).collect())
}

fn unused(offer: &str) -> Vec<(String, String)> {
    vec![(offer.to_owned(), "unused".to_owned())]
}

fn cart(shopper: &str, quantity: i64, points: i64, codes: &[&str]) -> Value {
    json!({
        "cart": { "currency": "CNY", "points": points, "lines": [
            { "line_id": "1", "product_id": "tea", "quantity": quantity, "unit_minor": 5_000 },
        ]},
        "shopper": { "shopper_id": shopper }, "codes": codes,
    })
}

fn costs(shop: &Fanvine, form: &Value) -> Result<Value> {
    Ok(post(shop, "/api/v1/quotes", "", form)?["payable_minor"].clone())
}

/// Balance and what is spendable of it.
fn points(shop: &Fanvine, shopper: &str) -> Result<(Value, Value)> {
    let found = get(shop, &format!("/api/v1/points/{shopper}"))?;
    Ok((found["balance"].clone(), found["spendable"].clone()))
}

on_both_columns! {
    fn coupons_are_claimed_and_come_by_link_each_once(column) {
        let mut shop = Fanvine::start(&column)?;
        offer(&shop, "open", &tenth(json!({ "open": true, "total": 2, "good_for_days": 7 })))?;
        offer(&shop, "linked", &tenth(json!({ "good_for_days": 7 })))?;
        let link = post(&shop, "/api/v1/offers/linked/links", "", &json!({ "most": 1, "good_for_days": 1 }))?;
        let link = json!({ "link": link["link"] });
        let open = json!({ "offer_id": "open" });
        let phones = Phones::of(&shop)?;
        let first = claim(&phones, &shop, "ann", "1", &open)?;
        ensure!(first.status == 200, "{}", first.text());
        ensure!(claim(&phones, &shop, "ann", "1", &open)?.json()?["coupon_id"] == first.json()?["coupon_id"]);
        claim(&phones, &shop, "ann", "2", &open)?.expect_problem(409, "conflict")?;
        ensure!(claim(&phones, &shop, "bob", "1", &link)?.status == 200);
        claim(&phones, &shop, "cat", "1", &link)?.expect_problem(409, "conflict")?;
        claim(&phones, &shop, "cat", "2", &json!({ "offer_id": "linked" }))?.expect_problem(403, "forbidden")?;
        claim(&phones, &shop, "cat", "3", &json!({ "link": "made-up" }))?.expect_problem(403, "forbidden")?;
        shop.post("/v1/coupons/claim", &open).bearer(SERVER_KEY).send()?.expect_problem(401, "invalid_shopper_token")?;
        ensure!((wallet(&phones, &shop, "ann")?, wallet(&phones, &shop, "bob")?) == (unused("open"), unused("linked")));
        ensure!(wallet(&phones, &shop, "cat")?.is_empty());

        shop.kill()?;
        shop.begin()?;
        ensure!(claim(&phones, &shop, "ann", "1", &open)?.json()?["coupon_id"] == first.json()?["coupon_id"]);
        ensure!(costs(&shop, &cart("ann", 1, 0, &[]))? == 4_500 && costs(&shop, &cart("cat", 1, 0, &[]))? == 5_000);
        let paid = order(&shop, "o1", &cart("ann", 1, 0, &[]))?;
        ensure!(wallet(&phones, &shop, "ann")? == [("open".to_owned(), "used".to_owned())]);
        post(&shop, &of(&paid, "returns")?, "r", &json!({}))?;
        ensure!(wallet(&phones, &shop, "ann")? == unused("open"));
        ensure!(get(&shop, "/api/v1/ledger/account?name=received/open")?["balance"] == 1);
        is_sound(&shop)
    }

    fn whoever_does_something_is_given_one_coupon_over_a_crash(column) {
        let mut shop = Fanvine::start(&column)?;
        offer(&shop, "hello", &tenth(json!({ "on_events": ["Signed Up"] })))?;
        let signed_up = track("m1", "Signed Up", "ann", json!({}));
        shop.send_batch(&[signed_up.clone(), track("m2", "Product Viewed", "bob", json!({ "product_id": "tea" }))])?;
        let coupons = |shop: &Fanvine, who: &str| -> Result<usize> {
            let found = get(shop, &format!("/api/v1/coupons?shopper_id={who}"))?;
            Ok(found["coupons"].as_array().map_or(0, Vec::len))
        };
        wait_for("the coupon to come", || Ok((coupons(&shop, "ann")? == 1).then_some(())))?;
        shop.kill()?;
        shop.begin()?;
        // The same message again, and then another shopper's: when theirs came, the first was passed over.
        shop.send_batch(&[signed_up, track("m3", "Signed Up", "cat", json!({}))])?;
        wait_for("the other's coupon to come", || Ok((coupons(&shop, "cat")? == 1).then_some(())))?;
        ensure!(coupons(&shop, "ann")? == 1 && coupons(&shop, "bob")? == 0);
        shop.wait_until_sql(
            "SELECT shopper_id, count(*) FROM events WHERE event = 'Coupon Received' GROUP BY shopper_id ORDER BY shopper_id",
            &json!([["ann", 1], ["cat", 1]]),
        )?;
        is_sound(&shop)
    }

    fn unique_codes_are_each_good_once(column) {
        let shop = Fanvine::start(&column)?;
        offer(&shop, "tenth", &tenth(json!({})))?;
        let request = json!({ "count": 2_500, "prefix": "VIP" });
        let made = post(&shop, "/api/v1/offers/tenth/codes", "spring", &request)?;
        ensure!(made["made"] == 2_500, "{made}");
        ensure!(post(&shop, "/api/v1/offers/tenth/codes", "spring", &request)?["made"] == 2_500);
        let code = made["sample"][0].as_str().context("no code")?;
        let paid = order(&shop, "o1", &cart("ann", 1, 0, &[code]))?;
        ensure!(paid["quote"]["payable_minor"] == 4_500, "{paid}");
        let quote = post(&shop, "/api/v1/quotes", "", &cart("bob", 1, 0, &[code]))?;
        ensure!(quote["payable_minor"] == 5_000 && quote["codes"][0]["used_up"] == true, "{quote}");
        ensure!(get(&shop, &format!("/api/v1/codes/{code}"))?["redeemed"] == 1);
        post(&shop, &of(&paid, "roll-back")?, "", &json!({}))?;
        ensure!(costs(&shop, &cart("bob", 1, 0, &[code]))? == 4_500);
        is_sound(&shop)
    }

    fn points_are_earned_spent_and_taken_back_below_zero(column) {
        let mut shop = Fanvine::start(&column)?;
        let rule = |days: i64| json!({ "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 100,
            "expires_after_days": days });
        put(&shop, "/api/v1/points/rule", &rule(365))?;
        post(&shop, "/api/v1/points/ann", "gift", &json!({ "points": 30 }))?;
        put(&shop, "/api/v1/points/rule", &rule(10))?;
        let earning = order(&shop, "o1", &cart("ann", 4, 0, &[]))?;
        ensure!(points(&shop, "ann")? == (json!(230), json!(230)));

        // What expires first is spent first, though it came last: the gift is left, and what this order earns.
        let spending = order(&shop, "o2", &cart("ann", 1, 200, &[]))?;
        ensure!(spending["quote"]["payable_minor"] == 4_800, "{spending}");
        ensure!(points(&shop, "ann")? == (json!(78), json!(78)));
        let lots = get(&shop, "/api/v1/points/ann")?["lots"].clone();
        let (gift, earned) = (&lots[0], &lots[1]);
        ensure!(gift["points"] == 30 && earned["points"] == 48 && lots[2].is_null(), "{lots}");
        ensure!(gift["expires_at"].as_str() > earned["expires_at"].as_str(), "{lots}");
        // The goods that earned 200 come back: what was spent of it is owed.
        let back = post(&shop, &of(&earning, "returns")?, "r", &json!({}))?;
        ensure!(back["refunded_minor"] == 20_000, "{back}");
        ensure!(points(&shop, "ann")? == (json!(-122), json!(0)));
        ensure!(costs(&shop, &cart("ann", 1, 200, &[]))? == 5_000, "nothing can be spent of a debt");
        shop.kill()?;
        shop.begin()?;
        ensure!(points(&shop, "ann")? == (json!(-122), json!(0)));
        post(&shop, "/api/v1/points/ann", "sorry", &json!({ "points": 150 }))?;
        ensure!(points(&shop, "ann")? == (json!(28), json!(28)));
        // Given up, the second order takes back what it earned, and gives back what it was paid with.
        post(&shop, &of(&spending, "roll-back")?, "", &json!({}))?;
        ensure!(points(&shop, "ann")? == (json!(180), json!(180)));
        is_sound(&shop)
    }
}
