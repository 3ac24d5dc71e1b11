//! The rows of sessions.

use fanvine_contracts::access::Role;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::{AccountId, SessionId};
use fanvine_store::{StoreError, Tx, args};

use super::{Kept, LONGEST_IDLE, LONGEST_LIFE};
use crate::rows::{parsed, role};
use crate::secret::Fingerprint;

/// A session together with what must be known of its account.
#[derive(Debug, Clone)]
pub(crate) struct KeptWithAccount {
    pub(crate) session: Kept,
    pub(crate) email: String,
    pub(crate) role: Role,
}

pub(crate) async fn find(tx: &mut Tx, token: Fingerprint) -> Result<Option<KeptWithAccount>, StoreError> {
    let row = tx
        .one(
            "SELECT s.session_id, s.account_id, s.created_at, s.seen_at, a.email, a.role
             FROM console_sessions s JOIN accounts a ON a.account_id = s.account_id
             WHERE s.token_hash = $1",
            args![token.bytes()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(KeptWithAccount {
        session: Kept {
            id: parsed(&row, "session_id")?,
            account_id: parsed(&row, "account_id")?,
            created_at: row.get("created_at")?,
            seen_at: row.get("seen_at")?,
        },
        email: row.get("email")?,
        role: role(&row)?,
    }))
}

pub(crate) async fn insert(tx: &mut Tx, session: &Kept, token: Fingerprint) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO console_sessions (session_id, token_hash, account_id, created_at, seen_at)
         VALUES ($1, $2, $3, $4, $5)",
        args![session.id.as_str(), token.bytes(), session.account_id.as_str(), session.created_at, session.seen_at],
    )
    .await?;
    Ok(())
}

/// Notes that the session was seen, unless somebody noted it just now.
pub(crate) async fn set_seen(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE console_sessions SET seen_at = $1 WHERE session_id = $2 AND seen_at < $1",
        args![now, id.as_str()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn end(tx: &mut Tx, id: &SessionId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM console_sessions WHERE session_id = $1", args![id.as_str()]).await?;
    Ok(())
}

pub(crate) async fn end_all_of(tx: &mut Tx, account: &AccountId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM console_sessions WHERE account_id = $1", args![account.as_str()]).await?;
    Ok(())
}

pub(crate) async fn end_others_of(tx: &mut Tx, account: &AccountId, kept: &SessionId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM console_sessions WHERE account_id = $1 AND session_id <> $2",
        args![account.as_str(), kept.as_str()],
    )
    .await?;
    Ok(())
}

/// Forgets sessions that have ended by themselves.
pub(crate) async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM console_sessions WHERE created_at <= $1 OR seen_at <= $2",
        args![now.plus_micros(-LONGEST_LIFE), now.plus_micros(-LONGEST_IDLE)],
    )
    .await?;
    Ok(())
}
