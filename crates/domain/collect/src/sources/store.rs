//! The rows of sources.

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::SourceId;
use fanvine_store::{Row, StoreError, Tx, args};

use super::update::SourceChange;
use super::{OldWriteKey, Source, SourceView};
use crate::shops::Platform;

pub(crate) fn source_id(text: String) -> Result<SourceId, StoreError> {
    // Only identifiers this room made are ever written.
    SourceId::try_from(text).map_err(|_| StoreError::NoColumn { column: "source_id".to_owned() })
}

fn source(row: &Row) -> Result<Source, StoreError> {
    Ok(Source {
        id: source_id(row.get("id")?)?,
        name: row.get("name")?,
        write_key: row.get("write_key")?,
        enabled: row.get("enabled")?,
        created_at: row.get("created_at")?,
        signing_secret: row.get("signing_secret")?,
        complete_products: row.get("complete_products")?,
    })
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Source>, StoreError> {
    const SELECT: &str = "SELECT id, name, write_key, enabled, created_at, signing_secret, complete_products
        FROM sources ORDER BY id";
    tx.rows(SELECT, args![]).await?.iter().map(source).collect()
}

pub(crate) async fn insert(tx: &mut Tx, source: &Source) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO sources (id, name, write_key, enabled, created_at, complete_products) VALUES ($1, $2, $3, $4, $5, $6)",
        args![
            source.id.as_str(),
            &source.name,
            &source.write_key,
            source.enabled,
            source.created_at,
            source.complete_products
        ],
    )
    .await?;
    Ok(())
}

/// Saves what is to change; false if there is no such source.
pub(crate) async fn update(tx: &mut Tx, id: &str, change: SourceChange) -> Result<bool, StoreError> {
    let SourceChange { name, enabled, complete_products } = change;
    let touched = tx
        .execute(
            "UPDATE sources SET name = COALESCE($1, name), enabled = COALESCE($2, enabled),
             complete_products = COALESCE($3, complete_products) WHERE id = $4",
            args![name, enabled, complete_products, id],
        )
        .await?;
    Ok(touched > 0)
}

/// Gives a source another key; the one it had is good until `ends_at`, and with it those before; none of them if that is
/// now.
pub(crate) async fn replace_key(
    tx: &mut Tx,
    source: &Source,
    write_key: &str,
    now: Timestamp,
    ends_at: Timestamp,
) -> Result<(), StoreError> {
    let (id, old) = (source.id.as_str(), source.write_key.as_str());
    tx.execute("DELETE FROM source_old_keys WHERE ends_at <= $1", args![now]).await?;
    if ends_at > now {
        // The key may be an old one already, where it was preset again.
        tx.execute("DELETE FROM source_old_keys WHERE write_key = $1", args![old]).await?;
        const INSERT: &str = "INSERT INTO source_old_keys (write_key, source_id, ends_at) VALUES ($1, $2, $3)";
        tx.execute(INSERT, args![old, id, ends_at]).await?;
    } else {
        tx.execute("DELETE FROM source_old_keys WHERE source_id = $1", args![id]).await?;
    }
    tx.execute("UPDATE sources SET write_key = $1 WHERE id = $2", args![write_key, id]).await?;
    Ok(())
}

/// Remembers when a key that was replaced was last used.
pub(crate) async fn used_key(tx: &mut Tx, write_key: &str, at: i64) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE source_old_keys SET last_used_at = $1
        WHERE write_key = $2 AND (last_used_at IS NULL OR last_used_at < $1)";
    tx.execute(UPDATE, args![at, write_key]).await?;
    Ok(())
}

/// The keys that were replaced and are still good, with their sources: the last to end first.
pub(crate) async fn old_keys(tx: &mut Tx, now: Timestamp) -> Result<Vec<(SourceId, OldWriteKey)>, StoreError> {
    const SELECT: &str = "SELECT write_key, source_id, ends_at, last_used_at FROM source_old_keys WHERE ends_at > $1
        ORDER BY ends_at DESC, write_key";
    let key = |row: &Row| {
        let key = OldWriteKey {
            write_key: row.get("write_key")?,
            ends_at: row.get("ends_at")?,
            last_used_at: row.get("last_used_at")?,
        };
        Ok((source_id(row.get("source_id")?)?, key))
    };
    tx.rows(SELECT, args![now]).await?.iter().map(key).collect()
}

/// The sources with their counts; only `id` if it is given.
pub(crate) async fn views(tx: &mut Tx, id: Option<String>, now: Timestamp) -> Result<Vec<SourceView>, StoreError> {
    let rows = tx
        .rows(
            "SELECT s.id, s.name, s.write_key, s.enabled, s.created_at, s.signing_secret, s.complete_products, w.platform, \
             e.last_event_at, \
             COALESCE(e.events_total, 0) AS events_total, \
             (SELECT COUNT(*) FROM quarantine q WHERE q.source_id = s.id) AS quarantined_total \
             FROM sources s LEFT JOIN sources_seen e ON e.source_id = s.id \
             LEFT JOIN source_webhooks w ON w.source_id = s.id \
             WHERE s.id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY s.id",
            args![id],
        )
        .await?;
    let old = old_keys(tx, now).await?;
    rows.iter()
        .map(|row| {
            let source = source(row)?;
            let old = old.iter().filter(|(id, _)| *id == source.id);
            Ok(SourceView {
                old_write_keys: old.map(|(_, key)| key.clone()).collect(),
                id: source.id,
                name: source.name,
                write_key: source.write_key,
                enabled: source.enabled,
                created_at: source.created_at,
                complete_products: source.complete_products,
                signs_shoppers: source.signing_secret.is_some(),
                webhook: row.get::<Option<String>>("platform")?.and_then(|name| Platform::named(&name)),
                last_event_at: row.get("last_event_at")?,
                events_total: row.get("events_total")?,
                quarantined_total: row.get("quarantined_total")?,
            })
        })
        .collect()
}
