//! What is on record: every operation that changes something, tried one by one, except those that stand below.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

/// They change nothing: questions too long for an address.
const QUESTIONS: &str = "ask_active ask_attribution ask_basket ask_correlation ask_forecast ask_funnel ask_metrics ask_paths \
    ask_retention ask_sessions ask_sql ask_trends check_segment_rule find_look_alikes list_behind preview_alert \
    preview_data_retention     preview_identities preview_report preview_segment_rule preview_shop_webhook \
    preview_tag quote_cart";
/// Traffic of the shop's own server; an act where somebody in the console does it.
const TRAFFIC: &str = "accept_assist activate_friend bind_shopper check_in claim_prize draw_lottery give_entries help_bargain join_group join_sharers \
    make_link make_up_check_in open_assist open_bargain open_group order_bargain pay_deposit put_order put_product receive_import \
    redeem refund_order request_withdrawal reserve_offers return_goods roll_back";
/// The guard's own, which have words of their own in the audit.
const BY_THE_GUARD: &str =
    "change_account change_password create_account create_key delete_account delete_key rotate_key sign_out";

fn excepted() -> BTreeSet<&'static str> {
    [QUESTIONS, TRAFFIC, BY_THE_GUARD].into_iter().flat_map(str::split_whitespace).collect()
}

/// Name, method and path, with its blanks filled in, of what changes something and asks for a role.
fn changing(shop: &Fanvine) -> Result<Vec<(String, &'static str, String)>> {
    let contract = shop.get("/openapi.json").expect(200)?.json()?;
    let mut found = Vec::new();
    for (path, item) in contract["paths"].as_object().context("no paths")? {
        for (method, operation) in item.as_object().context("not an object")? {
            let method = match method.as_str() {
                "post" => "POST",
                "put" => "PUT",
                "patch" => "PATCH",
                "delete" => "DELETE",
                _ => continue,
            };
            if operation["security"][0]["role"][0].is_null() {
                continue;
            }
            let parts = path.split('/').map(|part| if part.starts_with('{') { "thing_x" } else { part });
            let name = operation["operationId"].as_str().context("no name")?;
            found.push((name.to_owned(), method, parts.collect::<Vec<_>>().join("/")));
        }
    }
    Ok(found)
}

fn audit(shop: &Fanvine, question: &str) -> Result<Vec<Value>> {
    let page = shop.get(&format!("/api/v1/audit?limit=500{question}")).bearer(SERVER_KEY).expect(200)?.json()?;
    page["entries"].as_array().cloned().context("no entries")
}

on_both_columns! {
    fn whatever_changes_something_is_on_record_or_stands_in_a_list(column) {
        let shop = Fanvine::start(&column)?;
        let changing = changing(&shop)?;
        ensure!(changing.len() > 60, "the contract has only {} operations that change something", changing.len());
        for (_, method, path) in &changing {
            shop.request(method, path).bearer(SERVER_KEY).json(&json!({ "password": "Tr0ub4dor&3 in a body" })).send()?;
        }
        let entries = audit(&shop, "")?;
        let told: BTreeSet<&str> = entries.iter().filter_map(|entry| entry["action"].as_str()).collect();
        let known: BTreeSet<&str> = changing.iter().map(|(name, ..)| name.as_str()).collect();
        let silent: BTreeSet<&str> = known.difference(&told).copied().collect();
        ensure!(silent == excepted(), "not on record: {silent:?}\nexcepted: {:?}", excepted());
        ensure!(!json!(entries).to_string().contains("Tr0ub4dor"), "a body is in the audit");
        let unknown = entries.iter().find(|entry| entry["outcome"] == "unknown");
        ensure!(unknown.is_none(), "{unknown:?}");
        Ok(())
    }

    fn an_act_says_who_did_what_to_what_and_what_came_of_it(column) {
        let shop = Fanvine::start(&column)?;
        let made = shop.post("/api/v1/keys", &json!({ "name": "reader", "role": "analyst" })).bearer(SERVER_KEY).expect(201)?.json()?;
        let reader = made["secret"].as_str().context("no secret")?;
        let source = shop.post("/api/v1/sources", &json!({ "name": "App" })).bearer(SERVER_KEY).expect(201)?.json()?;
        let id = source["id"].as_str().context("no id")?;
        let path = format!("/api/v1/sources/{id}");
        shop.request("PATCH", &path).bearer(SERVER_KEY).header("X-Request-Id", "deploy-7").json(&json!({ "name": "Shop" })).expect(200)?;
        shop.request("PATCH", &path).bearer(reader).json(&json!({ "name": "Mine" })).send()?.expect_problem(403, "forbidden")?;
        let told = audit(&shop, "&action=update_source")?;
        let [refused, done] = told.as_slice() else { anyhow::bail!("{told:?}") };
        ensure!(done["subject"] == id && done["status"] == 200 && done["outcome"] == "done", "{done}");
        ensure!(done["request_id"] == "deploy-7" && done["detail"] == format!("PATCH {path}"), "{done}");
        ensure!(done["address"] == "127.0.0.1" && done["actor_id"].is_string(), "{done}");
        ensure!(refused["actor"] == "reader" && refused["status"] == 403 && refused["outcome"] == "refused", "{refused}");
        ensure!(audit(&shop, "&actor=reader")?.len() == 1);
        ensure!(audit(&shop, "&from=2100-01-01T00:00:00Z")?.is_empty());
        Ok(())
    }
}
