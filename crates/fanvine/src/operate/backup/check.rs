//! Whether a restored folder answers as it should: its columns are compared with its log, which is read for it from the
//! beginning, its ledger with its own history; and a server that has the original open is asked the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fanvine_kernel::event::{EventRef, KeptSince};
use fanvine_lake::SqlRequest;
use fanvine_ledger::prove;
use serde_json::{Value, json};

use super::Manifest;
use crate::operate::local::Local;
use crate::program::Program;
use crate::projections;
use crate::settings::Settings;

/// Bytes of the log read at a time.
const BATCH_BYTES: usize = 4 << 20;

/// What is asked. Each has one answer for one state of the shop.
const QUESTIONS: [(&str, &str); 6] = [
    ("events", "SELECT event, count(*), sum(revenue_minor) FROM events GROUP BY event ORDER BY event"),
    ("shoppers", "SELECT count(DISTINCT shopper_id), min(occurred_at), max(received_at) FROM events"),
    (
        "orders",
        "SELECT currency, count(*), sum(revenue_minor), sum(refunded_minor), sum(units) FROM orders GROUP BY 1 ORDER BY 1",
    ),
    ("order lines", "SELECT count(*), sum(quantity), sum(revenue_minor) FROM order_lines"),
    ("products", "SELECT count(*), sum(price_minor), max(product_id) FROM products"),
    ("persons", "SELECT count(*), count(DISTINCT person_id) FROM persons"),
];

/// What a folder answered.
#[derive(Debug, PartialEq)]
pub struct Answers {
    events: u64,
    postings: u64,
    rows: BTreeMap<&'static str, Vec<Vec<Value>>>,
}

impl fmt::Display for Answers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} questions; the columns agree with all {} events of the log, and the ledger with its {} entries",
            self.rows.len(),
            self.events,
            self.postings
        )
    }
}

/// Opens a folder, lets it catch up with its log, and asks.
pub async fn open_and_ask(data: &Path, settings: Settings) -> Result<Answers> {
    let program = Program::open(data, settings).await.context("what was restored does not open")?;
    let answers = match projections::catch_up(&program).await {
        Ok(()) => ask(&program).await,
        Err(error) => Err(error.context("what was restored cannot be taken in from its log")),
    };
    program.close().await?;
    answers
}

async fn ask(program: &Arc<Program>) -> Result<Answers> {
    let mut rows = BTreeMap::new();
    for (name, query) in QUESTIONS {
        let request = SqlRequest { query: query.into(), max_rows: 1_000_000, timeout: Duration::from_secs(3_600) };
        rows.insert(name, program.lake.sql(&request).await.with_context(|| format!("the question about {name}"))?.rows);
    }
    let log = program.log.clone();
    let kept = program.lake.kept_since();
    let told = tokio::task::spawn_blocking(move || tell(&log, &kept)).await??;
    let found = rows.get("events").context("nothing was asked about events")?;
    ensure!(*found == told.by_event, "the log tells of {:?}, the columns of {found:?}", told.by_event);
    let shoppers = rows.get("shoppers").and_then(|rows| rows.first()?.first()?.as_u64());
    ensure!(
        shoppers == Some(told.shoppers),
        "the log tells of {} shoppers, the columns of {shoppers:?}",
        told.shoppers
    );
    let proof = program.store.read(|tx| Box::pin(prove(tx))).await.context("the ledger cannot be read")?;
    if let Some(fault) = proof.faults.first() {
        bail!("the ledger does not agree with its history: {fault}");
    }
    Ok(Answers { events: told.events, postings: proof.transfers, rows })
}

/// What the log itself says of events that are kept.
struct Told {
    events: u64,
    by_event: Vec<Vec<Value>>,
    shoppers: u64,
}

fn tell(log: &fanvine_stream::Log, kept: &KeptSince) -> Result<Told> {
    let (mut by_event, mut shoppers) = (BTreeMap::<String, (u64, Option<i64>)>::new(), BTreeSet::new());
    let (mut next, mut events) = (log.start(), 0);
    while next < log.end() {
        let batch = log.read(next, BATCH_BYTES)?;
        for (offset, bytes) in batch.records() {
            let event = EventRef::decode(bytes).with_context(|| format!("offset {offset}"))?;
            if !kept.keeps(event.name, event.occurred_at) {
                continue;
            }
            let (count, revenue) = by_event.entry(event.name.to_owned()).or_default();
            *count += 1;
            if let Some(minor) = event.revenue_minor {
                *revenue = Some(revenue.unwrap_or(0).saturating_add(minor));
            }
            if let Some(shopper) = event.shopper_id() {
                shoppers.insert(fanvine_kernel::event::message_key("", shopper));
            }
            events += 1;
        }
        next = batch.next;
    }
    let by_event =
        by_event.into_iter().map(|(name, (count, revenue))| vec![json!(name), json!(count), json!(revenue)]).collect();
    Ok(Told { events, by_event, shoppers: shoppers.len() as u64 })
}

/// Asks the server that has `data` open the same, if one does and nothing came in since the backup. True if it answered the
/// same; false if it could not be compared.
///
/// # Errors
/// It answered something else.
pub async fn compare_with_server(data: &Path, manifest: &Manifest, answers: &Answers) -> Result<bool> {
    let (data, end) = (data.to_owned(), manifest.log_end);
    let asked = tokio::task::spawn_blocking(move || ask_server(&data, end)).await??;
    let Some(asked) = asked else { return Ok(false) };
    for (name, rows) in asked {
        let ours = answers.rows.get(name).with_context(|| format!("nothing was asked about {name}"))?;
        ensure!(rows == json!(ours), "the server answers {rows} about {name}, what was restored {}", json!(ours));
    }
    Ok(true)
}

/// The server's answers; none if there is no server or its log does not end at `end` before and after.
fn ask_server(data: &Path, end: u64) -> Result<Option<Vec<(&'static str, Value)>>> {
    let Some(server) = Local::find(data) else { return Ok(None) };
    let settled = || -> Result<bool> {
        let ready = server.get("/readyz")?;
        let behind = ready["behind"].as_array().into_iter().flatten();
        Ok(ready["log_end"] == end && behind.into_iter().all(|lag| lag["events"] == 0))
    };
    let mut answers = Vec::new();
    if !settled()? {
        return Ok(None);
    }
    for (name, query) in QUESTIONS {
        let mut text = String::new();
        server.post("/api/v1/sql", &json!({ "query": query }))?.read_to_string(&mut text)?;
        answers.push((name, serde_json::from_str::<Value>(&text)?["rows"].clone()));
    }
    Ok(settled()?.then_some(answers))
}
