//! Giving a source a new write key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::SourceId;
use fanvine_web::{Answer, ProblemBody, Segment};

use super::{SourceView, new_write_key};
use crate::Collect;

/// Gives a source a new write key.
///
/// The old one is refused from now on.
#[utoipa::path(
    post, path = "/api/v1/sources/{id}/rotate", operation_id = "rotate_source", tag = "collect",
    params(("id" = String, Path, description = "The source")),
    responses((status = 200, body = SourceView), (status = 404, body = ProblemBody)),
    security(("role" = ["operator"])),
)]
pub(crate) async fn rotate_source(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
) -> Answer<Json<SourceView>> {
    let key = new_write_key(&*collect.entropy);
    Ok(Json(collect.change_source(&id, None, None, Some(key)).await?))
}
