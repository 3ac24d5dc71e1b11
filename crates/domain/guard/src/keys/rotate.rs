//! `POST /api/v1/keys/{id}/rotate`: a new secret for what a key is used by; the old one goes on for a while.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::ServerKeyId;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::StatusCode;
use serde::Deserialize;

use super::create::CreatedServerKey;
use super::{KeyError, ServerKey, store};
use crate::audit::{self, Action, Entry};
use crate::secret::Fingerprint;
use crate::{ClientAddress, Guard};

/// Longest the old key may go on, in seconds.
const MOST_OVERLAP_S: u32 = 30 * 86_400;
const SECOND: i64 = 1_000_000;

/// How a key is replaced.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRotation {
    /// How long the old key still opens what it did, in seconds: at most 30 days; a day if absent, not at all if 0.
    #[serde(default = "a_day")]
    #[schema(maximum = 2_592_000)]
    overlap_s: u32,
}

fn a_day() -> u32 {
    86_400
}

/// Replace a server key by a new one; its secret is shown once
///
/// The new key has the name and role of the old one, which is refused once `overlap_s` are over.
#[utoipa::path(
    post, path = "/api/v1/keys/{id}/rotate", tag = "guard", operation_id = "rotate_key",
    params(("id" = String, Path, description = "The key's identifier")),
    request_body = KeyRotation,
    responses(
        (status = 201, description = "The new key and its secret", body = CreatedServerKey),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn rotate_key(
    State(guard): State<Arc<Guard>>,
    Extension(actor): Extension<Actor>,
    from: Option<Extension<ClientAddress>>,
    Segment(id): Segment<String>,
    Body(form): Body<KeyRotation>,
) -> Answer<(StatusCode, Json<CreatedServerKey>)> {
    let id: ServerKeyId = id.parse().map_err(|_| KeyError::Unknown(id))?;
    if form.overlap_s > MOST_OVERLAP_S {
        return Err(KeyError::Overlap { seconds: form.overlap_s, most: MOST_OVERLAP_S }.into());
    }
    let from = from.map(|Extension(from)| from);
    Ok((StatusCode::CREATED, Json(guard.rotate_key(&actor, from, id, form.overlap_s).await?)))
}

impl Guard {
    async fn rotate_key(
        &self,
        actor: &Actor,
        from: Option<ClientAddress>,
        id: ServerKeyId,
        overlap_s: u32,
    ) -> Result<CreatedServerKey, KeyError> {
        let now = self.clock.now();
        let until = now.plus_micros(i64::from(overlap_s) * SECOND);
        let (secret, prefix) = self.new_key_secret();
        let new = ServerKeyId::new(now, self.entropy.as_ref());
        let (fingerprint, entry) = (Fingerprint::of(secret.reveal()), Entry::by(actor, now, Action::KeyRotated, from));
        let key = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let old = store::one(tx, &id).await?.ok_or_else(|| KeyError::Unknown(id.to_string()))?;
                    if old.prefix.is_none() {
                        return Err(KeyError::Preset(id.to_string()));
                    }
                    if old.has_expired(now) {
                        return Err(KeyError::Unknown(id.to_string()));
                    }
                    let key = ServerKey {
                        id: new,
                        prefix: Some(prefix),
                        created_at: now,
                        last_used_at: None,
                        expires_at: None,
                        ..old.clone()
                    };
                    store::insert(tx, &key, fingerprint, false).await?;
                    store::expire(tx, &id, until.min(old.expires_at.unwrap_or(until))).await?;
                    let detail = format!("{} replaced by {}, until {until}", old.name, key.id);
                    audit::store::insert(tx, &entry.about(id.as_str()).saying(detail)).await?;
                    Ok::<_, KeyError>(key)
                })
            })
            .await?;
        self.recognised.forget_all();
        Ok(CreatedServerKey { key, secret })
    }
}

impl ServerKey {
    /// Whether it opens nothing any more.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|until| until <= now)
    }
}
