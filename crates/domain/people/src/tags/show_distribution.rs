//! `GET /api/v1/tags/{tag}/distribution`: how many people have a tag, how strongly, of what, and some of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody, Segment};

use super::list_tags::TagsQuery;
use super::tagging::{TagSpread, Tagging};
use super::versions::{TagError, short};

/// Show how a tag spreads over people
#[utoipa::path(
    get, path = "/api/v1/tags/{tag}/distribution", tag = "people", operation_id = "show_tag_distribution",
    params(("tag" = String, Path, description = "The tag's id"), TagsQuery),
    responses(
        (status = 200, description = "How it spreads", body = TagSpread),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_distribution(
    State(tagging): State<Arc<Tagging>>,
    Segment(tag): Segment<String>,
    Params(query): Params<TagsQuery>,
) -> Answer<Json<TagSpread>> {
    let unknown = || TagError::Unknown(short(&tag));
    let tags = tagging.people.tags();
    let place = tags.tags.iter().position(|one| one.id == tag).ok_or_else(unknown)?;
    let crowd = tagging.crowd(query.fresh == Some(1)).await?;
    let spreads = tagging.spreads(&crowd, &tags).await?;
    let spread = spreads.get(place).ok_or_else(unknown)?;
    Ok(Json(TagSpread::of(&tagging.people, &crowd, spread)))
}
