//! `GET /api/v1/identities/reviews`: shared identifiers and storms, held until somebody looks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::outgoing::Review;
use super::{Identity, IdentityError};

const MOST: i64 = 1_000;
const USUAL: i64 = 100;

/// How many.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReviewQuery {
    /// At most so many, 1 to 1000; 100 if absent.
    pub limit: Option<i64>,
}

/// What is held.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityReviewList)]
pub struct ReviewList {
    /// The largest first.
    pub reviews: Vec<Review>,
    /// How many there are in all.
    pub total: usize,
}

/// List shared identifiers and storms that are held for review
#[utoipa::path(
    get, path = "/api/v1/identities/reviews", tag = "people", operation_id = "list_identity_reviews",
    params(ReviewQuery),
    responses(
        (status = 200, description = "What is held", body = ReviewList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_reviews(
    State(identity): State<Arc<Identity>>,
    Params(query): Params<ReviewQuery>,
) -> Answer<Json<ReviewList>> {
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(IdentityError::Bounds { field: "limit", value: limit, least: 1, most: MOST }.into());
    }
    let mut reviews = identity.read().reviews();
    let total = reviews.len();
    reviews.truncate(limit as usize);
    Ok(Json(ReviewList { reviews, total }))
}
