//! The versions of the plan.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::{PlanVersion, store};
use crate::Collect;

/// Which versions are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanParams {
    /// How many at most, 1 to 50; 20 if it is not given.
    pub limit: Option<i64>,
    /// Only versions before this one.
    pub before: Option<i64>,
}

/// Versions of the tracking plan.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlanVersions {
    /// The newest first.
    pub versions: Vec<PlanVersion>,
}

/// Lists the versions of the tracking plan.
#[utoipa::path(
    get, path = "/api/v1/tracking-plan/versions", operation_id = "list_tracking_plans", tag = "collect", params(PlanParams),
    responses((status = 200, body = PlanVersions), (status = 400, body = ProblemBody)),
    security(("role" = ["analyst"])),
)]
pub(crate) async fn list_tracking_plans(
    State(collect): State<Arc<Collect>>,
    Params(wanted): Params<PlanParams>,
) -> Answer<Json<PlanVersions>> {
    let (before, limit) = (wanted.before, wanted.limit.unwrap_or(20).clamp(1, 50));
    let read = collect.store.read(move |tx| Box::pin(async move { store::versions(tx, before, limit).await }));
    Ok(Json(PlanVersions { versions: read.await.map_err(Problem::from)? }))
}
