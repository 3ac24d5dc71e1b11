//! Saving the plan: as a new version, in force at once.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::Problem;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::Deserialize;

use super::{Plan, PlanVersion, TrackingPlan, store};
use crate::Collect;

/// A plan to be saved.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// The version it was made from; 0 if there was none.
    pub based_on: i64,
    /// The plan.
    pub plan: TrackingPlan,
}

/// Saves the tracking plan as a new version, which is in force at once.
#[utoipa::path(
    put, path = "/api/v1/tracking-plan", operation_id = "put_tracking_plan", tag = "collect", request_body = NewPlan,
    responses(
        (status = 200, body = PlanVersion),
        (status = 400, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "conflict: somebody else saved in between"),
    ),
    security(("role" = ["operator"])),
)]
pub(crate) async fn put_tracking_plan(
    State(collect): State<Arc<Collect>>,
    actor: Option<Extension<Actor>>,
    Body(wanted): Body<NewPlan>,
) -> Answer<Json<PlanVersion>> {
    Plan::read(&wanted.plan).map_err(Problem::from)?;
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    let now = collect.clock.now();
    let saved = collect
        .store
        .write(move |tx| Box::pin(async move { store::add(tx, wanted.based_on, &wanted.plan, &by, now).await }));
    let saved = saved.await.map_err(Problem::from)?;
    collect.reload_plan().await.map_err(Problem::from)?;
    Ok(Json(saved))
}
