//! The rows of dashboards and of the links to them.

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::{DashboardId, ShareId};
use fanvine_store::{Row, StoreError, Tx, args};

use super::Dashboard;
use super::share::Share;
use crate::reporting::{Ownership, json};

const SELECT: &str = "SELECT dashboard_id, name, description, owner, owner_name, shared, tiles, created_at, updated_at
                      FROM dashboards";

/// Nothing but this program writes tiles; what cannot be read back is passed over with an error in the log.
fn dashboard(row: &Row) -> Result<Option<Dashboard>, StoreError> {
    let (id, tiles): (String, String) = (row.get("dashboard_id")?, row.get("tiles")?);
    let (Ok(id), Ok(tiles)) = (id.parse::<DashboardId>(), serde_json::from_str(&tiles)) else {
        tracing::error!(id, "a dashboard cannot be read back");
        return Ok(None);
    };
    Ok(Some(Dashboard {
        id,
        name: row.get("name")?,
        description: row.get("description")?,
        ownership: Ownership {
            owner: row.get("owner")?,
            owner_name: row.get("owner_name")?,
            shared: row.get("shared")?,
        },
        tiles,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    }))
}

/// All of them, by name.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Dashboard>, StoreError> {
    let rows = tx.rows(format!("{SELECT} ORDER BY name, dashboard_id"), args![]).await?;
    Ok(rows.iter().map(dashboard).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// One of them.
pub(crate) async fn one(tx: &mut Tx, id: &DashboardId) -> Result<Option<Dashboard>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE dashboard_id = $1"), args![id.as_str()]).await?;
    Ok(row.as_ref().map(dashboard).transpose()?.flatten())
}

/// Saves it, new or anew.
pub(crate) async fn save(tx: &mut Tx, dashboard: &Dashboard) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO dashboards (dashboard_id, name, description, owner, owner_name, shared, tiles,
        created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (dashboard_id) DO UPDATE SET name = excluded.name, description = excluded.description,
        shared = excluded.shared, tiles = excluded.tiles, updated_at = excluded.updated_at";
    let Dashboard { id, name, description, ownership, tiles, created_at, updated_at } = dashboard;
    let Ownership { owner, owner_name, shared } = ownership;
    let values =
        args![id.as_str(), name, description, owner, owner_name, *shared, json(tiles), *created_at, *updated_at];
    tx.execute(UPSERT, values).await?;
    tx.execute("DELETE FROM dashboard_tiles WHERE dashboard_id = $1", args![id.as_str()]).await?;
    let tiles = tiles.iter().map(|tile| args![id.as_str(), tile.insight_id.as_str()]).collect();
    tx.insert_many("INSERT INTO dashboard_tiles (dashboard_id, insight_id) VALUES", tiles, "").await?;
    Ok(())
}

/// Forgets it and the links to it.
pub(crate) async fn delete(tx: &mut Tx, id: &DashboardId) -> Result<(), StoreError> {
    for table in [
        "DELETE FROM dashboards WHERE dashboard_id = $1",
        "DELETE FROM dashboard_tiles WHERE dashboard_id = $1",
        "DELETE FROM dashboard_shares WHERE dashboard_id = $1",
    ] {
        tx.execute(table, args![id.as_str()]).await?;
    }
    Ok(())
}

const SHARES: &str = "SELECT share_id, dashboard_id, secret, created_by, created_at, expires_at, revoked_at
                      FROM dashboard_shares";

fn share(row: &Row) -> Result<Option<Share>, StoreError> {
    let (id, dashboard): (String, String) = (row.get("share_id")?, row.get("dashboard_id")?);
    let (Ok(id), Ok(dashboard)) = (id.parse::<ShareId>(), dashboard.parse::<DashboardId>()) else { return Ok(None) };
    Ok(Some(Share {
        id,
        dashboard,
        secret: row.get("secret")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
    }))
}

/// The links to a dashboard, the latest first.
pub(crate) async fn shares(tx: &mut Tx, dashboard: &DashboardId) -> Result<Vec<Share>, StoreError> {
    let sql = format!("{SHARES} WHERE dashboard_id = $1 ORDER BY created_at DESC, share_id DESC");
    let rows = tx.rows(sql, args![dashboard.as_str()]).await?;
    Ok(rows.iter().map(share).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// A link.
pub(crate) async fn one_share(tx: &mut Tx, id: &ShareId) -> Result<Option<Share>, StoreError> {
    let row = tx.one(format!("{SHARES} WHERE share_id = $1"), args![id.as_str()]).await?;
    Ok(row.as_ref().map(share).transpose()?.flatten())
}

/// Saves a new link.
pub(crate) async fn add_share(tx: &mut Tx, share: &Share) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO dashboard_shares (share_id, dashboard_id, secret, created_by, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let Share { id, dashboard, secret, created_by, created_at, expires_at, .. } = share;
    let values = args![id.as_str(), dashboard.as_str(), secret.clone(), created_by, *created_at, *expires_at];
    tx.execute(INSERT, values).await?;
    Ok(())
}

/// Takes a link back. Whether there was one that was not taken back yet.
pub(crate) async fn revoke(
    tx: &mut Tx,
    dashboard: &DashboardId,
    id: &ShareId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE dashboard_shares SET revoked_at = $3
        WHERE dashboard_id = $1 AND share_id = $2 AND revoked_at IS NULL";
    Ok(tx.execute(UPDATE, args![dashboard.as_str(), id.as_str(), now]).await? > 0)
}
