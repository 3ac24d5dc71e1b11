//! `POST /api/v1/keys`: a new server key, its secret shown this once.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::{Actor, Role};
use fanvine_kernel::ids::ServerKeyId;
use fanvine_web::{Answer, Body, ProblemBody};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{KeyError, PREFIX, SHOWN, ServerKey, store};
use crate::accounts::{RoleName, parse_name};
use crate::audit::{self, Action, Entry};
use crate::secret::{Fingerprint, Secret, random_token};
use crate::{ClientAddress, Guard};

/// A key to make.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct NewServerKey {
    /// What to call it.
    name: String,
    /// What its bearer may do; operator if absent.
    #[serde(default = "operator")]
    #[schema(value_type = Option<RoleName>)]
    role: Role,
}

fn operator() -> Role {
    Role::Operator
}

/// A key just made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CreatedServerKey {
    pub(super) key: ServerKey,
    /// The secret to send as `Authorization: Bearer …`; it cannot be shown again.
    #[schema(value_type = String)]
    pub(super) secret: Secret,
}

/// Create a server key; its secret is shown once
#[utoipa::path(
    post, path = "/api/v1/keys", tag = "guard", operation_id = "create_key",
    request_body = NewServerKey,
    responses(
        (status = 201, description = "The key and its secret", body = CreatedServerKey),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn create_key(
    State(guard): State<Arc<Guard>>,
    Extension(actor): Extension<Actor>,
    from: Option<Extension<ClientAddress>>,
    Body(form): Body<NewServerKey>,
) -> Answer<(StatusCode, Json<CreatedServerKey>)> {
    let made = guard.create_key(&actor, from.map(|Extension(from)| from), form).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

impl Guard {
    /// A secret, and what is shown of it ever after.
    pub(super) fn new_key_secret(&self) -> (Secret, String) {
        let secret = random_token(PREFIX, self.entropy.as_ref());
        let shown = secret.reveal().chars().take(SHOWN).collect();
        (secret, shown)
    }

    async fn create_key(
        &self,
        actor: &Actor,
        from: Option<ClientAddress>,
        form: NewServerKey,
    ) -> Result<CreatedServerKey, KeyError> {
        let name = parse_name(&form.name).map_err(KeyError::Name)?;
        let now = self.clock.now();
        let (secret, prefix) = self.new_key_secret();
        let key = ServerKey {
            id: ServerKeyId::new(now, self.entropy.as_ref()),
            name,
            role: form.role,
            prefix: Some(prefix),
            created_at: now,
            last_used_at: None,
            expires_at: None,
        };
        let entry = Entry::by(actor, now, Action::KeyCreated, from).about(key.id.as_str()).saying(format!(
            "{} as {}",
            key.name,
            key.role.as_str()
        ));
        let fingerprint = Fingerprint::of(secret.reveal());
        let key = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    store::insert(tx, &key, fingerprint, false).await?;
                    audit::store::insert(tx, &entry).await?;
                    Ok::<_, KeyError>(key)
                })
            })
            .await?;
        Ok(CreatedServerKey { key, secret })
    }
}
