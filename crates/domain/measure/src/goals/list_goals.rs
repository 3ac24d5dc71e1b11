//! `GET /api/v1/goals`: every goal, and how far it is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_kernel::ids::GoalId;
use fanvine_web::Answer;
use serde::Serialize;
use utoipa::ToSchema;

use super::progress::Progress;
use super::{Goal, GoalTerms, store};
use crate::reporting::Reporting;

/// A goal and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Goal)]
pub struct GoalView {
    /// Its identifier.
    #[schema(value_type = String)]
    pub goal_id: GoalId,
    /// Who changed it last. Insights are asked as they may.
    pub owner: String,
    /// What shall be.
    pub terms: GoalTerms,
    /// How far it is.
    pub progress: Option<Progress>,
    /// Why that cannot be told, if it cannot.
    pub fault: Option<String>,
}

impl GoalView {
    pub(super) fn of(goal: Goal, progress: Result<Progress, Problem>) -> Self {
        let (progress, fault) = match progress {
            Ok(progress) => (Some(progress), None),
            Err(problem) => (None, Some(problem.detail)),
        };
        Self { goal_id: goal.id, owner: goal.ownership.owner_name, terms: goal.terms, progress, fault }
    }
}

/// Goals.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoalList {
    /// All of them, by name.
    pub goals: Vec<GoalView>,
}

/// The goals and how far they are
#[utoipa::path(
    get, path = "/api/v1/goals", tag = "measure", security(("role" = ["analyst"])),
    responses((status = 200, body = GoalList))
)]
pub(crate) async fn list_goals(State(reporting): State<Arc<Reporting>>) -> Answer<Json<GoalList>> {
    let all = reporting.store.read(|tx| Box::pin(async move { store::all(tx).await })).await?;
    let mut goals = Vec::with_capacity(all.len());
    for goal in all {
        let progress = reporting.progress(&goal).await.map(|(progress, _)| progress);
        goals.push(GoalView::of(goal, progress));
    }
    Ok(Json(GoalList { goals }))
}
