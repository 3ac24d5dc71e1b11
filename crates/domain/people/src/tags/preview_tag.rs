//! `POST /api/v1/tags/preview`: who would have a tag, before it is saved.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};

use super::catalogue::Definition;
use super::tagging::{TagSpread, Tagging};
use super::versions::TagError;
use crate::shoppers::show_person::Explanation;

/// A definition to try.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagPreviewForm {
    /// The tag as it would be.
    pub definition: Definition,
}

/// Who would have a tag.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagPreview {
    /// What it would say and by which formula.
    pub about: Explanation,
    /// How many would have it, how strongly, and some of them.
    #[serde(flatten)]
    pub spread: TagSpread,
}

/// Preview a tag on real people
///
/// Nothing is saved. An interest whose half-life or behaviour weights nobody is scored by yet is scored from the events of
/// up to 2,000 people; `basis.looked_at` tells of how many.
#[utoipa::path(
    post, path = "/api/v1/tags/preview", tag = "people", operation_id = "preview_tag",
    request_body = TagPreviewForm,
    responses(
        (status = 200, description = "Who would have it", body = TagPreview),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn preview_tag(
    State(tagging): State<Arc<Tagging>>,
    Body(form): Body<TagPreviewForm>,
) -> Answer<Json<TagPreview>> {
    form.definition.check_alone().map_err(TagError::from)?;
    let about = tagging.people.tags().about(&form.definition).into();
    let crowd = tagging.crowd(false).await?;
    Ok(Json(TagPreview { about, spread: tagging.preview(crowd, form.definition).await? }))
}
