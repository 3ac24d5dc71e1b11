//! `GET /api/v1/erasures`: who was erased, when, and by whom.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::store;
use crate::People;

/// So many are told.
const MOST: i64 = 1_000;

/// Who was erased.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErasureList {
    /// The last first; at most 1,000.
    pub erasures: Vec<ErasureOnRecord>,
}

/// A person who was erased.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErasureOnRecord {
    /// What the person's id was: a digest, which says nothing else of them.
    pub person_id: String,
    /// How many shopper keys they had.
    pub keys: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub erased_at: Timestamp,
    /// By whom: an account or a key.
    pub erased_by: Option<String>,
}

/// List who was erased
#[utoipa::path(
    get, path = "/api/v1/erasures", tag = "people", operation_id = "list_erasures",
    responses(
        (status = 200, description = "Who was erased", body = ErasureList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn list_erasures(State(people): State<Arc<People>>) -> Answer<Json<ErasureList>> {
    let erasures = people.store.read(|tx| Box::pin(async move { store::erasures(tx, MOST).await })).await?;
    let told = erasures.into_iter().map(|one| ErasureOnRecord {
        person_id: one.person_id,
        keys: one.keys,
        erased_at: one.erased_at,
        erased_by: one.erased_by,
    });
    Ok(Json(ErasureList { erasures: told.collect() }))
}
