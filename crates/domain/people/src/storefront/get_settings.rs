//! `GET /api/v1/storefront`: what a storefront may be told of its shoppers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};

use super::{Settings, Storefront};

/// Show what a storefront may be told of its shoppers
#[utoipa::path(
    get, path = "/api/v1/storefront", tag = "people", operation_id = "get_storefront",
    responses(
        (status = 200, description = "The tags and segments flagged as public", body = Settings),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_settings(State(storefront): State<Arc<Storefront>>) -> Answer<Json<Settings>> {
    Ok(Json(Settings::clone(&*storefront.settings().await?)))
}
