//! `GET /api/v1/segments/lists`: every list.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::show_list::ListDetail;
use crate::People;

/// All lists.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentLists {
    /// By id.
    pub lists: Vec<ListDetail>,
}

/// List uploaded lists
#[utoipa::path(
    get, path = "/api/v1/segments/lists", tag = "people", operation_id = "list_segment_lists",
    responses(
        (status = 200, description = "The lists", body = SegmentLists),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_segment_lists(State(people): State<Arc<People>>) -> Answer<Json<SegmentLists>> {
    let ids: Vec<String> = people.segments.lists().all().map(|(id, _)| id.clone()).collect();
    // One that is deleted meanwhile is left out.
    Ok(Json(SegmentLists { lists: ids.iter().filter_map(|id| people.list(id).ok()).collect() }))
}
