//! `DELETE /api/v1/goals/{id}`: gives a target up.

use std::sync::Arc;

use axum::extract::State;
use fanvine_kernel::ids::GoalId;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::{no_goal, store};
use crate::reporting::Reporting;

/// Give a target up
#[utoipa::path(
    delete, path = "/api/v1/goals/{id}", tag = "measure",
    params(("id" = String, Path, description = "The goal's id")),
    security(("role" = ["operator"])),
    responses((status = 204, description = "Deleted"), (status = 404, body = ProblemBody))
)]
pub(crate) async fn delete_goal(
    State(reporting): State<Arc<Reporting>>,
    Segment(id): Segment<GoalId>,
) -> Answer<StatusCode> {
    let wanted = id.clone();
    let deleted = reporting.store.write(move |tx| Box::pin(async move { store::delete(tx, &wanted).await })).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(no_goal(&id).into()) }
}
