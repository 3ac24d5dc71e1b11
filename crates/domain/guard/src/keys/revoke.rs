//! `DELETE /api/v1/keys/{id}`: a server key opens nothing any more.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::ServerKeyId;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::{KeyError, store};
use crate::audit::{self, Action, Entry};
use crate::{ClientAddress, Guard};

/// Revoke a server key
#[utoipa::path(
    delete, path = "/api/v1/keys/{id}", tag = "guard", operation_id = "delete_key",
    params(("id" = String, Path, description = "The key's identifier")),
    responses(
        (status = 204, description = "The key is revoked"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn delete_key(
    State(guard): State<Arc<Guard>>,
    Extension(actor): Extension<Actor>,
    from: Option<Extension<ClientAddress>>,
    Segment(id): Segment<String>,
) -> Answer<StatusCode> {
    let id: ServerKeyId = id.parse().map_err(|_| KeyError::Unknown(id))?;
    guard.revoke_key(&actor, from.map(|Extension(from)| from), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Guard {
    async fn revoke_key(&self, actor: &Actor, from: Option<ClientAddress>, id: ServerKeyId) -> Result<(), KeyError> {
        let entry = Entry::by(actor, self.clock.now(), Action::KeyRevoked, from).about(id.as_str());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let name = store::delete(tx, &id).await?.ok_or_else(|| KeyError::Unknown(id.to_string()))?;
                    audit::store::insert(tx, &entry.saying(name)).await?;
                    Ok::<_, KeyError>(())
                })
            })
            .await?;
        self.recognised.forget_all();
        Ok(())
    }
}
