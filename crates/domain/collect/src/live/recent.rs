//! The latest events.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::{LiveEvent, read};
use crate::Collect;

/// How many are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecentParams {
    /// How many at most, 1 to 500; 50 if it is not given.
    pub limit: Option<u64>,
}

/// The latest events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecentEvents {
    /// The newest first.
    pub events: Vec<LiveEvent>,
}

/// The latest events, by arrival, newest first.
#[utoipa::path(
    get, path = "/api/v1/events/recent", operation_id = "recent_events", tag = "collect", params(RecentParams),
    responses((status = 200, body = RecentEvents), (status = 400, body = ProblemBody)),
    security(("role" = ["analyst"])),
)]
pub(crate) async fn recent_events(
    State(collect): State<Arc<Collect>>,
    Params(wanted): Params<RecentParams>,
) -> Answer<Json<RecentEvents>> {
    let most = wanted.limit.unwrap_or(50).clamp(1, 500);
    let from = collect.log.end().saturating_sub(most);
    let (mut events, _) = read(&collect.log, from, most as usize).await?;
    events.reverse();
    Ok(Json(RecentEvents { events }))
}
