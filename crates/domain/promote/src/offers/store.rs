//! The rows of offers.

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, args};

use super::gates::GateResult;
use super::list_offers::OfferView;
use super::list_versions::{OfferVersion, Publication};
use super::{Group, Offer, Terms};

/// Nothing but this program writes terms; what cannot be read back is passed over with an error in the log.
fn read<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Option<T> {
    serde_json::from_str(text).inspect_err(|error| tracing::error!(what, %error, "it cannot be read back")).ok()
}

/// Plain data: writing it as JSON cannot fail.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn view(row: &Row) -> Result<Option<OfferView>, StoreError> {
    let (offer_id, version): (String, i64) = (row.get("offer_id")?, row.get("version")?);
    let Some(terms) = read(&offer_id, &row.get::<String>("terms")?) else { return Ok(None) };
    let (created_at, updated_at) = (row.get("created_at")?, row.get("updated_at")?);
    let published = row.get("published")?;
    Ok(Some(OfferView { offer_id, version, published_version: published, created_at, updated_at, terms }))
}

pub(crate) async fn list(tx: &mut Tx, after: &str, most: u32) -> Result<Vec<OfferView>, StoreError> {
    const SELECT: &str = "SELECT offer_id, version, published, terms, created_at, updated_at FROM offers
        WHERE offer_id > $1 ORDER BY offer_id LIMIT $2";
    let rows = tx.rows(SELECT, args![after, most]).await?;
    Ok(rows.iter().map(view).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub(crate) async fn one(tx: &mut Tx, offer_id: &str) -> Result<Option<OfferView>, StoreError> {
    const SELECT: &str =
        "SELECT offer_id, version, published, terms, created_at, updated_at FROM offers WHERE offer_id = $1";
    let row = tx.one(SELECT, args![offer_id]).await?;
    Ok(row.as_ref().map(view).transpose()?.flatten())
}

/// Saves a new version.
pub(crate) async fn save(tx: &mut Tx, offer: &Offer, now: Timestamp) -> Result<(), StoreError> {
    const UPSERT: &str =
        "INSERT INTO offers (offer_id, version, terms, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (offer_id) DO UPDATE SET version = excluded.version, terms = excluded.terms,
        updated_at = excluded.updated_at";
    const INSERT: &str = "INSERT INTO offer_versions (offer_id, version, terms, made_at) VALUES ($1, $2, $3, $4)";
    let terms = json(&offer.terms);
    tx.execute(UPSERT, args![&offer.offer_id, offer.version, &terms, now, now]).await?;
    tx.execute(INSERT, args![&offer.offer_id, offer.version, terms, now]).await?;
    Ok(())
}

/// Publishes a version, or none.
pub(crate) async fn publish(tx: &mut Tx, offer_id: &str, version: Option<i64>) -> Result<(), StoreError> {
    tx.execute("UPDATE offers SET published = $1 WHERE offer_id = $2", args![version, offer_id]).await?;
    Ok(())
}

pub(crate) async fn keep_evidence(
    tx: &mut Tx,
    offer: &Offer,
    by: &str,
    gates: &[GateResult],
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO offer_publications (offer_id, version, published_at, published_by, gates)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    tx.execute(INSERT, args![&offer.offer_id, offer.version, now, by, json(&gates)]).await?;
    Ok(())
}

/// Every offer in its published version.
pub(crate) async fn published(tx: &mut Tx) -> Result<Vec<Offer>, StoreError> {
    const SELECT: &str = "SELECT o.offer_id AS offer_id, v.version AS version, v.terms AS terms FROM offers o
        JOIN offer_versions v ON v.offer_id = o.offer_id AND v.version = o.published";
    let mut offers = Vec::new();
    for row in tx.rows(SELECT, args![]).await? {
        let offer_id: String = row.get("offer_id")?;
        if let Some(terms) = read(&offer_id, &row.get::<String>("terms")?) {
            offers.push(Offer { version: row.get("version")?, offer_id, terms });
        }
    }
    Ok(offers)
}

/// The terms of one version.
pub(crate) async fn version(tx: &mut Tx, offer_id: &str, version: i64) -> Result<Option<Terms>, StoreError> {
    const SELECT: &str = "SELECT terms FROM offer_versions WHERE offer_id = $1 AND version = $2";
    let row = tx.one(SELECT, args![offer_id, version]).await?;
    Ok(row.map(|row| row.get::<String>("terms")).transpose()?.and_then(|text| read(offer_id, &text)))
}

pub(crate) async fn groups(tx: &mut Tx) -> Result<Vec<Group>, StoreError> {
    let rows = tx.rows("SELECT group_name, terms FROM offer_groups ORDER BY group_name", args![]).await?;
    let texts = rows.iter().map(|row| row.get::<String>("terms")).collect::<Result<Vec<_>, _>>()?;
    Ok(texts.iter().filter_map(|text| read("an offer group", text)).collect())
}

pub(crate) async fn save_group(tx: &mut Tx, group: &Group) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO offer_groups (group_name, terms) VALUES ($1, $2)
        ON CONFLICT (group_name) DO UPDATE SET terms = excluded.terms";
    tx.execute(UPSERT, args![&group.group, json(group)]).await?;
    Ok(())
}

/// Versions of an offer, the latest first, with their publications.
pub(crate) async fn versions(tx: &mut Tx, offer_id: &str, most: u32) -> Result<Vec<OfferVersion>, StoreError> {
    const VERSIONS: &str = "SELECT version, terms, made_at FROM offer_versions WHERE offer_id = $1
        ORDER BY version DESC LIMIT $2";
    const PUBLICATIONS: &str = "SELECT version, published_at, published_by, gates FROM offer_publications
        WHERE offer_id = $1 ORDER BY published_at DESC";
    let mut versions: Vec<OfferVersion> = Vec::new();
    for row in tx.rows(VERSIONS, args![offer_id, most]).await? {
        if let Some(terms) = read(offer_id, &row.get::<String>("terms")?) {
            let (version, made_at) = (row.get("version")?, row.get("made_at")?);
            versions.push(OfferVersion { version, made_at, terms, publications: Vec::new() });
        }
    }
    for row in tx.rows(PUBLICATIONS, args![offer_id]).await? {
        let number: i64 = row.get("version")?;
        let gates = read(offer_id, &row.get::<String>("gates")?).unwrap_or_default();
        let (published_at, published_by) = (row.get("published_at")?, row.get("published_by")?);
        if let Some(version) = versions.iter_mut().find(|one| one.version == number) {
            version.publications.push(Publication { published_at, published_by, gates });
        }
    }
    Ok(versions)
}
