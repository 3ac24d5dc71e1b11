//! `GET /api/v1/segments/{id}/versions`: what a segment was.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::definition::SegmentError;
use super::{Rule, store};
use crate::People;

/// A version of a segment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentVersion {
    /// Its number, from 1.
    pub version: u32,
    /// What the segment was called.
    pub name: String,
    /// What it was for.
    pub description: String,
    /// The rule as JSON.
    #[schema(value_type = Object)]
    pub rule: serde_json::Value,
    /// The rule as text.
    pub text: String,
    /// When it was saved.
    #[schema(value_type = String, format = DateTime)]
    pub saved_at: Timestamp,
}

/// All versions of a segment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentVersions {
    /// The latest first.
    pub versions: Vec<SegmentVersion>,
}

/// List a segment's versions
#[utoipa::path(
    get, path = "/api/v1/segments/{id}/versions", tag = "people", operation_id = "list_segment_versions",
    params(("id" = String, Path, description = "The segment's id")),
    responses(
        (status = 200, description = "The versions, the latest first", body = SegmentVersions),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_segment_versions(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
) -> Answer<Json<SegmentVersions>> {
    if !people.segments.definitions().contains_key(&id) {
        return Err(SegmentError::NoSegment(id).into());
    }
    let versions = people.store.read(|tx| Box::pin(async move { store::versions(tx, &id).await }));
    let versions = versions.await.map_err(SegmentError::from)?;
    let shown = |one: store::Version| {
        let rule: Option<Rule> = serde_json::from_str(&one.rule).ok();
        SegmentVersion {
            version: one.version,
            name: one.name,
            description: one.description,
            rule: serde_json::from_str(&one.rule).unwrap_or_default(),
            text: rule.map(|rule| rule.to_string()).unwrap_or_default(),
            saved_at: one.saved_at,
        }
    };
    Ok(Json(SegmentVersions { versions: versions.into_iter().map(shown).collect() }))
}
