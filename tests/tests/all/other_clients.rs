//! The clients of RudderStack, PostHog and Sensors Analytics, and those that run in a browser, unmodified: what SQL shows
//! is what they were told.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use fanvine_tests::{Fanvine, WRITE_KEY, client_libraries, on_both_columns, python};
use serde_json::{Value, json};

use crate::messages::parsed;

/// Runs a script with a client in it and returns what it prints.
pub(crate) fn node(libraries: &Path, shop: &Fanvine, script: &str, arguments: &[&str]) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(script);
    let mut node = Command::new("node");
    node.arg(path).args([&shop.url, WRITE_KEY]).args(arguments).env("FANVINE_CLIENTS", libraries);
    let done = node.output()?;
    if !done.status.success() || !done.stderr.is_empty() && done.stdout.is_empty() {
        bail!("{script} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(String::from_utf8(done.stdout)?)
}

/// Whether everything in `part` is so in `whole`.
fn holds(whole: &Value, part: &Value) -> bool {
    match part {
        Value::Object(entries) => {
            entries.iter().all(|(key, value)| whole.get(key).is_some_and(|own| holds(own, value)))
        }
        part => whole == part,
    }
}

/// What must be kept is kept, once, and nothing else is.
fn kept(shop: &Fanvine, told: &str) -> Result<()> {
    let told: Vec<Value> = serde_json::from_str(told).with_context(|| format!("not JSON: {told}"))?;
    shop.wait_until_sql("SELECT count(*) FROM events", &json!([[told.len()]]))?;
    let rows = shop.sql(
        "SELECT kind, event, user_id, anonymous_id, properties, \
         CAST(occurred_at AS VARCHAR), occurred_at > now() - INTERVAL '1 hour' FROM events",
    )?;
    let mut left: Vec<Vec<Value>> = rows;
    for wanted in &told {
        let at = left.iter().position(|row| {
            let who = |place: usize, name: &str| wanted.get(name).is_none_or(|id| row[place] == *id);
            let properties = parsed(&row[4]).unwrap_or_default();
            row[0] == wanted["kind"]
                && row[1] == wanted["event"]
                && who(2, "user")
                && who(3, "anonymous")
                && holds(&properties, &wanted["has"])
        });
        let row = at.map(|at| left.remove(at)).with_context(|| format!("{wanted} is not among {left:?}"))?;
        match wanted["at"].as_str() {
            None => ensure!(row[6] == true, "{row:?} did not happen just now"),
            Some(at) => {
                let kept = row[5].as_str().unwrap_or_default().replace(' ', "T");
                // To the minute: the client's clock is mended by how long the way took.
                ensure!(at.get(..17).is_some_and(|minute| kept.starts_with(minute)), "{row:?} for {wanted}");
            }
        }
    }
    let order = shop.sql("SELECT revenue_minor, currency, units FROM orders")?;
    ensure!(order == [[json!(6_500), json!("CNY"), json!(4)]], "{order:?}");
    let refused = shop.get("/api/v1/quarantine").bearer(fanvine_tests::SERVER_KEY).expect(200)?.json()?;
    ensure!(refused["total"] == 0, "{refused}");
    Ok(())
}

/// Runs a script in the browser's or the server's Node and looks at what is kept.
fn story_of(column: &fanvine_tests::Column, script: &str, arguments: &[&str]) -> Result<()> {
    let Some(libraries) = client_libraries() else { return Ok(()) };
    let shop = Fanvine::start(column)?;
    let told = match script.ends_with(".py") {
        true => python(&libraries, &format!("clients/{script}"), &[&shop.url, WRITE_KEY])?,
        false => node(&libraries, &shop, script, arguments)?,
    };
    shop.settle()?;
    kept(&shop, &told)
}

on_both_columns! {
    fn what_posthogs_node_library_was_told_is_what_sql_shows(column) {
        story_of(&column, "posthog.mjs", &[])
    }

    fn what_posthogs_python_library_was_told_is_what_sql_shows(column) {
        story_of(&column, "posthog_client.py", &[])
    }

    fn what_the_node_library_of_sensors_analytics_was_told_is_what_sql_shows(column) {
        story_of(&column, "sensors.mjs", &[])
    }

    fn what_the_python_library_of_sensors_analytics_was_told_is_what_sql_shows(column) {
        story_of(&column, "sensors_client.py", &[])
    }
}

#[test]
fn segments_browser_library_was_told_in_chromium_what_sql_shows() -> Result<()> {
    story_of(&fanvine_tests::Column::embedded(), "browsers.mjs", &["segment"])
}

#[test]
fn rudderstacks_browser_library_was_told_in_chromium_what_sql_shows() -> Result<()> {
    story_of(&fanvine_tests::Column::embedded(), "browsers.mjs", &["rudder"])
}

#[test]
fn the_browser_library_of_sensors_analytics_was_told_in_chromium_what_sql_shows() -> Result<()> {
    story_of(&fanvine_tests::Column::embedded(), "browsers.mjs", &["sensors"])
}
