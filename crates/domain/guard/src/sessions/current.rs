//! `GET /api/v1/session`: who is signed in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use http::HeaderMap;

use super::{Kept, Session, SessionError, has_ended, store, token_in};
use crate::secret::{Fingerprint, Secret};
use crate::{Guard, accounts};

/// The caller's session
#[utoipa::path(
    get, path = "/api/v1/session", tag = "guard", operation_id = "read_session",
    responses(
        (status = 200, description = "Who is signed in", body = Session),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn read_session(State(guard): State<Arc<Guard>>, headers: HeaderMap) -> Answer<Json<Session>> {
    let (session, token) = guard.session_in(&headers).await?;
    let found =
        guard.store.read(|tx| Box::pin(async move { accounts::store::find(tx, &session.account_id).await })).await?;
    let account = found.ok_or(SessionError::NoSession)?;
    Ok(Json(Session::of(account, &token)))
}

impl Guard {
    /// The session whose token the request carries.
    pub(crate) async fn session_in(&self, headers: &HeaderMap) -> Result<(Kept, Secret), SessionError> {
        let token = token_in(headers).ok_or(SessionError::NoSession)?;
        let fingerprint = Fingerprint::of(token.reveal());
        let found = self.store.read(|tx| Box::pin(store::find(tx, fingerprint))).await?;
        let session = found.map(|found| found.session).ok_or(SessionError::NoSession)?;
        if has_ended(session.created_at, session.seen_at, self.clock.now()) {
            return Err(SessionError::NoSession);
        }
        Ok((session, token))
    }
}
