//! Campaigns: from the draft to the review, with a holdout whose lift an independent reader reckons anew; and a budget that
//! `kill -9` cannot overspend.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};

use anyhow::{Context, Result, bail, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, client_libraries, on_both_columns, python, wait_for};
use serde_json::{Value, json};

use crate::crowd::{Crowd, agent};
use crate::messages::track;

/// Shoppers who meet the campaign of the story: with half held out, more than a hundred of each arm.
const PEOPLE: usize = 260;
/// Orders that are tried against the budget, which pays for half of them.
const ORDERS: usize = 240;
const EACH_OFF: i64 = 500;
const BUDGET: i64 = EACH_OFF * (ORDERS as i64) / 2;
const CRASHES: usize = 3;

fn ask(shop: &Fanvine, path: &str) -> Result<Value> {
    shop.get(&format!("/api/v1/campaigns/spring{path}")).bearer(SERVER_KEY).expect(200)?.json()
}

fn turn(shop: &Fanvine, verb: &str) -> Result<Value> {
    shop.post(&format!("/api/v1/campaigns/spring/{verb}"), &json!({})).bearer(SERVER_KEY).expect(200)?.json()
}

fn cart(shopper: &str) -> Value {
    json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": "mug", "quantity": 1, "unit_minor": 10_000 }] },
        "shopper": { "shopper_id": shopper },
    })
}

/// What the shopper would pay, and why not less.
fn quoted(shop: &Fanvine, shopper: &str) -> Result<(i64, String)> {
    let quote = shop.post("/api/v1/quotes", &cart(shopper)).bearer(SERVER_KEY).expect(200)?.json()?;
    let why = quote["rejected"][0]["reason"].as_str().unwrap_or_default().to_owned();
    Ok((quote["payable_minor"].as_i64().context("no price")?, why))
}

/// Reserves and redeems an order of one mug.
fn buys(shop: &Fanvine, shopper: &str) -> Result<()> {
    let reserved = shop.post("/api/v1/redemptions", &cart(shopper)).bearer(SERVER_KEY);
    let reserved = reserved.header("Idempotency-Key", format!("order-{shopper}")).expect(200)?.json()?;
    let id = reserved["redemption_id"].as_str().context("no redemption")?;
    shop.post(&format!("/api/v1/redemptions/{id}/redeem"), &json!({})).bearer(SERVER_KEY).expect(200)?;
    Ok(())
}

/// An offer of 5.00 off, and a campaign that holds it.
fn published(shop: &Fanvine, holdout_basis_points: i64, budget_minor: i64) -> Result<Value> {
    let offer = json!({
        "name": "Spring", "ends_at": "2099-01-01T00:00:00Z", "limits": { "total": 1_000_000 },
        "benefit": { "kind": "tiers", "tiers": [
            { "at": { "spend_minor": 5_000 }, "rewards": [{ "kind": "amount", "minor": EACH_OFF }] }] },
    });
    shop.request("PUT", "/api/v1/offers/spring").json(&offer).bearer(SERVER_KEY).expect(200)?;
    let terms = json!({
        "name": "Spring", "currency": "CNY", "budget_minor": budget_minor, "ends_at": "2098-01-01T00:00:00Z",
        "pieces": [{ "kind": "offer", "id": "spring" }], "holdout_basis_points": holdout_basis_points,
        "goal": { "metric": "orders", "target": 10 }, "no_holdout_because": "its cost is what is tried",
    });
    shop.request("PUT", "/api/v1/campaigns/spring").json(&terms).bearer(SERVER_KEY).expect(200)?;
    let done = turn(shop, "publish")?;
    ensure!(done["campaign"]["status"]["state"] == "running", "{done}");
    ensure!(done["campaign"]["pieces"][0]["look"]["published_version"] == 1, "{done}");
    Ok(done["campaign"].clone())
}

/// Everybody's arm, by the campaign's own audit.
fn arms(shop: &Fanvine) -> Result<Vec<Value>> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = ask(shop, &format!("/assignments?limit=100&after={after}"))?;
        all.extend(page["assignments"].as_array().context("no assignments")?.iter().cloned());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return Ok(all),
        }
    }
}

fn is_held_out(one: &Value) -> bool {
    one["arm"] == "held_out"
}

/// What everybody buys after they met it: more of the treated, and more each.
fn bought(number: usize, held_out: bool) -> Option<usize> {
    let every = if held_out { 4 } else { 3 };
    number.is_multiple_of(every).then_some(if held_out { 60 } else { 90 } + number % 50)
}

/// Sends the orders of everybody, and answers them as the reader of figures wants them.
fn everybody_buys(shop: &Fanvine, assigned: &[Value]) -> Result<Vec<Value>> {
    let (mut events, mut orders) = (Vec::new(), Vec::new());
    for (number, one) in assigned.iter().enumerate() {
        let shopper = one["shopper_key"].as_str().context("no key")?;
        let Some(revenue) = bought(number, is_held_out(one)) else { continue };
        let about =
            json!({ "order_id": format!("o{number}"), "revenue": revenue, "total": revenue, "currency": "CNY" });
        events.push(track(&format!("m{number}"), "Order Completed", shopper, about));
        orders.push(json!({ "shopper_key": shopper, "revenue_minor": revenue * 100 }));
    }
    shop.send_batch(&events)?;
    wait_for("the orders to be counted", || {
        let lift = ask(shop, "/numbers")?["lift"].clone();
        let counted =
            lift["treated"]["orders"].as_i64().unwrap_or(0) + lift["held_out"]["orders"].as_i64().unwrap_or(0);
        Ok((counted == orders.len() as i64).then_some(()))
    })?;
    Ok(orders)
}

fn is_close(found: &Value, expected: &Value, what: &str) -> Result<()> {
    let (found, expected) = (found.as_f64().context("no figure")?, expected.as_f64().context("nothing expected")?);
    ensure!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{what} is {found}, not {expected}");
    Ok(())
}

on_both_columns! {
    fn a_campaign_holds_out_some_and_its_lift_is_what_another_reader_reckons(column) {
        let mut shop = Fanvine::start(&column)?;
        let campaign = published(&shop, 5_000, 1_000_000)?;
        let mut prices: BTreeMap<String, i64> = BTreeMap::new();
        for number in 0..PEOPLE {
            let shopper = format!("u{number:03}");
            let (minor, why) = quoted(&shop, &shopper)?;
            ensure!(minor == 10_000 - EACH_OFF || why == "other_shoppers", "{shopper}: {minor} {why}");
            prices.insert(shopper, minor);
        }
        // Who is anonymous first and signs in later stays what they were.
        let before = quoted(&shop, "a-77e2c1")?;
        shop.send("identify", &json!({ "userId": "customer-17", "anonymousId": "a-77e2c1", "messageId": "i1" }))?;
        wait_for("the visitor to be known", || {
            let known = shop.get("/api/v1/people/customer-17").bearer(SERVER_KEY).send()?.json().unwrap_or_default();
            Ok((known["shopper_ids"] == json!(["a-77e2c1", "customer-17"])).then_some(()))
        })?;
        ensure!(quoted(&shop, "customer-17")? == before, "another price after signing in");
        shop.kill()?;
        shop.begin()?;
        ensure!(quoted(&shop, "customer-17")? == before, "another price after a restart");
        let assigned: Vec<Value> = arms(&shop)?.into_iter().filter(|one| one["shopper_key"].as_str().is_some_and(|key| key.starts_with("u"))).collect();
        ensure!(assigned.len() == PEOPLE, "{} were assigned", assigned.len());
        for one in &assigned {
            let minor = prices[one["shopper_key"].as_str().context("no key")?];
            ensure!((minor == 10_000) == is_held_out(one), "{one} was quoted {minor}");
        }
        for one in assigned.iter().filter(|one| !is_held_out(one)).take(10) {
            buys(&shop, one["shopper_key"].as_str().context("no key")?)?;
        }
        let orders = everybody_buys(&shop, &assigned)?;
        let numbers = ask(&shop, "/numbers")?;
        ensure!(numbers["reach"] == PEOPLE as i64 + 1 && numbers["mixed"] == 0, "{numbers}");
        ensure!(numbers["orders"] == 10 && numbers["revenue_minor"] == 10 * (10_000 - EACH_OFF), "{numbers}");
        ensure!(numbers["cost_minor"] == 10 * EACH_OFF && numbers["goal"]["reached"] == 10, "{numbers}");
        let all = arms(&shop)?;
        let told = json!({
            "salt": campaign["salt"], "holdout_basis_points": 5_000, "assignments": all, "orders": orders,
            "one_person": [["customer-17", "a-77e2c1"]], "cost_minor": 10 * EACH_OFF,
        });
        if let Some(libraries) = client_libraries() {
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("campaign.json");
            std::fs::write(&file, told.to_string())?;
            let expected = python(&libraries, "oracles/campaign.py", &[&file.to_string_lossy()])?;
            let expected: Value = serde_json::from_str(&expected)?;
            for (figure, of) in expected["lift"].as_object().context("no lift")? {
                for end in ["estimate", "low", "high"] {
                    is_close(&numbers["lift"][figure][end], &of[end], &format!("{figure} {end}"))?;
                }
            }
            for arm in ["treated", "held_out"] {
                for figure in ["people", "buyers", "orders", "revenue_minor"] {
                    is_close(&numbers["lift"][arm][figure], &expected[arm][figure], &format!("{arm} {figure}"))?;
                }
            }
        }
        turn(&shop, "close")?;
        let review = ask(&shop, "/review")?;
        ensure!(review["numbers"]["lift"] == numbers["lift"], "{review}");
        let csv = shop.get("/api/v1/campaigns/spring/review/export").bearer(SERVER_KEY).expect(200)?.text();
        ensure!(csv.contains("\r\ncost_minor,5000,,\r\n"), "{csv}");
        ensure!(quoted(&shop, "u000")?.0 == 10_000, "it is withdrawn");
        let told = "SELECT count(*) FROM events WHERE event = 'Campaign Met'";
        shop.wait_until_sql(told, &json!([[PEOPLE + 1]]))?;
        shop.wait_until_sql("SELECT count(*) FROM events WHERE event = 'Campaign Closed'", &json!([[1]]))
    }

    fn a_budget_is_not_overspent_through_crashes_and_a_pause_outlives_them(column) {
        let mut shop = Fanvine::start(&column)?;
        published(&shop, 0, BUDGET)?;
        let (next, cost) = (AtomicUsize::new(0), AtomicI64::new(0));
        let crowd = Crowd::new(&shop.url);
        crowd.hammer(&mut shop, CRASHES, ORDERS, || {
            let agent = agent();
            loop {
                let number = next.fetch_add(1, SeqCst);
                if number >= ORDERS {
                    return Ok(());
                }
                let key = format!("o{number}");
                let (status, reserved) = crowd.ask(&agent, "/api/v1/redemptions", &key, &cart(&key))?;
                ensure!(status == 200, "{key} was answered {status} {reserved}");
                let id = reserved["redemption_id"].as_str().context("no redemption")?;
                let (status, done) = crowd.ask(&agent, &format!("/api/v1/redemptions/{id}/redeem"), &key, &json!({}))?;
                if status != 200 {
                    bail!("{key} was answered {status} {done}");
                }
                let off = 10_000 - reserved["quote"]["payable_minor"].as_i64().context("no price")?;
                cost.fetch_add(off, SeqCst);
                crowd.has_done_one();
            }
        })?;
        let cost = cost.load(SeqCst);
        ensure!(cost <= BUDGET, "{cost} of {BUDGET} were spent");
        let numbers = ask(&shop, "/numbers")?;
        ensure!(numbers["cost_minor"] == cost && numbers["reserved_minor"] == 0, "{numbers}");
        // Whatever is left is less than what another order would cost, unless a pause came first: so it pauses, or has.
        if cost == BUDGET {
            wait_for("the campaign to pause", || Ok((ask(&shop, "")?["status"]["why"] == "budget_used").then_some(())))?;
        }
        turn(&shop, "pause")?;
        shop.kill()?;
        shop.begin()?;
        ensure!(ask(&shop, "")?["status"]["state"] == "paused");
        let (minor, why) = quoted(&shop, "later")?;
        ensure!(minor == 10_000 && (why == "paused" || why == "used_up"), "{minor} {why}");
        let proof = shop.get("/api/v1/ledger/proof").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(proof["sound"] == true, "{proof}");
        Ok(())
    }
}
