//! Every address of the contract is guarded by a role, which `access` tries one by one, or stands in the list below with the
//! test of what guards it instead. An address that is in neither fails here.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Column, Fanvine, SERVER_KEY};
use serde_json::{Value, json};

/// Public because it is how somebody comes to be recognised, because it says nothing of the shop, or because it is what a page
/// shows whoever opens it: what is published, and nothing of who takes part.
const OPEN: &[&str] = &[
    "POST /api/v1/session",
    "GET /healthz",
    "GET /readyz",
    "POST /flags/",
    "POST /decide/",
    "GET /v1/plays/{play_id}",
    "GET /v1/groups/{group_id}",
    "GET /v1/bargains/{bargain_id}",
    "GET /v1/assists/{assist_id}",
    "GET /v1/lotteries/{lottery_id}",
    "GET /v1/sharers/{play_id}",
    "GET /v1/votes/{play_id}",
    "GET /v1/quizzes/{play_id}",
    "GET /v1/contests/{play_id}",
    "GET /v1/contests/{play_id}/standings",
    "GET /v1/coupons/centre",
];

/// Guarded by a write key: refused without one and with a wrong one.
const BY_WRITE_KEY: &[&str] = &[
    "POST /v1/{call}",
    "POST /batch/",
    "POST /beacon/v1/batch",
    "POST /capture/",
    "POST /e/",
    "POST /i/v0/e/",
    "GET /debug",
    "POST /debug",
    "GET /sa",
    "POST /sa",
    "GET /sa.gif",
    "POST /sa.gif",
    "GET /sourceConfig",
    "GET /sourceConfig/",
    "GET /v1/projects/{key}/settings",
];

/// Guarded by a token or a signature of the shop's own server, or the token of a shared link.
const BY_TOKEN: &[&str] = &[
    "GET /v1/profile",
    "GET /v1/coupons",
    "POST /v1/coupons/claim",
    "GET /v1/level",
    "GET /v1/points",
    "POST /v1/reminders/add",
    "POST /v1/groups/open",
    "POST /v1/groups/join",
    "POST /v1/bargains/open",
    "POST /v1/bargains/help",
    "POST /v1/bargains/order",
    "POST /v1/assists/open",
    "POST /v1/assists/accept",
    "POST /v1/lotteries/draw",
    "GET /v1/check-ins/{play_id}",
    "POST /v1/check-ins/today",
    "GET /v1/tasks/{play_id}",
    "POST /v1/tasks/join",
    "POST /v1/quizzes/begin",
    "POST /v1/quizzes/answer",
    "POST /v1/sharers/join",
    "POST /v1/sharers/bind",
    "POST /v1/sharers/withdraw",
    "POST /v1/votes/cast",
    "POST /v1/votes/enter",
    "POST /v1/contests/join",
    "POST /v1/contests/leave",
    "GET /api/v1/shared-dashboard",
    "GET /api/v1/shared-dashboard/insights/{id}/answer",
    "POST /webhooks/{key}",
];

fn operations(shop: &Fanvine) -> Result<Vec<(String, Value)>> {
    let contract = shop.get("/openapi.json").expect(200)?.json()?;
    let paths = contract["paths"].as_object().context("no paths")?;
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation.clone()))
    });
    Ok(operations.collect())
}

/// The body each protocol needs before it looks at the key.
fn body_of(operation: &str, key: &str) -> String {
    let event = json!({ "type": "track", "event": "x", "userId": "u", "distinct_id": "u", "messageId": "m" });
    match operation {
        "POST /v1/{call}" => json!({ "writeKey": key, "type": "track", "event": "x", "userId": "u" }).to_string(),
        "POST /batch/" | "POST /capture/" | "POST /e/" | "POST /i/v0/e/" => {
            json!({ "api_key": key, "batch": [event] }).to_string()
        }
        "POST /beacon/v1/batch" => json!({ "batch": [event] }).to_string(),
        _ => String::new(),
    }
}

#[test]
fn no_address_is_without_a_test_of_who_may_ask() -> Result<()> {
    let shop = Fanvine::start(&Column::embedded())?;
    let tested: BTreeSet<&str> = OPEN.iter().chain(BY_WRITE_KEY).chain(BY_TOKEN).copied().collect();
    let operations = operations(&shop)?;
    let public = |operation: &Value| operation["security"][0]["role"][0].is_null();
    let untested: Vec<&str> = operations
        .iter()
        .filter(|(name, operation)| {
            public(operation) && !name.starts_with("OPTIONS ") && !tested.contains(name.as_str())
        })
        .map(|(name, _)| name.as_str())
        .collect();
    ensure!(untested.is_empty(), "these addresses ask for no role, and no test says who may ask: {untested:?}");
    let known: BTreeSet<&str> = operations.iter().map(|(name, _)| name.as_str()).collect();
    let gone: Vec<_> = tested.difference(&known).collect();
    ensure!(gone.is_empty(), "these are tested and are no address any more: {gone:?}");
    Ok(())
}

#[test]
fn what_takes_events_takes_none_without_a_key_or_with_a_wrong_one() -> Result<()> {
    let shop = Fanvine::start(&Column::embedded())?;
    for operation in BY_WRITE_KEY {
        for key in ["", "fvw_nobody"] {
            let (method, path) = operation.split_once(' ').context("a method and a path")?;
            let method = if method == "GET" { "GET" } else { "POST" };
            let path = path.replace("{call}", "track").replace("{key}", if key.is_empty() { "x" } else { key });
            let data = "eyJ0eXBlIjoidHJhY2siLCJldmVudCI6IngiLCJkaXN0aW5jdF9pZCI6InUifQ==".replace('=', "%3D");
            let path = format!("{path}?writeKey={key}&token={key}&data={data}");
            let mut request = shop.request(method, &path);
            if method == "POST" {
                let body = body_of(operation, key);
                let body = if body.is_empty() { format!("data={data}") } else { body };
                request = request.header("Content-Type", "text/plain").bytes(body);
            }
            let reply = request.send()?;
            ensure!(
                reply.status == 401,
                "{operation} with the key `{key}` was answered {}: {}",
                reply.status,
                reply.text()
            );
            reply.expect_problem(401, "invalid_write_key")?;
        }
    }
    shop.settle()?;
    ensure!(shop.value("SELECT count(*) FROM events")? == 0);
    let quarantine = shop.get("/api/v1/quarantine").bearer(SERVER_KEY).expect(200)?.json()?;
    ensure!(quarantine["total"] == 0, "{quarantine}");
    Ok(())
}

#[test]
fn what_a_shoppers_page_may_ask_is_refused_without_a_token() -> Result<()> {
    let shop = Fanvine::start(&Column::embedded())?;
    for operation in BY_TOKEN {
        let (method, path) = operation.split_once(' ').context("a method and a path")?;
        let path = path.replace("{id}", "x").replace("{key}", "fvw_nobody");
        for token in ["", "nobody.nothing"] {
            let mut request = shop.request(if method == "GET" { "GET" } else { "POST" }, &path);
            if method == "POST" {
                request = request.json(&json!({ "codes": "x" }));
            }
            if !token.is_empty() {
                request = request.bearer(token);
            }
            let reply = request.send()?;
            let refused = matches!(reply.status, 400 | 401 | 403 | 404);
            ensure!(refused, "{operation} with the token `{token}` was answered {}: {}", reply.status, reply.text());
        }
    }
    Ok(())
}
