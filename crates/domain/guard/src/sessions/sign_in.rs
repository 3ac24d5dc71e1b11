//! `POST /api/v1/session`: signs a person in.
//!
//! An unknown e-mail and a wrong password get the same answer after the same work.

use std::sync::Arc;

use axum::extract::State;
use axum::response::AppendHeaders;
use axum::{Extension, Json};
use fanvine_kernel::ids::SessionId;
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody};
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::attempts::Attempt;
use super::{Kept, Session, SessionError, cookie, store};
use crate::accounts::{self, Account, Email, PasswordHash};
use crate::audit::{self, Action, Entry};
use crate::secret::{Fingerprint, Secret, random_token};
use crate::{ClientAddress, Guard};

/// Who wants to sign in.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct SignIn {
    /// The account's e-mail address.
    email: String,
    /// Its password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// Sign in with e-mail and password
#[utoipa::path(
    post, path = "/api/v1/session", tag = "guard", operation_id = "sign_in",
    request_body = SignIn,
    responses(
        (status = 200, description = "Signed in; the session is in the cookie", body = Session),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn sign_in(
    State(guard): State<Arc<Guard>>,
    from: Option<Extension<ClientAddress>>,
    Body(form): Body<SignIn>,
) -> Answer<(AppendHeaders<[(http::HeaderName, String); 1]>, Json<Session>)> {
    let (account, token) = guard.sign_in(from.map(|Extension(from)| from), form).await?;
    let cookie = cookie(&token, guard.options.secure_cookies);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(Session::of(account, &token))))
}

impl Guard {
    async fn sign_in(&self, from: Option<ClientAddress>, form: SignIn) -> Result<(Account, Secret), SessionError> {
        // What is no e-mail address has no account, but takes the same way to the same answer.
        let email = Email::parse(&form.email).ok();
        let email = email.as_ref().map_or("(not an e-mail address)", Email::as_str).to_owned();
        let attempt = Attempt::new(&email, from);
        self.attempts.begin(attempt, self.clock.now()).map_err(|wait_s| {
            tracing::warn!(email, wait_s, "too many attempts to sign in");
            SessionError::TooManyAttempts { wait_s }
        })?;
        let found = {
            let email = email.clone();
            self.store.read(|tx| Box::pin(async move { accounts::store::find_to_sign_in(tx, &email).await })).await?
        };
        let right = self.hasher.verify(&form.password, found.as_ref().map(|(_, hash)| hash)).await?;
        let Some((account, hash)) = found.filter(|_| right) else {
            let entry = Entry::by_name(&email, self.clock.now(), Action::SignInRefused, from);
            self.note(entry).await?;
            return Err(SessionError::WrongCredentials);
        };
        self.attempts.forgive(attempt);
        let token = self.begin_session(&account, hash, from).await?;
        Ok((account, token))
    }

    async fn begin_session(
        &self,
        account: &Account,
        checked: PasswordHash,
        from: Option<ClientAddress>,
    ) -> Result<Secret, SessionError> {
        let now = self.clock.now();
        let token = random_token("", self.entropy.as_ref());
        let fingerprint = Fingerprint::of(token.reveal());
        let id = SessionId::new(now, self.entropy.as_ref());
        let session = Kept { id, account_id: account.id.clone(), created_at: now, seen_at: now };
        let entry = Entry::by_account(account, now, Action::SignedIn, from);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    begin(tx, &session, fingerprint, &checked).await?;
                    store::sweep(tx, now).await?;
                    audit::store::insert(tx, &entry).await?;
                    Ok::<_, SessionError>(())
                })
            })
            .await?;
        Ok(token)
    }

    /// Writes a line of the audit that stands by itself.
    pub(crate) async fn note(&self, entry: Entry) -> Result<(), fanvine_store::StoreError> {
        self.store.write(move |tx| Box::pin(async move { audit::store::insert(tx, &entry).await.map(drop) })).await
    }
}

/// Saves the session, unless the password was changed or the account removed while it was being checked.
async fn begin(tx: &mut Tx, session: &Kept, token: Fingerprint, checked: &PasswordHash) -> Result<(), SessionError> {
    tx.lock(session.account_id.as_str()).await?;
    if accounts::store::password_of(tx, &session.account_id).await?.as_ref() != Some(checked) {
        return Err(SessionError::WrongCredentials);
    }
    store::insert(tx, session, token).await?;
    Ok(())
}
