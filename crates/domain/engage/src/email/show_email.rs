//! `GET /api/v1/email`: whether e-mail can be sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::ProblemBody;
use serde::Serialize;

use crate::Engage;

/// Whether e-mail can be sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EmailState {
    /// Whether a mail server is set.
    pub set: bool,
}

/// Tell whether e-mail can be sent
#[utoipa::path(
    get, path = "/api/v1/email", tag = "engage", operation_id = "show_email",
    responses(
        (status = 200, description = "Whether it can", body = EmailState),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_email(State(engage): State<Arc<Engage>>) -> Json<EmailState> {
    Json(EmailState { set: engage.mailer.is_set() })
}
