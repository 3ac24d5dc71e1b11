//! Segments: who belongs together, told within seconds of the event that caused it, on time when only time passes, and
//! once, whatever happens to the program meanwhile.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::messages::{order, track};

fn ask(shop: &Fanvine, path: &str) -> Result<Value> {
    shop.get(&format!("/api/v1/segments{path}")).bearer(SERVER_KEY).expect(200)?.json()
}

fn define(shop: &Fanvine, id: &str, text: &str) -> Result<()> {
    let form = json!({ "id": id, "name": format!("Segment {id}"), "text": text });
    shop.request("POST", "/api/v1/segments").json(&form).bearer(SERVER_KEY).expect(201)?;
    wait_for(&format!("segment {id} to be counted"), || {
        Ok((ask(shop, &format!("/{id}"))?["status"] == "live").then_some(()))
    })
}

/// Everything that was announced of a segment, in the order of the log: the event and the shopper.
fn announced(shop: &Fanvine, segment: &str) -> Result<Vec<(String, String)>> {
    let query = format!(
        "SELECT event, shopper_id FROM events WHERE event IN ('Segment Entered', 'Segment Left')
         AND properties LIKE '%\"segment_id\":\"{segment}\"%' ORDER BY received_at, event, shopper_id"
    );
    let text = |cell: Option<&Value>| cell.and_then(Value::as_str).unwrap_or_default().to_owned();
    let rows = shop.sql(&query)?;
    Ok(rows.iter().map(|row| (text(row.first()), text(row.get(1)))).collect())
}

fn wait_until_announced(shop: &Fanvine, segment: &str, expected: &[(&str, &str)]) -> Result<()> {
    let expected: Vec<(String, String)> =
        expected.iter().map(|(event, who)| ((*event).to_owned(), (*who).to_owned())).collect();
    wait_for(&format!("{segment} to announce {expected:?}"), || {
        let mut found = announced(shop, segment)?;
        found.sort();
        Ok((found == expected).then_some(()))
    })
}

fn members(shop: &Fanvine, id: &str) -> Result<Vec<String>> {
    let page = ask(shop, &format!("/{id}/members"))?;
    let members = page["members"].as_array().context("no members")?;
    Ok(members.iter().map(|one| one["shopper_id"].as_str().unwrap_or_default().to_owned()).collect())
}

on_both_columns! {
    fn who_enters_and_leaves_a_segment_is_told_once_through_crashes(column) {
        let mut shop = Fanvine::start(&column)?;
        shop.send_batch(&[order("m1", "o1", "ann")])?;
        shop.settle()?;
        define(&shop, "buyers", "bought >= 1 in last 30 days")?;
        ensure!(members(&shop, "buyers")? == ["ann"], "the past counts");
        shop.send_batch(&[order("m2", "o2", "bob")])?;
        wait_until_announced(&shop, "buyers", &[("Segment Entered", "bob")])?;
        // Killed at once after the answer: what was acknowledged is told when it is back, and nothing twice.
        for (number, who) in ["eve", "joe", "kim"].into_iter().enumerate() {
            shop.send_batch(&[order(&format!("c{number}"), &format!("c{number}"), who)])?;
            shop.kill()?;
            shop.begin()?;
        }
        let all = ["bob", "eve", "joe", "kim"].map(|who| ("Segment Entered", who));
        wait_until_announced(&shop, "buyers", &all)?;
        shop.settle()?;
        wait_until_announced(&shop, "buyers", &all)?;
        ensure!(ask(&shop, "/buyers")?["people"] == 5);
        let why = ask(&shop, "/buyers/explain/bob")?;
        ensure!(why["member"] == true && why["holds"] == true && why["reason"]["observed"]["times"] == 1, "{why}");
        let seen: Value = shop.get("/api/v1/people/ann").bearer(SERVER_KEY).expect(200)?.json()?;
        let events = seen["computed"].as_array().into_iter().flatten().find(|value| value["name"] == "events");
        ensure!(events.is_some_and(|events| events["value"] == 1), "what is told of segments is nobody's doing: {seen}");
        shop.request("DELETE", "/api/v1/segments/buyers").bearer(SERVER_KEY).expect(204)?;
        shop.get("/api/v1/segments/buyers").bearer(SERVER_KEY).send()?.expect_problem(404, "not_found")?;
        Ok(())
    }

    fn time_alone_ends_a_membership_and_a_list_waits_for_whom_it_names(column) {
        let shop = Fanvine::start(&column)?;
        define(&shop, "lately", "viewed >= 1 in last 1 minute")?;
        // 54 seconds ago by the client's clock, whatever that shows.
        let mut view = track("v1", "Product Viewed", "ann", json!({ "product_id": "tea" }));
        view["timestamp"] = "2026-01-01T00:00:00Z".into();
        view["sentAt"] = "2026-01-01T00:00:54Z".into();
        shop.send("track", &view)?;
        wait_until_announced(&shop, "lately", &[("Segment Entered", "ann")])?;
        let list = json!({ "name": "Guests", "shopper_ids": ["ann", "zoe"] });
        let uploaded: Value = shop.request("PUT", "/api/v1/segments/lists/guests").json(&list).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(uploaded["unknown_ids"] == json!(["zoe"]) && uploaded["known"] == 1, "{uploaded}");
        define(&shop, "invited", "in list guests")?;
        let mut view = track("v2", "Product Viewed", "zoe", json!({ "product_id": "tea" }));
        view["timestamp"] = "2026-01-01T00:00:00Z".into();
        view["sentAt"] = "2026-01-01T00:00:50Z".into();
        shop.send("track", &view)?;
        wait_until_announced(&shop, "invited", &[("Segment Entered", "zoe")])?;
        let preview = json!({ "text": "in list guests and viewed" });
        let counted: Value = shop.request("POST", "/api/v1/segments/preview").json(&preview).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(counted["people"] == 2, "{counted}");
        wait_until_announced(&shop, "lately", &[
            ("Segment Entered", "ann"), ("Segment Entered", "zoe"), ("Segment Left", "ann"), ("Segment Left", "zoe"),
        ])?;
        let lines = shop.get("/api/v1/segments/invited/export?format=jsonl").bearer(SERVER_KEY).expect(200)?;
        ensure!(lines.text().lines().count() == 2);
        Ok(())
    }
}
