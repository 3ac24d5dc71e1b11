//! The rows of data retention.

use std::sync::Arc;

use fanvine_kernel::Timestamp;
use fanvine_kernel::event::KeptSince;
use fanvine_store::{Row, StoreError, Tx, args};

use super::{EventAge, Rules, Run};

/// Who set rules, and when.
pub(super) type SetBy = Option<(Timestamp, String)>;

/// The rules in force, and who set them.
pub(super) async fn rules(tx: &mut Tx) -> Result<(Rules, SetBy), StoreError> {
    let rows = tx.rows("SELECT event, days, set_at, set_by FROM data_retention ORDER BY event", args![]).await?;
    let (mut rules, mut set) = (Rules::default(), None);
    for row in &rows {
        let event: String = row.get("event")?;
        let days: Option<i64> = row.get("days")?;
        let days = days.and_then(|days| u32::try_from(days).ok());
        set = Some((row.get("set_at")?, row.get("set_by")?));
        match event.is_empty() {
            true => rules.others_days = days,
            false => rules.events.push(EventAge { event, days }),
        }
    }
    Ok((rules, set))
}

/// Puts rules in the place of those before.
pub(super) async fn put(tx: &mut Tx, rules: &Rules, at: Timestamp, by: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM data_retention", args![]).await?;
    let others = ("", rules.others_days);
    for (event, days) in rules.events.iter().map(|one| (one.event.as_str(), one.days)).chain([others]) {
        tx.execute(
            "INSERT INTO data_retention (event, days, set_at, set_by) VALUES ($1, $2, $3, $4)",
            args![event, days.map(i64::from), at, by],
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn begin(tx: &mut Tx, at: Timestamp, kept: String) -> Result<i64, StoreError> {
    let query = "INSERT INTO data_retention_runs (begun_at, kept) VALUES ($1, $2) RETURNING run_id";
    let row = tx.one(query, args![at, kept]).await?;
    row.ok_or_else(|| StoreError::NoColumn { column: "run_id".to_owned() })?.get("run_id")
}

pub(super) async fn end(tx: &mut Tx, run: i64, at: Timestamp, outcome: Result<u64, String>) -> Result<(), StoreError> {
    let (events, error) = match outcome {
        Ok(events) => (Some(i64::try_from(events).unwrap_or(i64::MAX)), None),
        Err(error) => (None, Some(error)),
    };
    tx.execute(
        "UPDATE data_retention_runs SET ended_at = $1, events = $2, error = $3 WHERE run_id = $4",
        args![at, events, error, run],
    )
    .await?;
    Ok(())
}

/// Since when events are kept by the last run that ended well.
pub(super) async fn last_done(tx: &mut Tx) -> Result<Option<KeptSince>, StoreError> {
    let query = "SELECT kept FROM data_retention_runs WHERE ended_at IS NOT NULL AND error IS NULL
                 ORDER BY run_id DESC LIMIT 1";
    let Some(row) = tx.one(query, args![]).await? else { return Ok(None) };
    let text: String = row.get("kept")?;
    serde_json::from_str(&text).map(Some).map_err(|cause| StoreError::Column {
        column: "kept".to_owned(),
        wanted: "since when events are kept",
        source: Arc::new(cause),
    })
}

pub(super) fn as_text(kept: &KeptSince) -> Result<String, StoreError> {
    serde_json::to_string(kept).map_err(|cause| StoreError::Column {
        column: "kept".to_owned(),
        wanted: "JSON",
        source: Arc::new(cause),
    })
}

/// The latest runs, newest first.
pub(super) async fn runs(tx: &mut Tx, limit: i64) -> Result<Vec<Run>, StoreError> {
    let query = "SELECT begun_at, ended_at, events, error FROM data_retention_runs ORDER BY run_id DESC LIMIT $1";
    tx.rows(query, args![limit]).await?.iter().map(run).collect()
}

fn run(row: &Row) -> Result<Run, StoreError> {
    Ok(Run {
        begun_at: row.get("begun_at")?,
        ended_at: row.get("ended_at")?,
        events: row.get("events")?,
        error: row.get("error")?,
    })
}
