//! The rows of campaigns, their versions, their history and their reviews.

use fanvine_contracts::gates::GateResult;
use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, args};
use serde::Serialize;

use super::announce;
use super::list_campaigns::Version;
use super::show_history::Step;
use super::state::CampaignState;
use super::terms::CampaignTerms;

/// A campaign as it is kept, in the version that holds: the published one, or the latest of a draft.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub campaign_id: String,
    pub version: i64,
    pub terms: CampaignTerms,
    pub state: CampaignState,
    pub salt: String,
    pub pieces_due: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub published_at: Option<Timestamp>,
}

const SELECT: &str = "SELECT c.campaign_id AS campaign_id, v.version AS version, v.terms AS terms, c.state AS state,
    c.why AS why, c.salt AS salt, c.pieces_due AS pieces_due, c.created_at AS created_at, c.updated_at AS updated_at,
    c.published_at AS published_at, c.closed_at AS closed_at FROM campaigns c
    JOIN campaign_versions v ON v.campaign_id = c.campaign_id AND v.version = COALESCE(c.published, c.version)";

/// JSON of what cannot fail to become JSON.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Nothing but this program writes terms; what cannot be read back is passed over with an error in the log.
fn read(row: &Row) -> Result<Option<Kept>, StoreError> {
    let campaign_id: String = row.get("campaign_id")?;
    let terms = match serde_json::from_str(&row.get::<String>("terms")?) {
        Ok(terms) => terms,
        Err(error) => {
            tracing::error!(campaign_id, %error, "a campaign cannot be read back");
            return Ok(None);
        }
    };
    let (state, why): (String, Option<String>) = (row.get("state")?, row.get("why")?);
    Ok(Some(Kept {
        campaign_id,
        version: row.get("version")?,
        terms,
        state: CampaignState::kept(&state, why.as_deref(), row.get("closed_at")?),
        salt: row.get("salt")?,
        pieces_due: row.get::<i64>("pieces_due")? != 0,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        published_at: row.get("published_at")?,
    }))
}

pub(crate) async fn one(tx: &mut Tx, campaign_id: &str) -> Result<Option<Kept>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE c.campaign_id = $1"), args![campaign_id]).await?;
    Ok(row.as_ref().map(read).transpose()?.flatten())
}

/// Campaigns after `after`, by identifier.
pub(crate) async fn list(tx: &mut Tx, after: &str, most: u32) -> Result<Vec<Kept>, StoreError> {
    let sql = format!("{SELECT} WHERE c.campaign_id > $1 ORDER BY c.campaign_id LIMIT $2");
    let rows = tx.rows(sql, args![after, most]).await?;
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Campaigns that hold anything: published and not closed, or closed and not yet done with.
pub(crate) async fn in_force(tx: &mut Tx) -> Result<Vec<Kept>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE c.state IN ('published', 'running', 'paused') OR c.pieces_due = 1 ORDER BY c.campaign_id"
    );
    let rows = tx.rows(sql, args![]).await?;
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Saves how a campaign stands; a new one with its first version.
pub(crate) async fn save(tx: &mut Tx, kept: &Kept) -> Result<(), StoreError> {
    const UPSERT: &str =
        "INSERT INTO campaigns (campaign_id, version, published, state, why, salt, pieces_due, created_at,
            updated_at, published_at, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (campaign_id) DO UPDATE SET version = excluded.version, published = excluded.published,
            state = excluded.state, why = excluded.why, pieces_due = excluded.pieces_due,
            updated_at = excluded.updated_at, published_at = excluded.published_at, closed_at = excluded.closed_at";
    let published = kept.published_at.map(|_| kept.version);
    let closed_at = match kept.state {
        CampaignState::Closed { at, .. } => Some(at),
        _ => None,
    };
    let (state, why) = (kept.state.as_str(), kept.state.why().map(super::Why::as_str));
    let row = args![
        &kept.campaign_id,
        kept.version,
        published,
        state,
        why,
        &kept.salt,
        i64::from(kept.pieces_due),
        kept.created_at,
        kept.updated_at,
        kept.published_at,
        closed_at
    ];
    tx.execute(UPSERT, row).await?;
    Ok(())
}

pub(crate) async fn save_version(tx: &mut Tx, kept: &Kept, by: &str, now: Timestamp) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO campaign_versions (campaign_id, version, terms, made_at, made_by) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(INSERT, args![&kept.campaign_id, kept.version, json(&kept.terms), now, by]).await?;
    Ok(())
}

/// Saves how a campaign stands, writes down what was done with it, and tells of it.
pub(crate) async fn done(
    tx: &mut Tx,
    kept: &Kept,
    name: &'static str,
    by: &str,
    gates: Option<&[GateResult]>,
    now: Timestamp,
) -> Result<(), StoreError> {
    const NEXT: &str = "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM campaign_history WHERE campaign_id = $1";
    const INSERT: &str = "INSERT INTO campaign_history (campaign_id, number, at, by_whom, what, why, version, gates)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    save(tx, kept).await?;
    let number: i64 = tx.one(NEXT, args![&kept.campaign_id]).await?.map_or(Ok(1), |row| row.get("number"))?;
    let why = kept.state.why().map(super::Why::as_str);
    let row = args![&kept.campaign_id, number, now, by, name, why, kept.version, gates.map(|gates| json(&gates))];
    tx.execute(INSERT, row).await?;
    tx.emit(&announce::campaign(name, kept, number, by, now)).await
}

/// What was done with a campaign, the latest first.
pub(crate) async fn history(tx: &mut Tx, campaign_id: &str) -> Result<Vec<Step>, StoreError> {
    const HISTORY: &str = "SELECT number, at, by_whom, what, why, version, gates FROM campaign_history
        WHERE campaign_id = $1 ORDER BY number DESC LIMIT 1000";
    let rows = tx.rows(HISTORY, args![campaign_id]).await?;
    let step = |row: &Row| {
        let gates: Option<String> = row.get("gates")?;
        Ok(Step {
            number: row.get("number")?,
            at: row.get("at")?,
            by: row.get("by_whom")?,
            what: row.get("what")?,
            why: row.get("why")?,
            version: row.get("version")?,
            gates: gates.and_then(|gates| serde_json::from_str(&gates).ok()),
        })
    };
    rows.iter().map(step).collect()
}

/// The versions of a campaign, the latest first.
pub(crate) async fn versions(tx: &mut Tx, campaign_id: &str) -> Result<Vec<Version>, StoreError> {
    const VERSIONS: &str = "SELECT version, terms, made_at, made_by FROM campaign_versions WHERE campaign_id = $1
        ORDER BY version DESC LIMIT 200";
    let mut versions = Vec::new();
    for row in tx.rows(VERSIONS, args![campaign_id]).await? {
        let Ok(terms) = serde_json::from_str(&row.get::<String>("terms")?) else { continue };
        let (made_at, made_by) = (row.get("made_at")?, row.get("made_by")?);
        versions.push(Version { version: row.get("version")?, made_at, made_by, terms });
    }
    Ok(versions)
}

pub(crate) async fn save_review(tx: &mut Tx, kept: &Kept, review: &str, now: Timestamp) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO campaign_reviews (campaign_id, review, closed_at) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    tx.execute(INSERT, args![&kept.campaign_id, review, now]).await?;
    Ok(())
}

pub(crate) async fn review(tx: &mut Tx, campaign_id: &str) -> Result<Option<String>, StoreError> {
    let row = tx.one("SELECT review FROM campaign_reviews WHERE campaign_id = $1", args![campaign_id]).await?;
    row.map(|row| row.get("review")).transpose()
}
