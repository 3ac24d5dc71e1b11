//! Schemathesis asks every operation of the contract what the contract allows and what it does not: nothing is answered 5xx.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Column, Fanvine, SERVER_KEY, client_libraries};
use serde_json::json;

use crate::messages::{order, track};

/// Longest run of the part that makes examples up, in seconds.
const SECONDS: &str = "90";

#[test]
fn no_operation_of_the_contract_can_be_made_to_fail() -> Result<()> {
    let Some(libraries) = client_libraries() else { return Ok(()) };
    let shop = Fanvine::start(&Column::embedded())?;
    shop.send_batch(&[track("m", "Product Viewed", "u1", json!({})), order("o", "order-1", "u1")])?;
    shop.settle()?;
    let mut schemathesis = Command::new(libraries.join("python/bin/st"));
    schemathesis.args(["run", &format!("{}/openapi.json", shop.url)]);
    schemathesis.args(["--header", &format!("Authorization: Bearer {SERVER_KEY}")]);
    // Its own key takes the place of ours otherwise, and everything is answered 401.
    schemathesis.args(["--generation-with-security-parameters", "false"]);
    schemathesis.args(["--checks", "not_a_server_error", "--phases", "coverage,fuzzing", "--max-examples", "2"]);
    schemathesis.args(["--max-time", SECONDS, "--seed", "6", "--workers", "2", "--request-timeout", "30"]);
    // A stream of events never ends; and it learns its own key's id, and revokes it.
    schemathesis.args(["--exclude-path", "/api/v1/events/live", "--exclude-path", "/api/v1/keys/{id}"]);
    schemathesis.args(["--suppress-health-check", "all", "--no-color"]);
    let folder = tempfile::tempdir()?;
    let done = schemathesis.current_dir(folder.path()).output().context("cannot run Schemathesis")?;
    let text = String::from_utf8_lossy(&done.stdout);
    let generated = text.lines().find(|line| line.contains(" generated, ")).map(str::trim);
    println!("{}", generated.unwrap_or("nothing was said of how many were tried"));
    ensure!(generated.is_some(), "Schemathesis did not run: {text}{}", String::from_utf8_lossy(&done.stderr));
    ensure!(!text.contains("Server error"), "an operation was answered 5xx:\n{text}");
    shop.get("/api/v1/shop").bearer(SERVER_KEY).expect(200).context("the key was lost on the way")?;
    ensure!(shop.get("/readyz").send()?.status == 200, "the program is not ready any more");
    Ok(())
}
