//! A contest through the real program: what shoppers pay is ranked behind the log, through crashes, from phones and the shop's
//! server; then places are frozen, proved, and their prizes given once.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::checkout::{get, is_sound, of, order, post, put};
use crate::phones::Phones;

/// How long the contest goes on, in seconds.
const LASTS: i64 = 15;

fn pays(shop: &Fanvine, who: &str, units: i64) -> Result<Value> {
    let form = json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": "tea", "quantity": units, "unit_minor": 1_000 },
        ]},
        "shopper": { "shopper_id": who },
    });
    order(shop, &format!("{who}-{units}"), &form)
}

/// Publishes the contest so that it ends in so many seconds.
fn publish(shop: &Fanvine, rules: &Value) -> Result<()> {
    let sql = format!("SELECT to_char(now() + INTERVAL '{LASTS} seconds', '%Y-%m-%dT%H:%M:%SZ') AS ends_at");
    let terms = json!({ "name": "Who buys most", "ends_at": shop.value(&sql)?, "rules": rules });
    put(shop, "/api/v1/plays/spend", &terms)?;
    post(shop, "/api/v1/plays/spend/publish", "", &json!({}))?;
    Ok(())
}

fn places(shop: &Fanvine, contest: &str) -> Result<Vec<(Value, Value)>> {
    let found = get(shop, &format!("/api/v1/contests/{contest}/standings"))?;
    let entrants = found["entrants"].as_array().context("no entrants")?;
    Ok(entrants.iter().map(|one| (one["shopper_id"].clone(), one["score"].clone())).collect())
}

on_both_columns! {
    fn a_contest_is_ranked_frozen_and_rewarded_through_crashes(column) {
        let mut shop = Fanvine::start(&column)?;
        let rules = json!({
            "kind": "contest", "measure": { "by": "spent" }, "currency": "CNY", "hold_days": 0,
            "prizes": [{ "up_to": 1, "value_minor": 500, "gives": { "kind": "points", "points": 50 } }],
        });
        let mut wrong = json!({ "name": "x", "ends_at": "2099-01-01T00:00:00Z", "rules": rules.clone() });
        wrong["rules"]["prizes"][0]["up_to"] = json!(501);
        let refused = shop.request("PUT", "/api/v1/plays/spend").json(&wrong).bearer(SERVER_KEY).send()?;
        let refused = refused.expect_problem(422, "invalid_play")?;
        ensure!(refused.to_string().contains("rules.prizes.up_to is 501, where 1 to 500 can be"), "{refused}");

        let phones = Phones::of(&shop)?;
        publish(&shop, &rules)?;
        let play = json!({ "play_id": "spend" });
        let shown = phones.does(&shop, "annabel", "j", "/v1/contests/join", &play)?;
        let contest = shown["contest_id"].as_str().context("no contest_id")?.to_owned();
        ensure!(shown["mine"]["number"] == 1 && shown["state"] == "open", "{shown}");
        let join = format!("/api/v1/contests/{contest}/join");
        for who in ["bertrand", "cheater"] {
            post(&shop, &join, "", &json!({ "shopper_id": who }))?;
        }
        let annabels = pays(&shop, "annabel", 3)?;
        pays(&shop, "bertrand", 2)?;
        pays(&shop, "cheater", 9)?;
        shop.kill()?;
        shop.begin()?;
        let out = json!({ "shopper_id": "cheater", "reason": "one card for ten accounts" });
        let excluded = post(&shop, &format!("/api/v1/contests/{contest}/exclude"), "", &out)?;
        ensure!(excluded["state"] == "excluded" && excluded["excluded_by"].is_string(), "{excluded}");
        wait_for("what was paid to be ranked", || {
            let expected = [("annabel", 3_000), ("bertrand", 2_000)].map(|(who, score)| (json!(who), json!(score)));
            Ok((places(&shop, &contest)? == expected).then_some(()))
        })?;
        // What comes back counts no more; of as high scores who reached it first comes first.
        let back = json!({ "lines": [{ "line_id": "1", "quantity": 1 }] });
        post(&shop, &of(&annabels, "returns")?, "r", &back)?;
        wait_for("what came back to be taken off", || {
            let expected = [("annabel", 2_000), ("bertrand", 2_000)].map(|(who, score)| (json!(who), json!(score)));
            Ok((places(&shop, &contest)? == expected).then_some(()))
        })?;
        let seen = phones.sees(&shop, "bertrand", "/v1/contests/spend")?;
        ensure!(seen["mine"]["place"] == 2 && seen["mine"]["ahead"]["missing"] == 1, "{seen}");
        ensure!(!seen.to_string().contains("annabel"), "it says who is first: {seen}");
        shop.kill()?;
        shop.begin()?;

        wait_for("the places to be final", || {
            Ok((get(&shop, &format!("/api/v1/contests/{contest}"))?["state"] == "settled").then_some(()))
        })?;
        let shown = shop.get("/v1/contests/spend/standings").expect(200)?.json()?;
        let names: Vec<&Value> = shown["standings"].as_array().context("no places")?.iter().map(|one| &one["name"]).collect();
        ensure!(names == ["a***l", "b***d"], "{shown}");
        shop.wait_until_sql("SELECT COUNT(*) FROM events WHERE event = 'Contest Settled'", &json!([[1]]))?;
        ensure!(shown["digest"].as_str().map(str::len) == Some(Sha256::output_size() * 2), "{shown}");
        ensure!(phones.sees(&shop, "annabel", "/v1/points")?["balance"] == 50);
        shop.kill()?;
        shop.begin()?;
        ensure!(phones.sees(&shop, "annabel", "/v1/points")?["balance"] == 50, "given twice");
        let late = phones.asks(&shop, "zoe", "late", "/v1/contests/join", &play)?;
        late.expect_problem(409, "play_over")?;
        ensure!(shop.get("/v1/contests/spend/standings").expect(200)?.json()? == shown, "it changed");
        is_sound(&shop)
    }
}
