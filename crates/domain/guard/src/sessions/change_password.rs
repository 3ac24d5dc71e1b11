//! `PUT /api/v1/session/password`: a new password for the caller; the caller's other sessions end.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use fanvine_contracts::access::Actor;
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::attempts::Attempt;
use super::{Kept, SessionError, store};
use crate::accounts::{self, NewPassword, PasswordHash};
use crate::audit::{self, Action, Entry};
use crate::secret::Secret;
use crate::{ClientAddress, Guard};

/// The password as it is and as it shall be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct ChangePassword {
    /// The password used until now.
    #[schema(value_type = String, format = Password)]
    current: Secret,
    /// The new one, 10 to 256 characters.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 256)]
    new: Secret,
}

/// Change the caller's password; the caller's other sessions end
#[utoipa::path(
    put, path = "/api/v1/session/password", tag = "guard", operation_id = "change_password",
    request_body = ChangePassword,
    responses(
        (status = 204, description = "The password is changed"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn change_password(
    State(guard): State<Arc<Guard>>,
    Extension(actor): Extension<Actor>,
    from: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    Body(form): Body<ChangePassword>,
) -> Answer<StatusCode> {
    guard.change_password(&actor, from.map(|Extension(from)| from), &headers, form).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Guard {
    async fn change_password(
        &self,
        actor: &Actor,
        from: Option<ClientAddress>,
        headers: &HeaderMap,
        form: ChangePassword,
    ) -> Result<(), SessionError> {
        let new = NewPassword::parse(&form.new).map_err(SessionError::NewPassword)?;
        let (session, _) = self.session_in(headers).await?;
        let attempt = Attempt::new(&actor.name, from);
        self.attempts.begin(attempt, self.clock.now()).map_err(|wait_s| SessionError::TooManyAttempts { wait_s })?;
        let account = session.account_id.clone();
        let kept = self
            .store
            .read(|tx| Box::pin(async move { accounts::store::password_of(tx, &account).await }))
            .await?
            .ok_or(SessionError::NoSession)?;
        if !self.hasher.verify(&form.current, Some(&kept)).await? {
            self.note(Entry::by(actor, self.clock.now(), Action::PasswordChangeRefused, from)).await?;
            return Err(SessionError::WrongCurrentPassword);
        }
        self.attempts.forgive(attempt);
        let hash = self.hasher.hash(&new).await?;
        let entry = Entry::by(actor, self.clock.now(), Action::PasswordChanged, from);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    change(tx, &session, &kept, &hash).await?;
                    audit::store::insert(tx, &entry).await?;
                    Ok::<_, SessionError>(())
                })
            })
            .await?;
        self.recognised.forget_all();
        Ok(())
    }
}

/// Saves the new password, unless the old one has been changed since it was checked.
async fn change(tx: &mut Tx, session: &Kept, checked: &PasswordHash, new: &PasswordHash) -> Result<(), SessionError> {
    tx.lock(session.account_id.as_str()).await?;
    if accounts::store::password_of(tx, &session.account_id).await?.as_ref() != Some(checked) {
        return Err(SessionError::WrongCurrentPassword);
    }
    accounts::store::set_password(tx, &session.account_id, new).await?;
    store::end_others_of(tx, &session.account_id, &session.id).await?;
    Ok(())
}
