//! `DELETE /api/v1/tags/{tag}`: a tag is taken out. Its versions stay; one the program comes with can be restored.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, ProblemBody, Segment};

use super::show_tag::TagDetail;
use super::tagging::Tagging;
use super::versions::Change;

/// Delete a tag
#[utoipa::path(
    delete, path = "/api/v1/tags/{tag}", tag = "people", operation_id = "delete_tag",
    params(("tag" = String, Path, description = "The tag's id")),
    responses(
        (status = 200, description = "What the tag was", body = TagDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn delete_tag(
    State(tagging): State<Arc<Tagging>>,
    Segment(tag): Segment<String>,
    actor: Option<Extension<Actor>>,
) -> Answer<Json<TagDetail>> {
    Ok(Json(tagging.people.changed_tag(&tag, Change::Deleted(tag.clone()), None, actor).await?))
}
