//! `POST /api/v1/accounts`: lets another person sign in.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::{Actor, Role};
use fanvine_kernel::ids::AccountId;
use fanvine_web::{Answer, Body, ProblemBody};
use http::StatusCode;
use serde::Deserialize;

use super::{Account, AccountError, Email, NewPassword, RoleName, parse_name, store};
use crate::audit::{self, Action, Entry};
use crate::secret::Secret;
use crate::{ClientAddress, Guard};

/// A person to let in.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct NewAccount {
    /// The e-mail address to sign in with.
    email: String,
    /// What the person is called.
    name: String,
    /// What the person may do.
    #[schema(value_type = RoleName)]
    role: Role,
    /// A first password, 10 to 256 characters.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    password: Secret,
}

/// Create an account
#[utoipa::path(
    post, path = "/api/v1/accounts", tag = "guard", operation_id = "create_account",
    request_body = NewAccount,
    responses(
        (status = 201, description = "The account", body = Account),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn create_account(
    State(guard): State<Arc<Guard>>,
    Extension(actor): Extension<Actor>,
    from: Option<Extension<ClientAddress>>,
    Body(form): Body<NewAccount>,
) -> Answer<(StatusCode, Json<Account>)> {
    let account = guard.create_account(&actor, from.map(|Extension(from)| from), form).await?;
    Ok((StatusCode::CREATED, Json(account)))
}

impl Guard {
    async fn create_account(
        &self,
        actor: &Actor,
        from: Option<ClientAddress>,
        form: NewAccount,
    ) -> Result<Account, AccountError> {
        let email = Email::parse(&form.email)?;
        let name = parse_name(&form.name)?;
        let password = NewPassword::parse(&form.password)?;
        let now = self.clock.now();
        let hash = self.hasher.hash(&password).await?;
        let account =
            Account { id: AccountId::new(now, self.entropy.as_ref()), email, name, role: form.role, created_at: now };
        let entry = Entry::by(actor, now, Action::AccountCreated, from).about(account.id.as_str()).saying(format!(
            "{} as {}",
            account.email,
            account.role.as_str()
        ));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    store::insert(tx, &account, &hash).await?;
                    audit::store::insert(tx, &entry).await?;
                    Ok(account)
                })
            })
            .await
    }
}
