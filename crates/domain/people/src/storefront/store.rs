//! The row of the storefront's settings.

use fanvine_kernel::Timestamp;
use fanvine_store::{StoreError, Tx, args};

use super::Settings;

pub(super) async fn settings(tx: &mut Tx) -> Result<Settings, StoreError> {
    let Some(row) = tx.one("SELECT settings FROM storefront_settings", args![]).await? else {
        return Ok(Settings::default());
    };
    let read = serde_json::from_str(&row.get::<String>("settings")?);
    // What cannot be read flags nothing as public.
    Ok(read
        .inspect_err(|error| tracing::error!(%error, "the storefront's settings cannot be read"))
        .unwrap_or_default())
}

pub(super) async fn put(tx: &mut Tx, settings: &Settings, at: Timestamp, by: Option<String>) -> Result<(), StoreError> {
    let sql = "INSERT INTO storefront_settings (settings_id, settings, changed_at, changed_by) VALUES (1, $1, $2, $3)
               ON CONFLICT (settings_id) DO UPDATE SET settings = excluded.settings, changed_at = excluded.changed_at,
               changed_by = excluded.changed_by";
    // Strings only, so that it cannot fail.
    let text = serde_json::to_string(settings).unwrap_or_default();
    tx.execute(sql, args![text, at, by]).await?;
    Ok(())
}
