//! `PUT /api/v1/segments/{id}`: saves a new version of a segment.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Deserialize;
use serde_json::Value;

use super::definition::SegmentError;
use super::saving::{RuleForm, Saving};
use super::show_segment::SegmentDetail;
use crate::People;

/// What a segment becomes. What is absent stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentChange {
    /// What people call it.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Who belongs to it, as JSON.
    #[schema(value_type = Option<Object>)]
    pub rule: Option<Value>,
    /// Who belongs to it, as text.
    pub text: Option<String>,
    /// Whether whoever comes or goes by the change of the rule is announced; false if absent.
    #[serde(default)]
    pub announce_existing: bool,
}

/// Change a segment
///
/// Every save is a new version. While the members of a new rule are counted, those before stay.
#[utoipa::path(
    put, path = "/api/v1/segments/{id}", tag = "people", operation_id = "update_segment",
    params(("id" = String, Path, description = "The segment's id")),
    request_body = SegmentChange,
    responses(
        (status = 200, description = "The segment", body = SegmentDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn update_segment(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
    Body(change): Body<SegmentChange>,
) -> Answer<Json<SegmentDetail>> {
    let before = people.segments.definitions().get(&id).cloned().ok_or_else(|| SegmentError::NoSegment(id.clone()))?;
    let rule = match (change.rule, change.text) {
        (None, None) => before.rule,
        (rule, text) => RuleForm { rule, text }.read()?,
    };
    let saving = Saving {
        id,
        name: change.name.unwrap_or(before.name),
        description: change.description.unwrap_or(before.description),
        rule,
        announce_existing: change.announce_existing,
        exists: true,
    };
    let definition = people.save_segment(saving).await?;
    Ok(Json(people.segment(&definition.id)?))
}
