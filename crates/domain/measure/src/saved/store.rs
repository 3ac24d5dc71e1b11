//! The rows of saved insights.

use fanvine_kernel::ids::InsightId;
use fanvine_store::{Row, StoreError, Tx, args};

use super::Insight;
use super::question::{Kind, Question};
use crate::reporting::{Ownership, json};

const SELECT: &str =
    "SELECT insight_id, name, description, owner, owner_name, shared, kind, question, days, created_at,
                      updated_at FROM saved_insights";

/// Nothing but this program writes questions; what cannot be read back is passed over with an error in the log.
fn insight(row: &Row) -> Result<Option<Insight>, StoreError> {
    let (id, kind, question): (String, String, String) =
        (row.get("insight_id")?, row.get("kind")?, row.get("question")?);
    let days = row.get::<Option<i64>>("days")?.and_then(|days| u32::try_from(days).ok());
    let found = Kind::ALL.iter().find(|one| one.as_str() == kind);
    let read = found.and_then(|kind| Question::read(*kind, serde_json::from_str(&question).ok()?).ok());
    let (Some(question), Ok(id)) = (read, id.parse::<InsightId>()) else {
        tracing::error!(id, kind, "a saved insight cannot be read back");
        return Ok(None);
    };
    Ok(Some(Insight {
        id,
        name: row.get("name")?,
        description: row.get("description")?,
        ownership: Ownership {
            owner: row.get("owner")?,
            owner_name: row.get("owner_name")?,
            shared: row.get("shared")?,
        },
        question,
        days,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    }))
}

/// All of them, by name.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Insight>, StoreError> {
    let rows = tx.rows(format!("{SELECT} ORDER BY name, insight_id"), args![]).await?;
    Ok(rows.iter().map(insight).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// One of them.
pub(crate) async fn one(tx: &mut Tx, id: &InsightId) -> Result<Option<Insight>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE insight_id = $1"), args![id.as_str()]).await?;
    Ok(row.as_ref().map(insight).transpose()?.flatten())
}

/// Saves it, new or anew.
pub(crate) async fn save(tx: &mut Tx, insight: &Insight) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO saved_insights (insight_id, name, description, owner, owner_name, shared, kind,
        question, days, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (insight_id) DO UPDATE SET name = excluded.name, description = excluded.description,
        shared = excluded.shared, kind = excluded.kind, question = excluded.question, days = excluded.days,
        updated_at = excluded.updated_at";
    let Insight { id, name, description, ownership, question, days, created_at, updated_at } = insight;
    let values = args![
        id.as_str(),
        name,
        description,
        &ownership.owner,
        &ownership.owner_name,
        ownership.shared,
        question.kind().as_str(),
        json(&question.json()),
        days.map(i64::from),
        *created_at,
        *updated_at,
    ];
    tx.execute(UPSERT, values).await?;
    Ok(())
}

/// Forgets it.
pub(crate) async fn delete(tx: &mut Tx, id: &InsightId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM saved_insights WHERE insight_id = $1", args![id.as_str()]).await?;
    Ok(())
}

/// The names of the dashboards it stands on; of the shared ones only, if asked so.
pub(crate) async fn dashboards_with(tx: &mut Tx, id: &InsightId, shared_only: bool) -> Result<Vec<String>, StoreError> {
    const SELECT: &str = "SELECT d.name FROM dashboard_tiles t JOIN dashboards d ON d.dashboard_id = t.dashboard_id
        WHERE t.insight_id = $1 AND (d.shared = 1 OR $2 = 0) ORDER BY d.name LIMIT 10";
    let rows = tx.rows(SELECT, args![id.as_str(), shared_only]).await?;
    rows.iter().map(|row| row.get("name")).collect()
}
