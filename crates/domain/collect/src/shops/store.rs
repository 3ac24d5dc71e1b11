//! The rows of webhooks.

use std::sync::Arc;

use fanvine_store::{StoreError, Tx, args};

use super::Platform;
use super::custom::Custom;
use crate::said::Said;
use crate::segment::Fault;

/// How the webhooks of a source are known to be its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hook {
    pub(crate) platform: Platform,
    pub(crate) secret: String,
    /// Of a platform that is not known by name.
    pub(crate) custom: Option<Arc<Custom>>,
}

impl Hook {
    /// What a body of this topic tells, in Segment's words, or why one event of it cannot be told.
    pub(crate) fn said(&self, topic: &str, body: &str) -> Vec<Result<Said, Fault>> {
        match &self.custom {
            Some(custom) => custom.said(body).0,
            None => self.platform.said(topic, body),
        }
    }
}

/// Every source's, by its identifier; those of a platform that is no longer known are passed over.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<(String, Hook)>, StoreError> {
    let rows = tx.rows("SELECT source_id, platform, secret, custom FROM source_webhooks", args![]).await?;
    let mut hooks = Vec::with_capacity(rows.len());
    for row in &rows {
        let name: String = row.get("platform")?;
        if let Some(platform) = Platform::named(&name) {
            let custom: Option<String> = row.get("custom")?;
            // Only what was read before is ever written.
            let custom = custom.and_then(|text| serde_json::from_str(&text).ok()).map(Arc::new);
            hooks.push((row.get("source_id")?, Hook { platform, secret: row.get("secret")?, custom }));
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
    let custom = hook.custom.as_ref().and_then(|custom| serde_json::to_string(custom).ok());
    tx.execute(
        "INSERT INTO source_webhooks (source_id, platform, secret, set_at, custom) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (source_id) DO UPDATE SET platform = excluded.platform, secret = excluded.secret, \
         set_at = excluded.set_at, custom = excluded.custom",
        args![source, hook.platform.as_str(), &hook.secret, now, custom],
    )
    .await?;
    Ok(())
}

/// The platform that was set, with its secret.
pub(crate) async fn secret(tx: &mut Tx, source: &str) -> Result<Option<(String, String)>, StoreError> {
    let row = tx.one("SELECT platform, secret FROM source_webhooks WHERE source_id = $1", args![source]).await?;
    row.map(|row| Ok((row.get("platform")?, row.get("secret")?))).transpose()
}

/// Whether there was one.
pub(crate) async fn remove(tx: &mut Tx, source: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM source_webhooks WHERE source_id = $1", args![source]).await? > 0)
}
