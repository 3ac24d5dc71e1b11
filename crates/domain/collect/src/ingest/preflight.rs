//! A browser asks whether it may send.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::cors;

/// Answers a browser's preflight request: any origin may send events.
#[utoipa::path(
    options, path = "/v1/{call}", operation_id = "preflight_events", tag = "collect",
    params(("call" = String, Path, description = "The call")),
    responses((status = 204, description = "Events may be sent")),
    security(()),
)]
pub(crate) async fn preflight() -> Response {
    cors::allow(StatusCode::NO_CONTENT.into_response())
}
