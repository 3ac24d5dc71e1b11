//! `OPTIONS /v1/profile`: a browser asks whether it may ask.

use http::StatusCode;

/// Answers a browser's preflight request: any origin may ask.
#[utoipa::path(
    options, path = "/v1/profile", operation_id = "preflight_profile", tag = "people",
    responses((status = 204, description = "The profile may be asked for")),
    security(()),
)]
pub(crate) async fn preflight_profile() -> StatusCode {
    StatusCode::NO_CONTENT
}
