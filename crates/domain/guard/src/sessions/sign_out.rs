//! `DELETE /api/v1/session`: ends the caller's session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::AppendHeaders;
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, ProblemBody};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};

use super::{SessionError, spent_cookie, store};
use crate::audit::{self, Action, Entry};
use crate::{ClientAddress, Guard};

/// Sign out
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "guard", operation_id = "sign_out",
    responses(
        (status = 204, description = "The session has ended"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn sign_out(
    State(guard): State<Arc<Guard>>,
    Extension(actor): Extension<Actor>,
    from: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Answer<(StatusCode, AppendHeaders<[(http::HeaderName, String); 1]>)> {
    guard.sign_out(&actor, from.map(|Extension(from)| from), &headers).await?;
    let spent = spent_cookie(guard.options.secure_cookies);
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, spent)])))
}

impl Guard {
    async fn sign_out(
        &self,
        actor: &Actor,
        from: Option<ClientAddress>,
        headers: &HeaderMap,
    ) -> Result<(), SessionError> {
        let (session, _) = self.session_in(headers).await?;
        let entry = Entry::by(actor, self.clock.now(), Action::SignedOut, from);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    store::end(tx, &session.id).await?;
                    audit::store::insert(tx, &entry).await?;
                    Ok::<_, SessionError>(())
                })
            })
            .await?;
        self.recognised.forget_all();
        Ok(())
    }
}
