//! `POST /api/v1/segments`: defines a segment.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::Deserialize;
use serde_json::Value;

use super::definition::id_of;
use super::saving::{RuleForm, Saving};
use super::show_segment::SegmentDetail;
use crate::People;

/// A segment to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewSegment)]
#[serde(deny_unknown_fields)]
pub struct NewSegment {
    /// By which rules name it: 1 to 64 lower-case letters, digits, `.`, `_` or `-`. Made of the name if absent.
    pub id: Option<String>,
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// What it is for, up to 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// Who belongs to it, as JSON; else give `text`.
    #[schema(value_type = Option<Object>)]
    pub rule: Option<Value>,
    /// Who belongs to it, as text.
    pub text: Option<String>,
    /// Whether those who belong to it already are announced as having entered; false if absent.
    #[serde(default)]
    pub announce_existing: bool,
}

/// Define a segment
///
/// Its members are counted from the whole past, and kept up from then on: `Segment Entered` and `Segment Left` are
/// sent as events.
#[utoipa::path(
    post, path = "/api/v1/segments", tag = "people", operation_id = "create_segment",
    request_body = NewSegment,
    responses(
        (status = 201, description = "The segment", body = SegmentDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn create_segment(
    State(people): State<Arc<People>>,
    Body(form): Body<NewSegment>,
) -> Answer<(StatusCode, Json<SegmentDetail>)> {
    let rule = RuleForm { rule: form.rule, text: form.text }.read()?;
    let id = form.id.unwrap_or_else(|| {
        let definitions = people.segments.definitions();
        id_of(&form.name, "segment", |id| definitions.contains_key(id))
    });
    let saving = Saving {
        id,
        name: form.name,
        description: form.description,
        rule,
        announce_existing: form.announce_existing,
        exists: false,
    };
    let definition = people.save_segment(saving).await?;
    Ok((StatusCode::CREATED, Json(people.segment(&definition.id)?)))
}
