//! `GET /api/v1/identities/policy`: the policy in force.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};

use super::Identity;
use super::policy::Policy;

/// Read the identity policy
#[utoipa::path(
    get, path = "/api/v1/identities/policy", tag = "people", operation_id = "get_identity_policy",
    responses(
        (status = 200, description = "The policy in force", body = Policy),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_policy(State(identity): State<Arc<Identity>>) -> Answer<Json<Policy>> {
    let policy = identity.read().policy().clone();
    Ok(Json(Policy::clone(&policy)))
}
