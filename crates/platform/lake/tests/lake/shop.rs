//! A small shop to fill lakes with.

use std::path::Path;
use std::time::Duration;

use fanvine_kernel::event::Json;
use fanvine_kernel::{Event, EventKind, Timestamp};
use fanvine_lake::{Lake, LakeOptions, SqlAnswer, SqlError, SqlRequest};
use serde_json::Value;

/// 2026-03-01T00:00:00Z.
pub const MARCH: i64 = 1_772_323_200;

/// An event of a shopper (none for a guest), some seconds after [`MARCH`].
pub fn event(id: &str, name: &str, shopper: Option<&str>, at_s: i64) -> Event {
    Event {
        message_id: id.to_owned(),
        kind: EventKind::Track,
        name: name.to_owned(),
        source: "src_1".parse().unwrap(),
        user_id: shopper.map(str::to_owned),
        anonymous_id: None,
        occurred_at: Timestamp::from_seconds(MARCH + at_s),
        received_at: Timestamp::from_seconds(MARCH + at_s + 1),
        session_id: None,
        product_id: None,
        order_id: None,
        quantity: Some(1),
        revenue_minor: None,
        currency: None,
        channel: None,
        campaign: None,
        referrer: None,
        properties: None,
        context: None,
    }
}

pub fn json(text: &str) -> Option<Json> {
    Some(Json::parse(text).unwrap())
}

/// Numbers events from `first`.
pub fn numbered(first: u64, events: Vec<Event>) -> Vec<(u64, Event)> {
    (first..).zip(events).collect()
}

pub fn options(root: &Path) -> LakeOptions {
    let mut options = LakeOptions::new(root);
    options.buckets = 4;
    options.query_partitions = 2;
    options
}

pub async fn open(root: &Path) -> Lake {
    Lake::open(options(root)).await.unwrap()
}

/// Gives the lake these events as the next of the log.
pub fn give(lake: &Lake, events: Vec<Event>) {
    let first = lake.next_offset();
    let next = first + events.len() as u64;
    lake.ingest(first, &numbered(first, events), next).unwrap();
}

pub fn request(query: &str) -> SqlRequest {
    SqlRequest { query: query.to_owned(), max_rows: 100_000, timeout: Duration::from_secs(120) }
}

pub async fn try_ask(lake: &Lake, query: &str) -> Result<SqlAnswer, SqlError> {
    lake.sql(&request(query)).await
}

pub async fn ask(lake: &Lake, query: &str) -> Vec<Vec<Value>> {
    match try_ask(lake, query).await {
        Ok(answer) => answer.rows,
        Err(error) => panic!("{query}: {error}"),
    }
}

/// The one value of a query's one row.
pub async fn one(lake: &Lake, query: &str) -> Value {
    let mut rows = ask(lake, query).await;
    assert_eq!((rows.len(), rows[0].len()), (1, 1), "{query}: {rows:?}");
    rows.remove(0).remove(0)
}

pub fn files_in(root: &Path, folder: &str) -> usize {
    std::fs::read_dir(root.join(folder)).unwrap().count()
}
