//! The rows of goals.

use fanvine_kernel::ids::GoalId;
use fanvine_store::{Row, StoreError, Tx, args};

use super::Goal;
use crate::reporting::{Ownership, json};

const SELECT: &str = "SELECT goal_id, owner, owner_name, terms, created_at, updated_at FROM goals";

/// Nothing but this program writes terms; what cannot be read back is passed over with an error in the log.
fn goal(row: &Row) -> Result<Option<Goal>, StoreError> {
    let (id, terms): (String, String) = (row.get("goal_id")?, row.get("terms")?);
    let (Ok(id), Ok(terms)) = (id.parse(), serde_json::from_str(&terms)) else {
        tracing::error!(id, "a goal cannot be read back");
        return Ok(None);
    };
    Ok(Some(Goal {
        id,
        ownership: Ownership { owner: row.get("owner")?, owner_name: row.get("owner_name")?, shared: true },
        terms,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    }))
}

/// All of them, by name.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Goal>, StoreError> {
    let rows = tx.rows(format!("{SELECT} ORDER BY name, goal_id"), args![]).await?;
    Ok(rows.iter().map(goal).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// One of them.
pub(crate) async fn one(tx: &mut Tx, id: &GoalId) -> Result<Option<Goal>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE goal_id = $1"), args![id.as_str()]).await?;
    Ok(row.as_ref().map(goal).transpose()?.flatten())
}

/// Saves it, new or anew.
pub(crate) async fn save(tx: &mut Tx, goal: &Goal) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO goals (goal_id, name, owner, owner_name, terms, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (goal_id) DO UPDATE SET name = excluded.name,
        owner = excluded.owner, owner_name = excluded.owner_name, terms = excluded.terms, updated_at = excluded.updated_at";
    let Goal { id, ownership, terms, created_at, updated_at } = goal;
    let Ownership { owner, owner_name, .. } = ownership;
    tx.execute(UPSERT, args![id.as_str(), &terms.name, owner, owner_name, json(terms), *created_at, *updated_at])
        .await?;
    Ok(())
}

/// Forgets it. Whether there was one.
pub(crate) async fn delete(tx: &mut Tx, id: &GoalId) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM goals WHERE goal_id = $1", args![id.as_str()]).await? > 0)
}
