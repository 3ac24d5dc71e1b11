//! `POST /api/v1/insights/people/list`: keeps the people behind a figure as a list, which segments may name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Behind;
use crate::Measure;

/// Which people, and what their list is called.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepBehind {
    /// The point.
    pub of: Behind,
    /// The list's id; whom it held before it holds no longer.
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub name: Option<String>,
}

/// A list as it was kept.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct KeptBehind {
    /// The list's id.
    pub id: String,
    /// How many people it holds.
    pub people: usize,
}

/// Keeps the people behind a figure as a list.
#[utoipa::path(
    post, path = "/api/v1/insights/people/list", tag = "measure", request_body = KeepBehind,
    security(("role" = ["operator"])),
    responses(
        (status = 200, description = "The list", body = KeptBehind),
        (status = 400, description = "There is no such point, or more people than a list holds", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn keep_behind(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<KeepBehind>,
) -> Answer<Json<KeptBehind>> {
    let people: Vec<u32> = question.of.people(&measure).await?.iter().collect();
    let keys = measure.names_of(&people).await?;
    let people = measure.lists.keep(&question.id, question.name.as_deref(), keys).await?;
    Ok(Json(KeptBehind { id: question.id, people }))
}
