//! The rows of quarantine.

use fanvine_kernel::ids::QuarantineId;
use fanvine_kernel::{Entropy, Timestamp};
use fanvine_store::{Store, StoreError, Tx, Value, args};

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
                body,
                truncated,
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
                    "INSERT INTO quarantine (id, source_id, message_key, received_at, reason, detail, body, truncated) VALUES",
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
            "SELECT id, source_id, received_at, reason, detail, body, truncated FROM quarantine \
             WHERE (source_id = $1 OR CAST($1 AS TEXT) IS NULL) AND (id < $2 OR CAST($2 AS TEXT) IS NULL) \
             ORDER BY id DESC LIMIT $3",
            args![source.clone(), before, limit],
        )
        .await?;
    let total = tx
        .one("SELECT COUNT(*) AS total FROM quarantine WHERE source_id = $1 OR CAST($1 AS TEXT) IS NULL", args![source])
        .await?;
    let items = rows
        .iter()
        .map(|row| {
            Ok(QuarantineItem {
                id: row.get("id")?,
                source_id: row.get("source_id")?,
                received_at: row.get("received_at")?,
                reason: row.get("reason")?,
                detail: row.get("detail")?,
                body: row.get("body")?,
                truncated: row.get("truncated")?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok((items, total.map_or(Ok(0), |row| row.get("total"))?))
}
