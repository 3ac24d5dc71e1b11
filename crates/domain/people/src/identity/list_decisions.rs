//! `GET /api/v1/identities/decisions`: what operators decided, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::Identity;
use super::decision::Decided;

/// The decisions in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityDecisionList)]
pub struct DecisionList {
    /// Newest first.
    pub decisions: Vec<Decided>,
}

/// List the decisions in force
#[utoipa::path(
    get, path = "/api/v1/identities/decisions", tag = "people", operation_id = "list_identity_decisions",
    responses(
        (status = 200, description = "The decisions in force", body = DecisionList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_decisions(State(identity): State<Arc<Identity>>) -> Answer<Json<DecisionList>> {
    let mut decisions: Vec<Decided> = identity.read().decisions().all().cloned().collect();
    decisions.sort_by(|one, two| two.decided_at.cmp(&one.decided_at).then_with(|| one.id.cmp(&two.id)));
    Ok(Json(DecisionList { decisions }))
}
