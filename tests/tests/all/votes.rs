//! A vote with entries of shoppers through the real program: from phones and the shop's server, through crashes.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

use crate::checkout::{get, is_sound, post, put};
use crate::phones::Phones;

fn order(shop: &Fanvine) -> Result<Vec<(Value, Value)>> {
    let standings = get(shop, "/api/v1/plays/best/votes")?;
    let entries = standings["entries"].as_array().context("no entries")?;
    Ok(entries.iter().map(|one| (one["title"].clone(), one["votes"].clone())).collect())
}

on_both_columns! {
    fn votes_stand_through_crashes_and_what_is_put_up_is_looked_at_first(column) {
        let mut shop = Fanvine::start(&column)?;
        let rules = |title: &str| json!({
            "kind": "vote", "per_day": 2, "points": 3, "entries": { "per_shopper": 1 },
            "candidates": [{ "entry_id": "green", "title": title }, { "entry_id": "white", "title": "White" }],
        });
        let wrong = json!({ "name": "Best", "rules": rules("") });
        let refused = shop.request("PUT", "/api/v1/plays/best").json(&wrong).bearer(SERVER_KEY).send()?;
        refused.expect_problem(422, "invalid_play")?;
        put(&shop, "/api/v1/plays/best", &json!({ "name": "Best", "rules": rules("Green") }))?;
        post(&shop, "/api/v1/plays/best/publish", "", &json!({}))?;

        let phones = Phones::of(&shop)?;
        let form = json!({ "play_id": "best", "title": "Smoked" });
        let mine = phones.does(&shop, "ann", "e", "/v1/votes/enter", &form)?["mine"].clone();
        ensure!(mine["entries"][0]["state"] == "waiting" && mine["may_enter"] == 0, "{mine}");
        let entry = mine["entries"][0]["entry_id"].as_str().context("no entry_id")?.to_owned();
        let vote = |for_what: &str| json!({ "play_id": "best", "entry_id": for_what });
        let cast = "/v1/votes/cast";
        phones.asks(&shop, "bob", "early", cast, &vote(&entry))?.expect_problem(404, "not_found")?;
        shop.kill()?;
        shop.begin()?;
        ensure!(phones.does(&shop, "ann", "e", "/v1/votes/enter", &form)?["mine"] == mine, "put up twice");
        let decided = post(&shop, &format!("/api/v1/vote-entries/{entry}/decide"), "", &json!({ "show": true }))?;
        ensure!(decided["state"] == "shown" && decided["decided_by"].is_string(), "{decided}");

        let voted = phones.does(&shop, "bob", "1", cast, &vote(&entry))?;
        ensure!(voted["mine"]["left_today"] == 1 && !voted.to_string().contains("ann"), "it says whose it is: {voted}");
        phones.asks(&shop, "ann", "1", cast, &vote(&entry))?.expect_problem(409, "play_rule")?;
        phones.asks(&shop, "bob", "2", cast, &vote(&entry))?.expect_problem(409, "play_rule")?;
        shop.kill()?;
        shop.begin()?;
        phones.does(&shop, "bob", "1", cast, &vote(&entry))?;
        let of_server = json!({ "shopper_id": "bob", "entry_id": "green" });
        let counted = post(&shop, "/api/v1/plays/best/votes", "s", &of_server)?;
        ensure!(counted["left_today"] == 0 && counted["votes"] == 1, "{counted}");
        ensure!(post(&shop, "/api/v1/plays/best/votes", "s", &of_server)? == counted, "counted twice");
        phones.asks(&shop, "bob", "3", cast, &vote("white"))?.expect_problem(409, "play_full")?;
        let titles = |all: [(&str, i64); 3]| all.map(|(title, votes)| (json!(title), json!(votes))).to_vec();
        ensure!(order(&shop)? == titles([("Smoked", 1), ("Green", 1), ("White", 0)]), "{:?}", order(&shop)?);
        post(&shop, &format!("/api/v1/vote-entries/{entry}/decide"), "", &json!({ "show": false }))?;
        ensure!(order(&shop)?.len() == 2, "what is hidden is shown");
        ensure!(phones.sees(&shop, "bob", "/v1/points")?["balance"] == 6);
        let told = "SELECT COUNT(*) FROM events WHERE event IN ('Vote Cast', 'Entry Submitted')";
        shop.wait_until_sql(told, &json!([[3]]))?;
        is_sound(&shop)
    }
}
