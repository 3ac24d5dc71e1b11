//! `GET /api/v1/plays/{play_id}/check-ins`: everybody's check-ins of a play, the latest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{CheckedIn, store};
use crate::Promote;
use crate::plays::PlayError;

/// Check-ins, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CheckInList {
    /// Some of them.
    pub check_ins: Vec<CheckedIn>,
    /// Ask again with this as `before` for more; null if there are none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next: Option<Timestamp>,
}

/// Which check-ins.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CheckInQuery {
    /// Only those made before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    pub before: Option<Timestamp>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// List check-ins
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/check-ins", tag = "promote", operation_id = "list_check_ins",
    params(("play_id" = String, Path, description = "The play"), CheckInQuery),
    responses(
        (status = 200, description = "Check-ins, the latest first", body = CheckInList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_check_ins(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Params(wanted): Params<CheckInQuery>,
) -> Answer<Json<CheckInList>> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 200);
    let before = wanted.before.unwrap_or(Timestamp::from_micros(i64::MAX));
    let read = promote.store.read(|tx| Box::pin(async move { store::latest(tx, &play_id, before, limit).await }));
    let found: Result<Vec<_>, StoreError> = read.await;
    let found = found.map_err(PlayError::from)?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(|(_, day)| day.at);
    let check_ins = found.into_iter().map(|(shopper, day)| CheckedIn::of(&shopper, day, false)).collect();
    Ok(Json(CheckInList { check_ins, next }))
}
