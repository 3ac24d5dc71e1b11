//! The rows of the audit.

use fanvine_store::{Row, StoreError, Tx, args};

use super::act::BEGUN;
use super::list::{AuditEntry, AuditQuestion, Outcome};
use super::{Action, Entry};

/// Saves an entry; its number.
pub(crate) async fn insert(tx: &mut Tx, entry: &Entry) -> Result<i64, StoreError> {
    let row = tx
        .one(
            "INSERT INTO audit_log (at, actor_id, actor, action, subject, detail, address, status, request_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING entry_id",
            args![
                entry.at,
                entry.actor_id.clone(),
                entry.actor.as_str(),
                entry.action.as_ref(),
                entry.subject.clone(),
                entry.detail.clone(),
                entry.address.clone(),
                entry.status.map(i64::from),
                entry.request_id.clone()
            ],
        )
        .await?;
    row.ok_or_else(|| StoreError::NoColumn { column: "entry_id".to_owned() })?.get("entry_id")
}

/// Saves what came of an act.
pub(crate) async fn set_status(tx: &mut Tx, id: i64, status: u16) -> Result<(), StoreError> {
    tx.execute("UPDATE audit_log SET status = $1 WHERE entry_id = $2", args![i64::from(status), id]).await?;
    Ok(())
}

/// Up to `limit` entries of those asked for, newest first, older than the entry numbered `before`.
pub(crate) async fn newest(
    tx: &mut Tx,
    question: AuditQuestion,
    before: i64,
    limit: i64,
) -> Result<Vec<AuditEntry>, StoreError> {
    let rows = tx
        .rows(
            "SELECT entry_id, at, actor_id, actor, action, subject, detail, address, status, request_id
             FROM audit_log
             WHERE entry_id < $1
               AND (CAST($2 AS TEXT) IS NULL OR actor = $2 OR actor_id = $2)
               AND (CAST($3 AS TEXT) IS NULL OR action = $3)
               AND (CAST($4 AS TEXT) IS NULL OR subject = $4)
               AND (CAST($5 AS BIGINT) IS NULL OR at >= $5)
               AND (CAST($6 AS BIGINT) IS NULL OR at < $6)
             ORDER BY entry_id DESC LIMIT $7",
            args![before, question.actor, question.action, question.subject, question.from, question.to, limit],
        )
        .await?;
    rows.iter().map(entry).collect()
}

/// What has ever been done, by name.
pub(crate) async fn actions(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows = tx.rows("SELECT DISTINCT action FROM audit_log ORDER BY action", args![]).await?;
    rows.iter().map(|row| row.get("action")).collect()
}

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    let (action, status): (String, Option<i64>) = (row.get("action")?, row.get("status")?);
    let refused = [Action::SignInRefused, Action::PasswordChangeRefused].map(Action::as_str);
    let outcome = match status {
        // It was saved together with what it tells of.
        None if refused.contains(&action.as_str()) => Outcome::Refused,
        None => Outcome::Done,
        Some(status) if status == i64::from(BEGUN) => Outcome::Unknown,
        Some(..400) => Outcome::Done,
        Some(..500) => Outcome::Refused,
        Some(_) => Outcome::Failed,
    };
    Ok(AuditEntry {
        id: row.get("entry_id")?,
        at: row.get("at")?,
        actor_id: row.get("actor_id")?,
        actor: row.get("actor")?,
        action,
        subject: row.get("subject")?,
        detail: row.get("detail")?,
        address: row.get("address")?,
        request_id: row.get("request_id")?,
        status: status.filter(|status| *status != i64::from(BEGUN)),
        outcome,
    })
}
