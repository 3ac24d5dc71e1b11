//! The rows of webhooks.

use fanvine_store::{StoreError, Tx, args};

use super::Platform;

/// How the webhooks of a source are known to be its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hook {
    pub(crate) platform: Platform,
    pub(crate) secret: String,
}

/// Every source's, by its identifier; those of a platform that is no longer known are passed over.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<(String, Hook)>, StoreError> {
    let rows = tx.rows("SELECT source_id, platform, secret FROM source_webhooks", args![]).await?;
    let mut hooks = Vec::with_capacity(rows.len());
    for row in &rows {
        let name: String = row.get("platform")?;
        if let Some(platform) = Platform::named(&name) {
            hooks.push((row.get("source_id")?, Hook { platform, secret: row.get("secret")? }));
        }
    }
    Ok(hooks)
}

pub(crate) async fn put(
    tx: &mut Tx,
    source: &str,
    hook: &Hook,
    now: fanvine_kernel::Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO source_webhooks (source_id, platform, secret, set_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (source_id) DO UPDATE SET platform = excluded.platform, secret = excluded.secret, \
         set_at = excluded.set_at",
        args![source, hook.platform.as_str(), &hook.secret, now],
    )
    .await?;
    Ok(())
}

/// Whether there was one.
pub(crate) async fn remove(tx: &mut Tx, source: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM source_webhooks WHERE source_id = $1", args![source]).await? > 0)
}
