//! `PATCH /api/v1/accounts/{id}`: another name, role or password.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::{Actor, Role};
use fanvine_kernel::ids::AccountId;
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Deserialize;

use super::{Account, AccountError, NewPassword, PasswordHash, RoleName, check_owner_remains, parse_name, store};
use crate::audit::{self, Action, Entry};
use crate::secret::Secret;
use crate::{ClientAddress, Guard, sessions};

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct AccountChange {
    /// What the person is called.
    name: Option<String>,
    /// What the person may do.
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    /// A new password, 10 to 256 characters. Ends the account's sessions.
    #[schema(value_type = Option<String>, format = Password, min_length = 10, max_length = 256)]
    password: Option<Secret>,
}

/// Change an account
#[utoipa::path(
    patch, path = "/api/v1/accounts/{id}", tag = "guard", operation_id = "change_account",
    params(("id" = String, Path, description = "The account's identifier")),
    request_body = AccountChange,
    responses(
        (status = 200, description = "The account as it is now", body = Account),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn change_account(
    State(guard): State<Arc<Guard>>,
    Extension(actor): Extension<Actor>,
    from: Option<Extension<ClientAddress>>,
    Segment(id): Segment<String>,
    Body(form): Body<AccountChange>,
) -> Answer<Json<Account>> {
    let id: AccountId = id.parse().map_err(|_| AccountError::Unknown(id))?;
    Ok(Json(guard.change_account(&actor, from.map(|Extension(from)| from), id, form).await?))
}

/// A change whose parts are valid.
struct Change {
    id: AccountId,
    name: Option<String>,
    role: Option<Role>,
    password: Option<PasswordHash>,
}

impl Change {
    /// For the audit: which parts, never the password itself.
    fn describe(&self) -> String {
        let name = self.name.as_ref().map(|name| format!("name: {name}"));
        let role = self.role.map(|role| format!("role: {}", role.as_str()));
        let password = self.password.as_ref().map(|_| "password reset".to_owned());
        [name, role, password].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Guard {
    async fn change_account(
        &self,
        actor: &Actor,
        from: Option<ClientAddress>,
        id: AccountId,
        form: AccountChange,
    ) -> Result<Account, AccountError> {
        let name = form.name.as_deref().map(parse_name).transpose()?;
        let password = match &form.password {
            Some(text) => Some(self.hasher.hash(&NewPassword::parse(text)?).await?),
            None => None,
        };
        let change = Change { id, name, role: form.role, password };
        let entry = Entry::by(actor, self.clock.now(), Action::AccountChanged, from)
            .about(change.id.as_str())
            .saying(change.describe());
        let account = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let account = apply(tx, change).await?;
                    audit::store::insert(tx, &entry).await?;
                    Ok::<_, AccountError>(account)
                })
            })
            .await?;
        self.recognised.forget_all();
        Ok(account)
    }
}

async fn apply(tx: &mut Tx, change: Change) -> Result<Account, AccountError> {
    let owners = store::count_owners_held(tx).await?;
    // A session being begun with the old password waits, and then finds it changed.
    tx.lock(change.id.as_str()).await?;
    let mut account = store::find(tx, &change.id).await?.ok_or_else(|| AccountError::Unknown(change.id.to_string()))?;
    if let Some(role) = change.role {
        check_owner_remains(&account, Some(role), owners)?;
        account.role = role;
    }
    if let Some(name) = change.name {
        account.name = name;
    }
    store::set_name_and_role(tx, &account).await?;
    if let Some(password) = &change.password {
        store::set_password(tx, &account.id, password).await?;
        sessions::store::end_all_of(tx, &account.id).await?;
    }
    Ok(account)
}
