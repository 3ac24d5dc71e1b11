//! `GET /api/v1/goals/{id}`: a goal, day by day, and who contributed to it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::access::{Actor, Means, Role};
use fanvine_kernel::ids::GoalId;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;
use utoipa::ToSchema;

use super::list_goals::GoalView;
use super::progress::{Contribution, GoalPoint};
use super::{Goal, no_goal, store};
use crate::reporting::{Ownership, Reporting};

/// A goal and how it goes.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoalDetail {
    /// The goal.
    pub goal: GoalView,
    /// Day by day.
    pub points: Vec<GoalPoint>,
    /// By channel, the most first; nothing for retention and insights.
    pub by_channel: Vec<Contribution>,
}

impl Goal {
    /// As whom its figure is asked.
    pub(super) fn asker(&self) -> Actor {
        let Ownership { owner, owner_name, .. } = &self.ownership;
        Actor { id: owner.clone(), name: owner_name.clone(), role: Role::Analyst, means: Means::ServerKey }
    }
}

/// A goal, day by day
#[utoipa::path(
    get, path = "/api/v1/goals/{id}", tag = "measure",
    params(("id" = String, Path, description = "The goal's id")),
    security(("role" = ["analyst"])),
    responses((status = 200, body = GoalDetail), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show_goal(
    State(reporting): State<Arc<Reporting>>,
    Segment(id): Segment<GoalId>,
) -> Answer<Json<GoalDetail>> {
    let wanted = id.clone();
    let found = reporting.store.read(move |tx| Box::pin(async move { store::one(tx, &wanted).await })).await?;
    let goal = found.ok_or_else(|| no_goal(&id))?;
    let (progress, points) = reporting.progress(&goal).await?;
    let by_channel = reporting.contributions(&goal).await?;
    Ok(Json(GoalDetail { goal: GoalView::of(goal, Ok(progress)), points, by_channel }))
}
