//! The row of the points rule.

use fanvine_store::{StoreError, Tx, args};

use crate::offers::store::json;
use crate::quote::PointsRule;

pub(crate) async fn rule(tx: &mut Tx) -> Result<Option<PointsRule>, StoreError> {
    let Some(row) = tx.one("SELECT rule FROM points_rule WHERE rule_id = 1", args![]).await? else { return Ok(None) };
    let read = serde_json::from_str(&row.get::<String>("rule")?);
    Ok(read.inspect_err(|error| tracing::error!(%error, "the points rule cannot be read back")).ok())
}

pub(crate) async fn save_rule(tx: &mut Tx, rule: &PointsRule) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO points_rule (rule_id, rule) VALUES (1, $1)
        ON CONFLICT (rule_id) DO UPDATE SET rule = excluded.rule";
    tx.execute(UPSERT, args![json(rule)]).await?;
    Ok(())
}
