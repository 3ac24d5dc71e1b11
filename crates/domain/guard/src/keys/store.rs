//! The rows of server keys.

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::ServerKeyId;
use fanvine_store::{Row, StoreError, Tx, args};

use super::ServerKey;
use crate::rows::{parsed, role};
use crate::secret::Fingerprint;

const COLUMNS: &str = "key_id, name, role, prefix, created_at, last_used_at, expires_at";

fn key(row: &Row) -> Result<ServerKey, StoreError> {
    Ok(ServerKey {
        id: parsed(row, "key_id")?,
        name: row.get("name")?,
        role: role(row)?,
        prefix: row.get("prefix")?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
        expires_at: row.get("expires_at")?,
    })
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<ServerKey>, StoreError> {
    let rows = tx.rows(format!("SELECT {COLUMNS} FROM server_keys ORDER BY created_at, key_id"), args![]).await?;
    rows.iter().map(key).collect()
}

pub(crate) async fn find(tx: &mut Tx, secret: Fingerprint) -> Result<Option<ServerKey>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM server_keys WHERE secret_hash = $1");
    tx.one(sql, args![secret.bytes()]).await?.as_ref().map(key).transpose()
}

pub(crate) async fn one(tx: &mut Tx, id: &ServerKeyId) -> Result<Option<ServerKey>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM server_keys WHERE key_id = $1");
    tx.one(sql, args![id.as_str()]).await?.as_ref().map(key).transpose()
}

/// A key opens nothing from that moment on.
pub(crate) async fn expire(tx: &mut Tx, id: &ServerKeyId, at: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE server_keys SET expires_at = $1 WHERE key_id = $2", args![at, id.as_str()]).await?;
    Ok(())
}

/// Saves a key; whether it was new.
pub(crate) async fn insert(
    tx: &mut Tx,
    key: &ServerKey,
    secret: Fingerprint,
    preset: bool,
) -> Result<bool, StoreError> {
    let written = tx
        .execute(
            "INSERT INTO server_keys (key_id, secret_hash, name, role, prefix, preset, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (secret_hash) DO NOTHING",
            args![
                key.id.as_str(),
                secret.bytes(),
                key.name.as_str(),
                key.role.as_str(),
                key.prefix.clone(),
                preset,
                key.created_at
            ],
        )
        .await?;
    Ok(written > 0)
}

/// Forgets a key; what it was called, if it was there.
pub(crate) async fn delete(tx: &mut Tx, id: &ServerKeyId) -> Result<Option<String>, StoreError> {
    let row = tx.one("SELECT name FROM server_keys WHERE key_id = $1", args![id.as_str()]).await?;
    let Some(row) = row else { return Ok(None) };
    let deleted = tx.execute("DELETE FROM server_keys WHERE key_id = $1", args![id.as_str()]).await?;
    if deleted == 0 { Ok(None) } else { row.get("name").map(Some) }
}

/// Forgets preset keys other than this one.
pub(crate) async fn delete_other_presets(tx: &mut Tx, secret: Fingerprint) -> Result<(), StoreError> {
    tx.execute("DELETE FROM server_keys WHERE preset = 1 AND secret_hash <> $1", args![secret.bytes()]).await?;
    Ok(())
}

/// Notes that the key was used, unless a later use is noted.
pub(crate) async fn set_used(tx: &mut Tx, id: &ServerKeyId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE server_keys SET last_used_at = $1 WHERE key_id = $2 AND (last_used_at IS NULL OR last_used_at < $1)",
        args![now, id.as_str()],
    )
    .await?;
    Ok(())
}
