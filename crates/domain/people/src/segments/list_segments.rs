//! `GET /api/v1/segments`: every live segment with its size.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::show_segment::SegmentDetail;
use crate::People;

/// All live segments.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentList {
    /// By id.
    pub segments: Vec<SegmentDetail>,
}

/// List segments
#[utoipa::path(
    get, path = "/api/v1/segments", tag = "people", operation_id = "list_segments",
    responses(
        (status = 200, description = "The segments", body = SegmentList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_segments(State(people): State<Arc<People>>) -> Answer<Json<SegmentList>> {
    let all: Vec<_> = people.segments.definitions().values().cloned().collect();
    let naming: Vec<(String, Vec<String>)> = all.iter().map(|one| (one.id.clone(), one.rule.segments())).collect();
    let detail = |one: super::Definition| {
        let by = naming.iter().filter(|(_, named)| named.contains(&one.id)).map(|(id, _)| id.clone()).collect();
        people.detail(one, by)
    };
    Ok(Json(SegmentList { segments: all.into_iter().map(detail).collect() }))
}
