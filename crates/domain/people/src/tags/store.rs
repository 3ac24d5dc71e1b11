//! The rows of tags: versions of the catalogue, and what models say.

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::catalogue::Catalogue;
use super::given::{ModelWeights, Said};
use super::versions::{Change, Version};

/// Versions of one tag that are listed.
const MOST_VERSIONS: i64 = 50;

/// Every catalogue that was saved, the latest first.
pub(super) async fn catalogues(tx: &mut Tx) -> Result<Vec<Catalogue>, StoreError> {
    let rows = tx.rows("SELECT catalogue FROM tag_catalogues ORDER BY version DESC", args![]).await?;
    Ok(rows.iter().map(catalogue).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// None, and a word in the log, if a program of another time wrote what cannot be read now.
fn catalogue(row: &Row) -> Result<Option<Catalogue>, StoreError> {
    let read = Catalogue::parse(&row.get::<String>("catalogue")?);
    Ok(read.inspect_err(|error| tracing::error!(%error, "a version of the tags cannot be read")).ok())
}

pub(super) async fn insert_catalogue(
    tx: &mut Tx,
    catalogue: &Catalogue,
    change: &Change,
    at: Timestamp,
    by: Option<String>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO tag_catalogues (version, catalogue, change, tag, changed_at, changed_by)
               VALUES ($1, $2, $3, $4, $5, $6)";
    // Strings and numbers only, so that it cannot fail.
    let text = serde_json::to_string(catalogue).unwrap_or_default();
    let tag = change.tag().map(str::to_owned);
    tx.execute(sql, args![i64::from(catalogue.version), text, change.word(), tag, at, by]).await?;
    Ok(())
}

/// The versions that changed a tag, the latest first.
pub(super) async fn versions_of(tx: &mut Tx, tag: &str) -> Result<Vec<Version>, StoreError> {
    let sql = "SELECT catalogue, change, changed_at, changed_by FROM tag_catalogues WHERE tag = $1
               ORDER BY version DESC LIMIT $2";
    let rows = tx.rows(sql, args![tag, MOST_VERSIONS]).await?;
    let read = |row: &Row| {
        let Some(catalogue) = catalogue(row)? else { return Ok(None) };
        let (change, changed_at, changed_by) = (row.get("change")?, row.get("changed_at")?, row.get("changed_by")?);
        Ok(Some(Version { catalogue, change, changed_at, changed_by }))
    };
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, StoreError>>()?.into_iter().flatten().collect())
}

/// Takes the weights of a model: instead of all it said before, or added to it.
pub(super) async fn take_weights(
    tx: &mut Tx,
    tag: &str,
    upload: &ModelWeights,
    rows: Vec<Said>,
    at: Timestamp,
    by: Option<String>,
) -> Result<(), StoreError> {
    tx.lock("tag_weights").await?;
    if upload.replace {
        tx.execute("DELETE FROM tag_weights WHERE tag = $1", args![tag]).await?;
    }
    let sql = "INSERT INTO tag_models (tag, model, model_version, made_at, expires_at, uploaded_at, uploaded_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (tag) DO UPDATE SET model = excluded.model, model_version = excluded.model_version,
               made_at = excluded.made_at, expires_at = excluded.expires_at, uploaded_at = excluded.uploaded_at,
               uploaded_by = excluded.uploaded_by";
    let (made_at, version) = (upload.made_at.unwrap_or(at), upload.version.clone());
    tx.execute(sql, args![tag, upload.model.as_str(), version, made_at, upload.expires_at, at, by]).await?;
    let row = |said: Said| args![said.digest, tag, said.term, said.weight, said.confidence];
    tx.insert_many(
        "INSERT INTO tag_weights (key_digest, tag, term, weight, confidence) VALUES",
        rows.into_iter().map(row).collect(),
        "ON CONFLICT (key_digest, tag, term) DO UPDATE SET weight = excluded.weight, confidence = excluded.confidence",
    )
    .await?;
    Ok(())
}

/// What models say, and have not ceased to say by `now`, of the keys with these digests.
pub(super) async fn weights_of(
    tx: &mut Tx,
    digests: Vec<String>,
    now: Timestamp,
) -> Result<Vec<(String, SaidBy)>, StoreError> {
    const SELECT: &str =
        "SELECT w.key_digest, w.tag, w.term, w.weight, w.confidence, m.model, m.model_version, m.made_at,
                          m.expires_at FROM tag_weights w JOIN tag_models m ON m.tag = w.tag WHERE w.key_digest IN (";
    let digests = digests.into_iter().map(Value::from).collect();
    let rows = tx.rows_in(SELECT, digests, ") ORDER BY w.tag, w.term").await?;
    let mut said = Vec::with_capacity(rows.len());
    for row in &rows {
        let expires_at: Option<Timestamp> = row.get("expires_at")?;
        if expires_at.is_some_and(|end| end <= now) {
            continue;
        }
        let one = SaidBy {
            tag: row.get("tag")?,
            term: row.get("term")?,
            weight: row.get("weight")?,
            confidence: row.get("confidence")?,
            model: row.get("model")?,
            version: row.get("model_version")?,
            made_at: row.get("made_at")?,
        };
        said.push((row.get("key_digest")?, one));
    }
    Ok(said)
}

/// A weight and which model gave it.
#[derive(Debug, Clone)]
pub(super) struct SaidBy {
    pub tag: String,
    pub term: String,
    pub weight: f64,
    pub confidence: f64,
    pub model: String,
    pub version: String,
    pub made_at: Timestamp,
}

/// The models that filled the slots of tags, by tag.
pub(super) async fn models(tx: &mut Tx) -> Result<Vec<(String, ModelState)>, StoreError> {
    let sql = "SELECT tag, model, model_version, made_at, expires_at, uploaded_at, uploaded_by,
               (SELECT COUNT(*) FROM tag_weights w WHERE w.tag = m.tag) AS weights FROM tag_models m ORDER BY tag";
    let rows = tx.rows(sql, args![]).await?;
    let read = |row: &Row| {
        let state = ModelState {
            model: row.get("model")?,
            version: row.get("model_version")?,
            made_at: row.get("made_at")?,
            expires_at: row.get("expires_at")?,
            uploaded_at: row.get("uploaded_at")?,
            uploaded_by: row.get("uploaded_by")?,
            weights: row.get("weights")?,
        };
        Ok((row.get("tag")?, state))
    };
    rows.iter().map(read).collect()
}

/// What a model said last.
#[derive(Debug, Clone)]
pub(super) struct ModelState {
    pub model: String,
    pub version: String,
    pub made_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub uploaded_at: Timestamp,
    pub uploaded_by: Option<String>,
    pub weights: i64,
}

/// Forgets what models say of the keys with these digests.
pub(crate) async fn forget(tx: &mut Tx, digests: Vec<String>) -> Result<u64, StoreError> {
    let digests = digests.into_iter().map(Value::from).collect();
    tx.execute_in("DELETE FROM tag_weights WHERE key_digest IN (", digests, ")").await
}
