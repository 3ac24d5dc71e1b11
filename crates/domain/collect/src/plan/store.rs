//! The rows of plans.

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, Tx, args};

use super::{PlanError, PlanVersion, TrackingPlan};

fn version(row: &Row) -> Result<PlanVersion, PlanError> {
    let (version, text): (i64, String) = (row.get("version")?, row.get("plan")?);
    let plan = serde_json::from_str(&text).map_err(|_| PlanError::Unreadable(version))?;
    Ok(PlanVersion { version, plan, saved_by: row.get("saved_by")?, saved_at: row.get("saved_at")? })
}

/// The version in force, if there is one.
pub(crate) async fn latest(tx: &mut Tx) -> Result<Option<PlanVersion>, PlanError> {
    let sql = "SELECT version, plan, saved_by, saved_at FROM tracking_plans ORDER BY version DESC LIMIT 1";
    tx.one(sql, args![]).await?.as_ref().map(version).transpose()
}

/// Versions, the newest first, older than `before`.
pub(crate) async fn versions(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<PlanVersion>, PlanError> {
    let sql = "SELECT version, plan, saved_by, saved_at FROM tracking_plans \
               WHERE version < $1 ORDER BY version DESC LIMIT $2";
    tx.rows(sql, args![before.unwrap_or(i64::MAX), limit]).await?.iter().map(version).collect()
}

/// Adds a version after `based_on`.
pub(crate) async fn add(
    tx: &mut Tx,
    based_on: i64,
    plan: &TrackingPlan,
    by: &str,
    now: Timestamp,
) -> Result<PlanVersion, PlanError> {
    tx.lock("collect/tracking_plan").await?;
    let at = latest(tx).await?.map_or(0, |latest| latest.version);
    if at != based_on {
        return Err(PlanError::Changed { based_on, now: at });
    }
    let text = serde_json::to_string(plan).map_err(|_| PlanError::Unreadable(at + 1))?;
    tx.execute(
        "INSERT INTO tracking_plans (version, plan, saved_by, saved_at) VALUES ($1, $2, $3, $4)",
        args![at + 1, text, by, now],
    )
    .await?;
    Ok(PlanVersion { version: at + 1, plan: plan.clone(), saved_by: by.to_owned(), saved_at: now })
}
