//! The rows of sources.

use fanvine_kernel::ids::SourceId;
use fanvine_store::{Row, StoreError, Tx, args};

use super::{Source, SourceView};

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
    })
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Source>, StoreError> {
    tx.rows("SELECT id, name, write_key, enabled, created_at, signing_secret FROM sources ORDER BY id", args![])
        .await?
        .iter()
        .map(source)
        .collect()
}

pub(crate) async fn insert(tx: &mut Tx, source: &Source) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO sources (id, name, write_key, enabled, created_at) VALUES ($1, $2, $3, $4, $5)",
        args![source.id.as_str(), &source.name, &source.write_key, source.enabled, source.created_at],
    )
    .await?;
    Ok(())
}

/// Saves name, key and whether it is enabled; false if there is no such source.
pub(crate) async fn update(
    tx: &mut Tx,
    id: &str,
    name: Option<String>,
    enabled: Option<bool>,
    write_key: Option<String>,
) -> Result<bool, StoreError> {
    let touched = tx
        .execute(
            "UPDATE sources SET name = COALESCE($1, name), enabled = COALESCE($2, enabled), \
             write_key = COALESCE($3, write_key) WHERE id = $4",
            args![name, enabled, write_key, id],
        )
        .await?;
    Ok(touched > 0)
}

/// The sources with their counts; only `id` if it is given.
pub(crate) async fn views(tx: &mut Tx, id: Option<String>) -> Result<Vec<SourceView>, StoreError> {
    let rows = tx
        .rows(
            "SELECT s.id, s.name, s.write_key, s.enabled, s.created_at, s.signing_secret, e.last_event_at, \
             COALESCE(e.events_total, 0) AS events_total, \
             (SELECT COUNT(*) FROM quarantine q WHERE q.source_id = s.id) AS quarantined_total \
             FROM sources s LEFT JOIN sources_seen e ON e.source_id = s.id \
             WHERE s.id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY s.id",
            args![id],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let source = source(row)?;
            Ok(SourceView {
                id: source.id,
                name: source.name,
                write_key: source.write_key,
                enabled: source.enabled,
                created_at: source.created_at,
                signs_shoppers: source.signing_secret.is_some(),
                last_event_at: row.get("last_event_at")?,
                events_total: row.get("events_total")?,
                quarantined_total: row.get("quarantined_total")?,
            })
        })
        .collect()
}
