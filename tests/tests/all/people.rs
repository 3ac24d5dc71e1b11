//! Who the shoppers are: browsing, signing in and buying make one person, who explains herself, comes apart when an operator
//! says so, is whole again when that is taken back, and is the same after a crash.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::messages::{order, track};

fn ask(shop: &Fanvine, path: &str) -> Result<Value> {
    shop.get(path).bearer(SERVER_KEY).expect(200)?.json()
}

fn decide(shop: &Fanvine, method: &'static str, path: &str, body: &Value) -> Result<Value> {
    shop.request(method, path).json(body).bearer(SERVER_KEY).expect(200)?.json()
}

/// Looks around without a name, says who she is, and buys; another follows her. All of it now: interests fade.
fn browse_and_buy(shop: &Fanvine) -> Result<()> {
    let view = |id: &str| {
        json!({ "type": "track", "messageId": id, "event": "Product Viewed", "anonymousId": "browser-1",
            "properties": { "product_id": "tea", "category": "food", "brand": "叶", "price": 19.9, "currency": "CNY" } })
    };
    let identify = json!({ "type": "identify", "messageId": "m3", "userId": "ann", "anonymousId": "browser-1",
        "traits": { "name": "Ann", "email": "ann@example.com", "gender": "f" } });
    let follow = track("m5", "Shopper Followed", "bob", json!({ "followed_id": "ann" }));
    for message in [view("m1"), view("m2"), identify, order("m4", "o1", "ann"), follow] {
        shop.send_batch(&[message])?;
    }
    shop.settle()
}

/// What of a person does not change from one moment to the next.
fn lasting(person: &Value) -> Result<Value> {
    let list = |name: &str| person[name].as_array().with_context(|| format!("no `{name}` in {person}"));
    let computed: Vec<_> = list("computed")?
        .iter()
        .filter(|value| value["value"].is_string() || value["value"].is_array() || value["type"] == "count")
        .collect();
    let tags: Vec<_> = list("tags")?.iter().map(|tag| (&tag["tag"], &tag["term"])).collect();
    Ok(json!([person["person_id"], person["shopper_ids"], person["identifiers"], person["traits"], computed, tags]))
}

fn computed<'a>(person: &'a Value, name: &str) -> &'a Value {
    let found = person["computed"].as_array().into_iter().flatten().find(|value| value["name"] == name);
    found.map_or(&Value::Null, |value| &value["value"])
}

on_both_columns! {
    fn browsing_signing_in_and_buying_make_one_person_under_either_key(column) {
        let mut shop = Fanvine::start(&column)?;
        browse_and_buy(&shop)?;
        let ann = ask(&shop, "/api/v1/people/ann")?;
        let by_browser = ask(&shop, "/api/v1/people/browser-1")?;
        ensure!(lasting(&ann)? == lasting(&by_browser)?, "{ann}\n{by_browser}");
        ensure!(ann["shopper_ids"] == json!(["ann", "browser-1"]), "{ann}");
        ensure!(computed(&ann, "orders") == 1 && computed(&ann, "spend")[0]["minor"] == 6_500, "{ann}");
        ensure!(ann["traits"].as_array().is_some_and(|traits| traits.iter().any(|one| one["name"] == "gender" && one["holds"] == true)), "{ann}");
        let tags = ann["tags"].as_array().context("no tags")?;
        let food = tags.iter().find(|tag| tag["term"] == "food").with_context(|| format!("no interest in food: {ann}"))?;
        ensure!(food["weight"].as_f64().is_some_and(|weight| weight > 0.0 && weight < 1.0), "{food}");
        let says_why = |one: &Value| ["en", "zh"].iter().all(|language| one["why"][language].as_str().is_some_and(|why| !why.is_empty()));
        ensure!(tags.iter().chain(ann["computed"].as_array().into_iter().flatten()).all(says_why), "{ann}");

        let events = ask(&shop, "/api/v1/people/browser-1/timeline")?;
        let told: Vec<_> = events["events"].as_array().into_iter().flatten().map(|event| &event["message_id"]).collect();
        ensure!(told == ["m4", "m3", "m2", "m1"], "{events}");
        let list = ask(&shop, "/api/v1/people?search=ann@")?;
        ensure!(list["people"][0]["name"] == "Ann" && list["people"][0]["keys"] == 2, "{list}");

        // The same after a crash, whether it was saved before or is counted again.
        shop.kill()?;
        shop.begin()?;
        shop.settle()?;
        ensure!(lasting(&ask(&shop, "/api/v1/people/ann")?)? == lasting(&ann)?, "after a crash");
        ensure!(shop.stop()?.success());
        shop.begin()?;
        ensure!(lasting(&ask(&shop, "/api/v1/people/ann")?)? == lasting(&ann)?, "after an orderly stop");
        let list = ask(&shop, "/api/v1/people")?;
        ensure!(list["people"][0]["shopper_id"] == "bob", "who was here last is remembered: {list}");
        Ok(())
    }

    fn a_person_who_was_taken_apart_is_whole_again_when_that_is_taken_back(column) {
        let mut shop = Fanvine::start(&column)?;
        browse_and_buy(&shop)?;
        let whole = lasting(&ask(&shop, "/api/v1/people/ann")?)?;
        let separate = json!({ "decision": "separate", "note": "the family's tablet",
            "identifiers": [{ "kind": "user_id", "value": "ann" }, { "kind": "anonymous_id", "value": "browser-1" }] });
        let taken = decide(&shop, "POST", "/api/v1/identities/decisions", &separate)?;
        let apart = ask(&shop, "/api/v1/people/browser-1")?;
        ensure!(apart["shopper_ids"] == json!(["browser-1"]) && computed(&apart, "orders") != 1, "{apart}");
        let ann = ask(&shop, "/api/v1/people/ann")?;
        ensure!(ann["shopper_ids"] == json!(["ann"]) && computed(&ann, "orders") == 1, "{ann}");
        shop.kill()?;
        shop.begin()?;
        shop.settle()?;
        ensure!(ask(&shop, "/api/v1/people/ann")?["shopper_ids"] == json!(["ann"]), "a decision outlasts a crash");
        let id = taken["decision"]["id"].as_str().context("a decision without an id")?;
        decide(&shop, "DELETE", &format!("/api/v1/identities/decisions/{id}"), &json!({}))?;
        ensure!(lasting(&ask(&shop, "/api/v1/people/browser-1")?)? == whole, "undone");
        shop.get("/api/v1/people/nobody").bearer(SERVER_KEY).send()?.expect_problem(404, "not_found")?;
        Ok(())
    }
}
