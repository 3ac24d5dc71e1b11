//! `GET /api/v1/plays` and `GET /api/v1/plays/{play_id}`: the plays, by identifier.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{PlayError, PlayTerms, store};
use crate::Promote;

/// A play as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PlayView {
    /// Its identifier.
    pub play_id: String,
    /// Its latest version.
    pub version: i64,
    /// The version that is published; none is if null.
    pub published_version: Option<i64>,
    /// When it was first made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its latest version was made.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// What its latest version promises.
    pub terms: PlayTerms,
}

/// Plays, by identifier.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlayList {
    /// Some of them.
    pub plays: Vec<PlayView>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<String>,
}

/// Which plays.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlayQuery {
    /// Only those after this identifier.
    pub after: Option<String>,
    /// At most this many; 100 if absent, 1,000 at most.
    pub limit: Option<u32>,
}

/// List plays
#[utoipa::path(
    get, path = "/api/v1/plays", tag = "promote", operation_id = "list_plays",
    params(PlayQuery),
    responses(
        (status = 200, description = "Plays by identifier", body = PlayList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_plays(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<PlayQuery>,
) -> Answer<Json<PlayList>> {
    let (after, limit) = (query.after.unwrap_or_default(), query.limit.unwrap_or(100).clamp(1, 1_000));
    let plays = promote.store.read(|tx| Box::pin(async move { store::list(tx, &after, limit).await })).await;
    let plays: Vec<PlayView> = plays.map_err(|error: StoreError| Problem::from(error))?;
    let full = plays.len() == limit as usize;
    let next = plays.last().filter(|_| full).map(|play| play.play_id.clone());
    Ok(Json(PlayList { plays, next }))
}

/// Show a play
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}", tag = "promote", operation_id = "get_play",
    params(("play_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The play", body = PlayView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_play(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
) -> Answer<Json<PlayView>> {
    let wanted = play_id.clone();
    let found = promote.store.read(|tx| Box::pin(async move { store::one(tx, &wanted).await })).await;
    let found: Option<PlayView> = found.map_err(|error: StoreError| Problem::from(error))?;
    Ok(Json(found.ok_or(PlayError::Unknown(play_id))?))
}
