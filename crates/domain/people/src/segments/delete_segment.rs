//! `DELETE /api/v1/segments/{id}`: archives a segment.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use fanvine_web::{Answer, ProblemBody, Segment};

use crate::People;

/// Archive a segment
///
/// Nobody belongs to it any more, and nobody is told. Its versions are kept. Refused while other segments name it.
#[utoipa::path(
    delete, path = "/api/v1/segments/{id}", tag = "people", operation_id = "delete_segment",
    params(("id" = String, Path, description = "The segment's id")),
    responses(
        (status = 204, description = "Archived"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn delete_segment(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
) -> Answer<StatusCode> {
    people.archive_segment(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
