//! `POST /api/v1/tags/{tag}/restore`: a tag is again as the program comes with it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, ProblemBody, Segment};

use super::show_tag::TagDetail;
use super::tagging::Tagging;
use super::versions::Change;

/// Restore a tag to what the program comes with
#[utoipa::path(
    post, path = "/api/v1/tags/{tag}/restore", tag = "people", operation_id = "restore_tag",
    params(("tag" = String, Path, description = "The tag's id")),
    responses(
        (status = 200, description = "The tag", body = TagDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn restore_tag(
    State(tagging): State<Arc<Tagging>>,
    Segment(tag): Segment<String>,
    actor: Option<Extension<Actor>>,
) -> Answer<Json<TagDetail>> {
    Ok(Json(tagging.people.changed_tag(&tag, Change::Restored(tag.clone()), None, actor).await?))
}
