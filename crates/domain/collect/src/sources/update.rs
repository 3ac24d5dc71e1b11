//! Renaming a source, switching it off and on, having its events completed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::SourceId;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Deserialize;

use super::{SourceView, checked_name};
use crate::Collect;

/// What is to change.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceChange {
    /// The new name.
    pub name: Option<String>,
    /// Whether its events are taken.
    pub enabled: Option<bool>,
    /// Whether what its events leave out of products is completed from the catalogue.
    pub complete_products: Option<bool>,
}

/// Renames a source, switches it off or on, or has its events completed from the catalogue.
///
/// While it is off, its events are refused with 401.
#[utoipa::path(
    patch, path = "/api/v1/sources/{id}", operation_id = "update_source", tag = "collect", request_body = SourceChange,
    params(("id" = String, Path, description = "The source")),
    responses((status = 200, body = SourceView), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)),
    security(("role" = ["operator"])),
)]
pub(crate) async fn update_source(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
    Body(change): Body<SourceChange>,
) -> Answer<Json<SourceView>> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    Ok(Json(collect.change_source(&id, SourceChange { name, ..change }).await?))
}
