//! Events that are older than they are kept: they go, from the columns and from the log, and do not come back.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, WRITE_KEY, on_both_columns, wait_for, words};
use serde_json::{Value, json};

use crate::messages::{track, track_at};

const ADDRESS: &str = "/api/v1/data-retention";
const COUNTS: &str = "SELECT event, count(*), count(DISTINCT message_id) FROM events GROUP BY 1 ORDER BY 1";

/// Of each of three events so many of 2015, of 2024 and of now.
fn fill(shop: &Fanvine, each: usize) -> Result<()> {
    for event in ["Product Viewed", "Cart Viewed", "Order Completed"] {
        for (year, at) in
            [("2015", Some("2015-03-01T10:00:00Z")), ("2024", Some("2024-03-01T10:00:00Z")), ("now", None)]
        {
            let messages: Vec<Value> = (0..each)
                .map(|n| {
                    let (id, shopper) = (format!("{event}-{year}-{n}"), format!("u{}", n % 50));
                    let properties = json!({ "order_id": id });
                    match at {
                        Some(at) => track_at(&id, event, &shopper, at, properties),
                        None => track(&id, event, &shopper, properties),
                    }
                })
                .collect();
            for batch in messages.chunks(1_000) {
                shop.send_batch(batch)?;
            }
        }
    }
    shop.settle()
}

/// Views are kept for thirty days, orders for ever, all else since some day of before 2024.
fn rules() -> Value {
    let events = json!([{ "event": "Order Completed", "days": null }, { "event": "Product Viewed", "days": 30 }]);
    json!({ "events": events, "others_days": 3_000 })
}

fn put(shop: &Fanvine, rules: &Value) -> Result<Value> {
    shop.request("PUT", ADDRESS).json(rules).bearer(SERVER_KEY).expect(200)?.json()
}

/// Whether these bytes stand anywhere in the event log on disk.
fn log_holds(shop: &Fanvine, text: &str) -> Result<bool> {
    for file in std::fs::read_dir(shop.data().join("log/segments"))? {
        let bytes = std::fs::read(file?.path())?;
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn wait_until_forgotten(shop: &Fanvine) -> Result<Value> {
    wait_for("old events to be forgotten", || {
        let shown = shop.get(ADDRESS).bearer(SERVER_KEY).expect(200)?.json()?;
        Ok((shown["pending"] == false).then_some(shown))
    })
}

fn left(each: usize) -> Value {
    json!([
        ["Cart Viewed", 2 * each, 2 * each],
        ["Order Completed", 3 * each, 3 * each],
        ["Product Viewed", each, each]
    ])
}

on_both_columns! {
    fn what_is_too_old_goes_from_columns_and_log_and_does_not_come_back(column) {
        let mut shop = Fanvine::start(&column)?;
        fill(&shop, 40)?;
        // Texts that nothing is like stand in the log as they are.
        let (gone, kept) = ("Zq7XvKp2LmN9", "Wb4RtYd8HsJ3");
        let about = |id: &str, event: &str, text: &str| track_at(id, event, "u1", "2015-03-01T10:00:00Z", json!({ "note": text }));
        shop.send_batch(&[about("gone", "Product Viewed", gone), about("kept", "Order Completed", kept)])?;
        shop.settle()?;
        ensure!(log_holds(&shop, gone)? && log_holds(&shop, kept)?, "the log does not hold what was sent");
        let preview = shop.post(&format!("{ADDRESS}/preview"), &rules()).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!((&preview["total"], &preview["forgotten"]) == (&json!(362), &json!(121)), "{preview}");
        let carts = &preview["events"][0];
        ensure!(carts["event"] == "Cart Viewed" && carts["forgotten"] == 40, "{carts}");
        ensure!(carts["first_at"] == "2015-03-01T10:00:00Z", "{carts}");
        ensure!(json!(shop.sql(COUNTS)?)[0][1] == 120, "a preview changes nothing");

        let before = put(&shop, &rules())?;
        ensure!(before["rules"]["others_days"] == 3_000 && before["set_by"].is_string(), "{before}");
        let shown = wait_until_forgotten(&shop)?;
        ensure!(shown["runs"][0]["events"] == 121 && shown["runs"][0]["error"].is_null(), "{shown}");
        ensure!(!log_holds(&shop, gone)? && log_holds(&shop, kept)?, "the log holds what was forgotten");
        ensure!(json!(shop.sql(COUNTS)?)[2] == left(40)[2], "{:?}", shop.sql(COUNTS)?);

        // Who asks further back is told what is missing.
        let period = json!({ "from": "2015-01-01", "to": "2015-12-31" });
        let steps = json!([{ "events": ["Product Viewed"] }, { "events": ["Order Completed"] }]);
        let funnel = json!({ "steps": steps, "within_s": 3_600, "from": period["from"], "to": period["to"] });
        let answer = shop.post("/api/v1/insights/funnel", &funnel).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(answer["missing"].as_array().is_some_and(|missing| missing.len() == 1), "{answer}");
        ensure!(answer["missing"][0]["event"] == "Product Viewed" && answer["missing"][0]["kept_since"].is_string(), "{answer}");

        // What is too old when it comes is refused, said so, and kept nowhere.
        let old = track_at("late", "Product Viewed", "u1", "2015-03-01T10:00:00Z", json!({}));
        let new = track("fresh", "Product Viewed", "u1", json!({}));
        let reply = shop.post("/v1/batch?verbose=1", &json!({ "batch": [old.clone(), new] })).write_key(WRITE_KEY);
        let results = reply.expect(200)?.json()?["results"].clone();
        ensure!(results[0]["status"] == "rejected" && results[1]["status"] == "stored", "{results}");
        let reason = results[0]["reason"].as_str().context("no reason")?;
        ensure!(reason.starts_with("`Product Viewed` occurred at 2015-03-01T10:00:00Z; events of this name are kept since"), "{reason}");
        shop.post("/v1/track", &old).write_key(WRITE_KEY).send()?.expect_problem(400, "invalid_event")?;
        let held = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(held["items"] == json!([]), "{held}");

        // A backup agrees with its log, and the log alone makes the same columns.
        shop.settle()?;
        let folder = tempfile::tempdir()?;
        if column.store().is_none() {
            let backup = words(&[&"backup", &folder.path().join("backups"), &"--verify"]);
            let outcome = shop.run().tool(shop.data(), &backup)?.expect_success()?;
            ensure!(outcome.text.contains("verified"), "{}", outcome.text);
        }
        let answer = shop.sql(COUNTS)?;
        shop.stop()?;
        std::fs::remove_dir_all(shop.data().join("lake"))?;
        shop.begin()?;
        shop.settle()?;
        ensure!(shop.sql(COUNTS)? == answer, "{:?}", shop.sql(COUNTS)?);
        wait_for("the rules to be in force again", || {
            let reply = shop.post("/v1/track", &old).write_key(WRITE_KEY).send()?;
            Ok((reply.status == 400).then_some(()))
        })
    }

    fn whoever_may_not_is_refused_and_ages_that_are_none_are_named(column) {
        let shop = Fanvine::start(&column)?;
        shop.request("PUT", ADDRESS).json(&rules()).send()?.expect_problem(401, "sign_in_required")?;
        let wrong = |body: Value| shop.request("PUT", ADDRESS).json(&body).bearer(SERVER_KEY).send()?.expect_problem(400, "invalid_body");
        let problem = wrong(json!({ "events": [{ "event": "Cart Viewed", "days": 0 }] }))?;
        ensure!(problem["detail"] == "0 days for `Cart Viewed`; it must be 1 to 36500", "{problem}");
        wrong(json!({ "others_days": 36_501 }))?;
        wrong(json!({ "events": [{ "event": "a", "days": 1 }, { "event": "a", "days": 2 }] }))?;
        wrong(json!({ "other_days": 3 }))?;
        let shown = shop.get(ADDRESS).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(shown["set_at"].is_null() && shown["pending"] == false && shown["runs"] == json!([]), "{shown}");
        Ok(())
    }

    fn however_often_it_is_killed_meanwhile_it_forgets_that_and_nothing_else(column) {
        let mut shop = Fanvine::start(&column)?;
        fill(&shop, 4_000)?;
        put(&shop, &rules())?;
        for begun in 1..=6 {
            // Each start begins it again, unless it was done.
            wait_for("it to be begun", || {
                let shown = shop.get(ADDRESS).bearer(SERVER_KEY).expect(200)?.json()?;
                let runs = shown["runs"].as_array().map_or(0, Vec::len);
                Ok((runs >= begun || shown["pending"] == false).then_some(()))
            })?;
            shop.kill()?;
            shop.begin()?;
        }
        wait_until_forgotten(&shop)?;
        shop.settle()?;
        ensure!(json!(shop.sql(COUNTS)?) == left(4_000), "{:?}", shop.sql(COUNTS)?);
        shop.stop()?;
        std::fs::remove_dir_all(shop.data().join("lake"))?;
        shop.begin()?;
        shop.settle()?;
        ensure!(json!(shop.sql(COUNTS)?) == left(4_000), "{:?}", shop.sql(COUNTS)?);
        Ok(())
    }
}
