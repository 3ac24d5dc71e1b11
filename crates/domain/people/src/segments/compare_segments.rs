//! `GET /api/v1/segments/overlap`: how segments overlap, each with each.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::definition::SegmentError;
use super::overlap::{Overlap, matrix};
use crate::People;

/// Segments compared at once.
const MOST: usize = 20;

/// Which segments.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OverlapQuery {
    /// 2 to 20 ids with commas between them.
    pub ids: String,
}

/// How segments overlap, in people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentOverlap {
    /// The segments, in the order of rows and columns.
    pub segments: Vec<OverlapSegment>,
    /// Row `i`, column `j`: how segment `i` stands to segment `j`.
    pub overlaps: Vec<Vec<Overlap>>,
}

/// A segment compared.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OverlapSegment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many people belong to it.
    pub people: u64,
}

/// Compare segments
#[utoipa::path(
    get, path = "/api/v1/segments/overlap", tag = "people", operation_id = "compare_segments",
    params(OverlapQuery),
    responses(
        (status = 200, description = "Each with each", body = SegmentOverlap),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn compare_segments(
    State(people): State<Arc<People>>,
    Params(query): Params<OverlapQuery>,
) -> Answer<Json<SegmentOverlap>> {
    let ids: Vec<&str> = query.ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if !(2..=MOST).contains(&ids.len()) {
        let (name, value, expected) =
            ("ids", query.ids.chars().take(64).collect(), "2 to 20 ids with commas between them");
        return Err(SegmentError::Parameter { name, value, expected }.into());
    }
    let mut sets: Vec<Vec<u32>> = Vec::with_capacity(ids.len());
    let mut segments = Vec::with_capacity(ids.len());
    for id in ids {
        let members: Vec<u32> = people.first_members(id)?.iter().collect();
        let name = people.segments.definitions().get(id).map(|one| one.name.clone()).unwrap_or_default();
        segments.push(OverlapSegment { id: id.to_owned(), name, people: members.len() as u64 });
        sets.push(members);
    }
    let sets: Vec<&[u32]> = sets.iter().map(Vec::as_slice).collect();
    Ok(Json(SegmentOverlap { segments, overlaps: matrix(&sets) }))
}
