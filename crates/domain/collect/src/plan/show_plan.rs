//! The plan in force.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, ProblemBody};

use super::{PlanError, PlanVersion, store};
use crate::Collect;

/// Shows the tracking plan that is in force.
#[utoipa::path(
    get, path = "/api/v1/tracking-plan", operation_id = "show_tracking_plan", tag = "collect",
    responses((status = 200, body = PlanVersion), (status = 404, body = ProblemBody, description = "There is none")),
    security(("role" = ["analyst"])),
)]
pub(crate) async fn show_tracking_plan(State(collect): State<Arc<Collect>>) -> Answer<Json<PlanVersion>> {
    let latest =
        collect.store.read(|tx| Box::pin(async move { store::latest(tx).await })).await.map_err(Problem::from)?;
    Ok(Json(latest.ok_or_else(|| Problem::new(Code::NotFound, "there is no tracking plan yet"))?))
}

impl Collect {
    /// Puts the latest plan in force.
    pub(crate) async fn reload_plan(&self) -> Result<(), PlanError> {
        let latest = self.store.read(|tx| Box::pin(async move { store::latest(tx).await })).await?;
        let plan = latest.map(|latest| super::Plan::read(&latest.plan)).transpose()?;
        self.plan.set(plan);
        Ok(())
    }
}
