//! The rows of quarantine.

use fanvine_kernel::ids::QuarantineId;
use fanvine_kernel::{Entropy, Timestamp};
use fanvine_store::{Row, Store, StoreError, Tx, Value, args};

use super::list::QuarantineItem;
use super::{BODY_BYTES, Quarantined, beginning};

/// Keeps messages that were refused; how many were not kept before. Durable when it returns.
///
/// # Errors
/// The store failed; none was kept.
pub async fn keep(
    store: &Store,
    messages: &[Quarantined],
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = messages
        .iter()
        .map(|message| {
            let (body, truncated) = beginning(&message.body, BODY_BYTES);
            let (detail, _) = beginning(&message.detail, 2_000);
            args![
                QuarantineId::new(now, entropy).as_str(),
                message.source.as_str(),
                &message.key,
                message.received_at,
                &message.reason,
                detail,
                beginning(&message.detail_zh, 2_000).0,
                body,
                truncated,
                &message.arrived_by,
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(0);
    }
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.insert_many(
                    "INSERT INTO quarantine (id, source_id, message_key, received_at, reason, detail, detail_zh, body, truncated, arrived_by) VALUES",
                    rows,
                    "ON CONFLICT (source_id, message_key) DO NOTHING",
                )
                .await
            })
        })
        .await
}

/// The newest messages first, older than `before` where it is given, and how many there are in all.
pub(crate) async fn page(
    tx: &mut Tx,
    source: Option<String>,
    before: Option<String>,
    limit: i64,
) -> Result<(Vec<QuarantineItem>, i64), StoreError> {
    let rows = tx
        .rows(
            "SELECT id, source_id, received_at, reason, detail, detail_zh, body, truncated, arrived_by FROM quarantine \
             WHERE (source_id = $1 OR CAST($1 AS TEXT) IS NULL) AND (id < $2 OR CAST($2 AS TEXT) IS NULL) \
             ORDER BY id DESC LIMIT $3",
            args![source.clone(), before, limit],
        )
        .await?;
    let total = tx
        .one("SELECT COUNT(*) AS total FROM quarantine WHERE source_id = $1 OR CAST($1 AS TEXT) IS NULL", args![source])
        .await?;
    let items = rows.iter().map(item).collect::<Result<_, StoreError>>()?;
    Ok((items, total.map_or(Ok(0), |row| row.get("total"))?))
}

fn item(row: &Row) -> Result<QuarantineItem, StoreError> {
    let (arrived_by, truncated): (String, bool) = (row.get("arrived_by")?, row.get("truncated")?);
    Ok(QuarantineItem {
        id: row.get("id")?,
        source_id: row.get("source_id")?,
        received_at: row.get("received_at")?,
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        detail_zh: row.get::<Option<String>>("detail_zh")?.filter(|text| !text.is_empty()),
        body: row.get("body")?,
        truncated,
        can_be_replayed: !truncated && !arrived_by.is_empty(),
        arrived_by,
    })
}

/// One message.
pub(crate) async fn one(tx: &mut Tx, id: String) -> Result<Option<QuarantineItem>, StoreError> {
    let sql = "SELECT id, source_id, received_at, reason, detail, detail_zh, body, truncated, arrived_by FROM quarantine WHERE id = $1";
    tx.one(sql, args![id]).await?.as_ref().map(item).transpose()
}

/// Whether there was such a message.
pub(crate) async fn remove(tx: &mut Tx, id: String) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM quarantine WHERE id = $1", args![id]).await? > 0)
}
