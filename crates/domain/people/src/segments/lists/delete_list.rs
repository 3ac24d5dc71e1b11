//! `DELETE /api/v1/segments/lists/{id}`: deletes a list.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use fanvine_web::{Answer, ProblemBody, Segment};

use crate::People;
use crate::segments::definition::SegmentError;

/// Delete a list
///
/// Refused while segments name it.
#[utoipa::path(
    delete, path = "/api/v1/segments/lists/{id}", tag = "people", operation_id = "delete_segment_list",
    params(("id" = String, Path, description = "The list's id")),
    responses(
        (status = 204, description = "Deleted"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn delete_segment_list(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
) -> Answer<StatusCode> {
    let _one_at_a_time = people.segments.changing.lock().await;
    if people.segments.lists().get(&id).is_none() {
        return Err(SegmentError::NoList(id).into());
    }
    let by: Vec<String> = people.naming_list(&id).into_iter().map(|id| format!("`{id}`")).collect();
    if !by.is_empty() {
        return Err(SegmentError::Named { id, by }.into());
    }
    let deleted = id.clone();
    let delete = people.store.write(move |tx| Box::pin(async move { super::delete(tx, &deleted).await }));
    delete.await.map_err(SegmentError::from)?;
    people.segments.lists_mut().remove(&id);
    Ok(StatusCode::NO_CONTENT)
}
