//! `DELETE /api/v1/accounts/{id}`: somebody no longer signs in.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::AccountId;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::{AccountError, check_owner_remains, store};
use crate::audit::{self, Action, Entry};
use crate::{ClientAddress, Guard, sessions};

/// Delete an account and end its sessions
#[utoipa::path(
    delete, path = "/api/v1/accounts/{id}", tag = "guard", operation_id = "delete_account",
    params(("id" = String, Path, description = "The account's identifier")),
    responses(
        (status = 204, description = "The account is gone"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn delete_account(
    State(guard): State<Arc<Guard>>,
    Extension(actor): Extension<Actor>,
    from: Option<Extension<ClientAddress>>,
    Segment(id): Segment<String>,
) -> Answer<StatusCode> {
    let id: AccountId = id.parse().map_err(|_| AccountError::Unknown(id))?;
    guard.remove_account(&actor, from.map(|Extension(from)| from), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Guard {
    async fn remove_account(
        &self,
        actor: &Actor,
        from: Option<ClientAddress>,
        id: AccountId,
    ) -> Result<(), AccountError> {
        let entry = Entry::by(actor, self.clock.now(), Action::AccountRemoved, from).about(id.as_str());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let owners = store::count_owners_held(tx).await?;
                    tx.lock(id.as_str()).await?;
                    let account = store::find(tx, &id).await?.ok_or_else(|| AccountError::Unknown(id.to_string()))?;
                    check_owner_remains(&account, None, owners)?;
                    sessions::store::end_all_of(tx, &id).await?;
                    store::delete(tx, &id).await?;
                    audit::store::insert(tx, &entry.saying(account.email.to_string())).await?;
                    Ok::<_, AccountError>(())
                })
            })
            .await?;
        self.recognised.forget_all();
        Ok(())
    }
}
