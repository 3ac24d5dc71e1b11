//! The rows of plays.

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, args};

use super::list_plays::PlayView;
use super::{Play, PlayTerms};
use crate::offers::GateResult;
use crate::offers::store::json;

/// Nothing but this program writes terms; what cannot be read back is passed over with an error in the log.
fn read(play_id: &str, text: &str) -> Option<PlayTerms> {
    serde_json::from_str(text).inspect_err(|error| tracing::error!(play_id, %error, "a play cannot be read back")).ok()
}

fn view(row: &Row) -> Result<Option<PlayView>, StoreError> {
    let (play_id, version): (String, i64) = (row.get("play_id")?, row.get("version")?);
    let Some(terms) = read(&play_id, &row.get::<String>("terms")?) else { return Ok(None) };
    let (created_at, updated_at) = (row.get("created_at")?, row.get("updated_at")?);
    Ok(Some(PlayView { play_id, version, published_version: row.get("published")?, created_at, updated_at, terms }))
}

pub(crate) async fn list(tx: &mut Tx, after: &str, most: u32) -> Result<Vec<PlayView>, StoreError> {
    const SELECT: &str = "SELECT play_id, version, published, terms, created_at, updated_at FROM plays
        WHERE play_id > $1 ORDER BY play_id LIMIT $2";
    let rows = tx.rows(SELECT, args![after, most]).await?;
    Ok(rows.iter().map(view).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub(crate) async fn one(tx: &mut Tx, play_id: &str) -> Result<Option<PlayView>, StoreError> {
    const SELECT: &str =
        "SELECT play_id, version, published, terms, created_at, updated_at FROM plays WHERE play_id = $1";
    let row = tx.one(SELECT, args![play_id]).await?;
    Ok(row.as_ref().map(view).transpose()?.flatten())
}

/// Saves a new version.
pub(crate) async fn save(tx: &mut Tx, play: &Play, now: Timestamp) -> Result<(), StoreError> {
    const UPSERT: &str =
        "INSERT INTO plays (play_id, version, terms, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (play_id) DO UPDATE SET version = excluded.version, terms = excluded.terms,
        updated_at = excluded.updated_at";
    const INSERT: &str = "INSERT INTO play_versions (play_id, version, terms, made_at) VALUES ($1, $2, $3, $4)";
    let terms = json(&play.terms);
    tx.execute(UPSERT, args![&play.play_id, play.version, &terms, now, now]).await?;
    tx.execute(INSERT, args![&play.play_id, play.version, terms, now]).await?;
    Ok(())
}

/// Publishes a version, or none.
pub(crate) async fn publish(tx: &mut Tx, play_id: &str, version: Option<i64>) -> Result<(), StoreError> {
    tx.execute("UPDATE plays SET published = $1 WHERE play_id = $2", args![version, play_id]).await?;
    Ok(())
}

pub(crate) async fn keep_evidence(
    tx: &mut Tx,
    play: &Play,
    by: &str,
    gates: &[GateResult],
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO play_publications (play_id, version, published_at, published_by, gates)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    tx.execute(INSERT, args![&play.play_id, play.version, now, by, json(&gates)]).await?;
    Ok(())
}

/// A play in its published version, if one is.
pub(crate) async fn published(tx: &mut Tx, play_id: &str) -> Result<Option<Play>, StoreError> {
    const SELECT: &str = "SELECT v.version AS version, v.terms AS terms FROM plays p
        JOIN play_versions v ON v.play_id = p.play_id AND v.version = p.published WHERE p.play_id = $1";
    let Some(row) = tx.one(SELECT, args![play_id]).await? else { return Ok(None) };
    let terms = read(play_id, &row.get::<String>("terms")?);
    let version = row.get("version")?;
    Ok(terms.map(|terms| Play { play_id: play_id.to_owned(), version, terms }))
}

/// Every play in its published version.
pub(crate) async fn all_published(tx: &mut Tx) -> Result<Vec<Play>, StoreError> {
    const SELECT: &str = "SELECT p.play_id AS play_id, v.version AS version, v.terms AS terms FROM plays p
        JOIN play_versions v ON v.play_id = p.play_id AND v.version = p.published ORDER BY p.play_id";
    let mut plays = Vec::new();
    for row in tx.rows(SELECT, args![]).await? {
        let play_id: String = row.get("play_id")?;
        let Some(terms) = read(&play_id, &row.get::<String>("terms")?) else { continue };
        plays.push(Play { play_id, version: row.get("version")?, terms });
    }
    Ok(plays)
}

/// Terms as they stand in a row of versions.
pub(crate) fn terms_of(row: &Row, play_id: &str) -> Result<Option<PlayTerms>, StoreError> {
    Ok(read(play_id, &row.get::<String>("terms")?))
}
