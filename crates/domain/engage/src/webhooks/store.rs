//! The rows of webhooks and of their deliveries.

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::filter::Filters;
use super::list_deliveries::{Delivery, DeliveryState, LastAttempt};
use super::{Counts, Paused, PausedWhy, Webhook};

/// Old deliveries removed with one statement.
const REMOVED_AT_ONCE: u32 = 5_000;

const COLUMNS: &str = "id, webhook_id, message_id, event, body, state, due_at, attempts, made_at, tried_at, status, error, \
                       took_ms";

/// A delivery that is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub id: i64,
    pub message_id: String,
    pub body: String,
    pub attempts: i64,
}

/// What came of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub state: DeliveryState,
    /// When it is sent again, if it waits.
    pub due_at: Timestamp,
    pub attempts: i64,
    pub tried_at: Timestamp,
    pub status: Option<i64>,
    pub error: Option<String>,
    pub took_ms: i64,
}

fn webhook(row: &Row) -> Result<Webhook, StoreError> {
    let webhook_id: String = row.get("webhook_id")?;
    let events: String = row.get("events")?;
    // Nothing but this program writes them.
    let events = serde_json::from_str(&events).unwrap_or_else(|error| {
        tracing::error!(webhook_id, %error, "the events of a webhook cannot be read back");
        Vec::new()
    });
    let before: Option<String> = row.get("secret_before")?;
    let until: Option<Timestamp> = row.get("secret_before_until")?;
    let paused_at: Option<Timestamp> = row.get("paused_at")?;
    let why: Option<String> = row.get("paused_why")?;
    let why = if why.as_deref() == Some("gone") { PausedWhy::Gone } else { PausedWhy::Asked };
    Ok(Webhook {
        webhook_id,
        url: row.get("url")?,
        description: row.get("description")?,
        filters: Filters::of_stored(events),
        clients_too: row.get::<i64>("clients_too")? != 0,
        secret: row.get("secret")?,
        before: before.zip(until),
        paused: paused_at.map(|at| Paused { at, why }),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// Every subscription, in the order they were made.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Webhook>, StoreError> {
    let rows = tx.rows("SELECT * FROM webhooks ORDER BY webhook_id", args![]).await?;
    rows.iter().map(webhook).collect()
}

/// Saves a subscription, new or changed.
pub(crate) async fn save(tx: &mut Tx, one: &Webhook) -> Result<(), StoreError> {
    const UPSERT: &str =
        "INSERT INTO webhooks (webhook_id, url, description, events, clients_too, secret, secret_before,
        secret_before_until, paused_at, paused_why, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (webhook_id) DO UPDATE SET url = excluded.url, description = excluded.description,
        events = excluded.events, clients_too = excluded.clients_too, secret = excluded.secret,
        secret_before = excluded.secret_before, secret_before_until = excluded.secret_before_until,
        paused_at = excluded.paused_at, paused_why = excluded.paused_why, updated_at = excluded.updated_at";
    // Plain texts: writing them as JSON cannot fail.
    let events = serde_json::to_string(one.filters.texts()).unwrap_or_default();
    let (before, until) = one.before.clone().unzip();
    let why = one.paused.as_ref().map(|paused| match paused.why {
        PausedWhy::Asked => "asked",
        PausedWhy::Gone => "gone",
    });
    let values = args![
        &one.webhook_id,
        &one.url,
        &one.description,
        events,
        one.clients_too,
        &one.secret,
        before,
        until,
        one.paused.as_ref().map(|paused| paused.at),
        why,
        one.created_at,
        one.updated_at
    ];
    tx.execute(UPSERT, values).await?;
    Ok(())
}

/// Pauses a subscription whose receiver is gone, unless it is paused or deleted by now.
pub(crate) async fn pause_gone(tx: &mut Tx, webhook_id: &str, now: Timestamp) -> Result<(), StoreError> {
    const UPDATE: &str =
        "UPDATE webhooks SET paused_at = $1, paused_why = 'gone' WHERE webhook_id = $2 AND paused_at IS NULL";
    tx.execute(UPDATE, args![now, webhook_id]).await?;
    Ok(())
}

/// Deletes a subscription and all that waits for it.
pub(crate) async fn delete(tx: &mut Tx, webhook_id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM webhooks WHERE webhook_id = $1", args![webhook_id]).await?;
    tx.execute("DELETE FROM webhook_deliveries WHERE webhook_id = $1", args![webhook_id]).await?;
    Ok(())
}

/// Adds deliveries: webhook, message, event, body, state, when it is due, attempts, when it was made.
pub(crate) async fn add(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO webhook_deliveries
        (webhook_id, message_id, event, body, state, due_at, attempts, made_at) VALUES";
    if !rows.is_empty() {
        tx.insert_many(INSERT, rows, "").await?;
    }
    Ok(())
}

/// How many deliveries a subscription has.
pub(crate) async fn counts(tx: &mut Tx, webhook_id: &str) -> Result<Counts, StoreError> {
    const SELECT: &str = "SELECT state, COUNT(*) AS many FROM webhook_deliveries WHERE webhook_id = $1 GROUP BY state";
    let mut counts = Counts::default();
    for row in tx.rows(SELECT, args![webhook_id]).await? {
        let many: i64 = row.get("many")?;
        match DeliveryState::of_code(row.get("state")?) {
            DeliveryState::Waiting => counts.waiting = many,
            DeliveryState::Delivered => counts.delivered = many,
            DeliveryState::Dead => counts.dead = many,
        }
    }
    Ok(counts)
}

/// What is due for a subscription, the longest due first.
pub(crate) async fn due(tx: &mut Tx, webhook_id: &str, now: Timestamp, most: u32) -> Result<Vec<Due>, StoreError> {
    const SELECT: &str = "SELECT id, message_id, body, attempts FROM webhook_deliveries
        WHERE webhook_id = $1 AND state = 0 AND due_at <= $2 ORDER BY due_at, id LIMIT $3";
    let rows = tx.rows(SELECT, args![webhook_id, now, most]).await?;
    let read = |row: &Row| {
        let (message_id, body) = (row.get("message_id")?, row.get("body")?);
        Ok(Due { id: row.get("id")?, message_id, body, attempts: row.get("attempts")? })
    };
    rows.iter().map(read).collect()
}

/// Keeps what came of an attempt.
pub(crate) async fn record(tx: &mut Tx, id: i64, outcome: &Outcome) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE webhook_deliveries SET state = $1, due_at = $2, attempts = $3, tried_at = $4,
        status = $5, error = $6, took_ms = $7 WHERE id = $8";
    let one = outcome.clone();
    let values =
        args![one.state.code(), one.due_at, one.attempts, one.tried_at, one.status, one.error, one.took_ms, id];
    tx.execute(UPDATE, values).await?;
    Ok(())
}

/// Deliveries of a subscription, the newest first, behind number `before`.
pub(crate) async fn deliveries(
    tx: &mut Tx,
    webhook_id: &str,
    state: Option<DeliveryState>,
    before: i64,
    most: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let state = state.map_or(String::new(), |state| format!(" AND state = {}", state.code()));
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries WHERE webhook_id = $1 AND id < $2{state} ORDER BY id DESC LIMIT $3"
    );
    let rows = tx.rows(sql, args![webhook_id, before, most]).await?;
    rows.iter().map(delivery).collect()
}

/// One delivery of a subscription.
pub(crate) async fn one(tx: &mut Tx, webhook_id: &str, id: i64) -> Result<Option<Delivery>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_deliveries WHERE webhook_id = $1 AND id = $2");
    let row = tx.one(sql, args![webhook_id, id]).await?;
    row.as_ref().map(delivery).transpose()
}

fn delivery(row: &Row) -> Result<Delivery, StoreError> {
    let state = DeliveryState::of_code(row.get("state")?);
    let tried_at: Option<Timestamp> = row.get("tried_at")?;
    let last = match tried_at {
        None => None,
        Some(at) => {
            let (status, error, took_ms): (Option<i64>, Option<String>, Option<i64>) =
                (row.get("status")?, row.get("error")?, row.get("took_ms")?);
            Some(LastAttempt { at, status, error, took_ms: took_ms.unwrap_or(0) })
        }
    };
    let due_at: Timestamp = row.get("due_at")?;
    Ok(Delivery {
        delivery_id: row.get("id")?,
        message_id: row.get("message_id")?,
        event: row.get("event")?,
        state,
        attempts: row.get("attempts")?,
        made_at: row.get("made_at")?,
        next_at: (state == DeliveryState::Waiting).then_some(due_at),
        last,
        body: row.get("body")?,
    })
}

/// Lets a delivery be sent again, as if for the first time; whether there is one.
pub(crate) async fn again(tx: &mut Tx, webhook_id: &str, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE webhook_deliveries SET state = 0, due_at = $1, attempts = 0
        WHERE webhook_id = $2 AND id = $3";
    Ok(tx.execute(UPDATE, args![now, webhook_id, id]).await? > 0)
}

/// Lets every dead letter of a subscription be sent again; how many.
pub(crate) async fn all_again(tx: &mut Tx, webhook_id: &str, now: Timestamp) -> Result<u64, StoreError> {
    const UPDATE: &str = "UPDATE webhook_deliveries SET state = 0, due_at = $1, attempts = 0
        WHERE webhook_id = $2 AND state = 2";
    tx.execute(UPDATE, args![now, webhook_id]).await
}

/// Removes some of the deliveries in that state that were last tried before that moment; how many.
pub(crate) async fn remove_old(tx: &mut Tx, state: DeliveryState, before: Timestamp) -> Result<u64, StoreError> {
    const DELETE: &str = "DELETE FROM webhook_deliveries WHERE id IN
        (SELECT id FROM webhook_deliveries WHERE state = $1 AND tried_at < $2 ORDER BY tried_at LIMIT $3)";
    tx.execute(DELETE, args![state.code(), before, REMOVED_AT_ONCE]).await
}
