//! `POST /api/v1/goals` and `PUT /api/v1/goals/{id}`: sets a target.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::GoalId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::StatusCode;

use super::list_goals::GoalView;
use super::{Goal, GoalTerms, no_goal, store};
use crate::reporting::{Ownership, Reporting, asking};

/// The most goals that are kept: all of them are worked out together.
const MOST_GOALS: usize = 50;

impl Reporting {
    /// A goal as it would be saved, after its figure was asked.
    async fn goal(&self, id: GoalId, terms: GoalTerms, actor: &Actor) -> Result<(Goal, GoalView), Problem> {
        let now = self.now();
        let terms = terms.checked()?;
        let goal = Goal { id, ownership: Ownership::of(actor, true), terms, created_at: now, updated_at: now };
        let (progress, _) = self.progress(&goal).await?;
        Ok((goal.clone(), GoalView::of(goal, Ok(progress))))
    }
}

/// Set a target
#[utoipa::path(
    post, path = "/api/v1/goals", tag = "measure", request_body = GoalTerms,
    security(("role" = ["operator"])),
    responses((status = 201, body = GoalView), (status = 400, body = ProblemBody), (status = 409, body = ProblemBody))
)]
pub(crate) async fn save_goal(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Body(terms): Body<GoalTerms>,
) -> Answer<(StatusCode, Json<GoalView>)> {
    let id = GoalId::new(reporting.now(), &*reporting.entropy);
    let (goal, view) = reporting.goal(id, terms, &asking(actor)).await?;
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("goals").await?;
                if store::all(tx).await?.len() >= MOST_GOALS {
                    let text = format!("{MOST_GOALS} goals are kept; delete some first");
                    return Err(Problem::new(Code::Conflict, text));
                }
                Ok(store::save(tx, &goal).await?)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Change a target
#[utoipa::path(
    put, path = "/api/v1/goals/{id}", tag = "measure", request_body = GoalTerms,
    params(("id" = String, Path, description = "The goal's id")),
    security(("role" = ["operator"])),
    responses((status = 200, body = GoalView), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn put_goal(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<GoalId>,
    Body(terms): Body<GoalTerms>,
) -> Answer<Json<GoalView>> {
    let (mut goal, view) = reporting.goal(id, terms, &asking(actor)).await?;
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("goals").await?;
                let before = store::one(tx, &goal.id).await?.ok_or_else(|| no_goal(&goal.id))?;
                goal.created_at = before.created_at;
                Ok::<_, Problem>(store::save(tx, &goal).await?)
            })
        })
        .await?;
    Ok(Json(view))
}
