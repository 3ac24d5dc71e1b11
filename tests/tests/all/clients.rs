//! The real clients, unmodified: what SQL shows is what they sent.

use anyhow::{Context, Result, bail, ensure};
use fanvine_tests::{Fanvine, WRITE_KEY, client_libraries, on_both_columns, python};
use serde_json::{Value, json};

use crate::messages::parsed;
use crate::other_clients::node;

/// What the program keeps as the properties of a message.
fn expected_properties(message: &Value) -> Value {
    let mut kept = match message["type"].as_str() {
        Some("identify" | "group") => message["traits"].clone(),
        _ => message["properties"].clone(),
    };
    if !kept.is_object() {
        kept = json!({});
    }
    for (field, of) in [("groupId", "group"), ("previousId", "alias"), ("name", "page"), ("name", "screen")] {
        if message["type"] == of && kept[field].is_null() {
            kept[field] = message[field].clone();
        }
    }
    kept
}

/// Milliseconds between two times as RFC 3339 in UTC, by way of SQL.
fn apart_ms(shop: &Fanvine, id: &str, time: &str) -> Result<i64> {
    let time = time.replace("+00:00", "").replace('Z', "").replace(' ', "T");
    let query = format!(
        "SELECT CAST(occurred_at AS BIGINT) - CAST(TIMESTAMP '{time}' AS BIGINT) / 1000 FROM events WHERE message_id = '{id}'"
    );
    Ok(shop.value(&query)?.as_i64().context("no difference")? / 1_000)
}

fn compare(shop: &Fanvine, sent: &str) -> Result<()> {
    let sent: Vec<Value> = serde_json::from_str(sent).with_context(|| format!("not JSON: {sent}"))?;
    ensure!(sent.len() == 7, "the client sent {} messages", sent.len());
    shop.wait_until_sql("SELECT count(*) FROM events", &json!([[7]]))?;
    for message in &sent {
        let id = message["messageId"].as_str().context("a message without an id")?;
        let rows = shop.sql(&format!(
            "SELECT kind, event, user_id, anonymous_id, properties FROM events WHERE message_id = '{id}'"
        ))?;
        let [row] = rows.as_slice() else { bail!("{} rows for {message}", rows.len()) };
        ensure!(row[0] == message["type"], "{row:?} for {message}");
        ensure!(message["type"] != "track" || row[1] == message["event"], "{row:?} for {message}");
        ensure!(row[2] == message["userId"], "{row:?} for {message}");
        ensure!(message["anonymousId"].is_null() || row[3] == message["anonymousId"], "{row:?} for {message}");
        let kept = parsed(&row[4])?;
        ensure!(kept == expected_properties(message), "{kept} for {message}");
        let apart = apart_ms(shop, id, message["timestamp"].as_str().context("no timestamp")?)?;
        ensure!(apart.abs() < 60_000, "{apart} ms apart for {message}");
    }
    let order = shop.sql("SELECT shopper_id, revenue_minor, currency, lines, units FROM orders")?;
    ensure!(order.len() == 1 && order[0][1] == 6_500 && order[0][2] == "CNY" && order[0][4] == 4, "{order:?}");
    Ok(())
}

on_both_columns! {
    fn what_segments_node_library_sends_is_what_sql_shows(column) {
        let Some(libraries) = client_libraries() else { return Ok(()) };
        let shop = Fanvine::start(&column)?;
        let sent = node(&libraries, &shop, "send.mjs", &[])?;
        shop.settle()?;
        compare(&shop, &sent)
    }

    fn what_segments_python_library_sends_is_what_sql_shows(column) {
        let Some(libraries) = client_libraries() else { return Ok(()) };
        let shop = Fanvine::start(&column)?;
        let sent = python(&libraries, "clients/send.py", &[&shop.url, WRITE_KEY])?;
        shop.settle()?;
        compare(&shop, &sent)
    }

    fn what_rudderstacks_node_library_sends_is_what_sql_shows(column) {
        let Some(libraries) = client_libraries() else { return Ok(()) };
        let shop = Fanvine::start(&column)?;
        let sent = node(&libraries, &shop, "rudder.mjs", &[])?;
        shop.settle()?;
        compare(&shop, &sent)
    }

    fn what_rudderstacks_python_library_sends_is_what_sql_shows(column) {
        let Some(libraries) = client_libraries() else { return Ok(()) };
        let shop = Fanvine::start(&column)?;
        let sent = python(&libraries, "clients/rudder.py", &[&shop.url, WRITE_KEY])?;
        shop.settle()?;
        compare(&shop, &sent)
    }
}
