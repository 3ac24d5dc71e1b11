//! The rows of the audit.

use fanvine_store::{Row, StoreError, Tx, args};

use super::Entry;
use super::list::AuditEntry;

pub(crate) async fn insert(tx: &mut Tx, entry: &Entry) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO audit_log (at, actor_id, actor, action, subject, detail, address)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            entry.at,
            entry.actor_id.clone(),
            entry.actor.as_str(),
            entry.action.as_str(),
            entry.subject.clone(),
            entry.detail.clone(),
            entry.address.clone()
        ],
    )
    .await?;
    Ok(())
}

/// Up to `limit` entries, newest first, older than the entry numbered `before`.
pub(crate) async fn newest(tx: &mut Tx, before: i64, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
    let rows = tx
        .rows(
            "SELECT entry_id, at, actor_id, actor, action, subject, detail, address
             FROM audit_log WHERE entry_id < $1 ORDER BY entry_id DESC LIMIT $2",
            args![before, limit],
        )
        .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        id: row.get("entry_id")?,
        at: row.get("at")?,
        actor_id: row.get("actor_id")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        detail: row.get("detail")?,
        address: row.get("address")?,
    })
}
