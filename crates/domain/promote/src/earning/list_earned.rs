//! `GET /api/v1/points/{shopper_id}/earned`: the points a shopper was given for what they did.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::store::{self, Gift};
use crate::Promote;

/// Points a shopper was given for what they did, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EarnedPointsList {
    /// Some of them.
    pub earned: Vec<EarnedPoints>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Points a shopper was given for something they did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EarnedPoints {
    /// By which rule.
    pub rule_id: String,
    /// What people call it now; null if it cannot be read back.
    pub name: Option<String>,
    /// How many.
    pub points: i64,
    /// For which event.
    pub event: String,
    /// Its sender's name for it.
    pub message_id: String,
    /// When they came.
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Timestamp,
    /// When they were taken back; null if they were not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub taken_back_at: Option<Timestamp>,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EarnedQuery {
    /// Only those before this one, as `next` said.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// List the points a shopper was given for what they did
#[utoipa::path(
    get, path = "/api/v1/points/{shopper_id}/earned", tag = "promote", operation_id = "list_earned_points",
    params(("shopper_id" = String, Path, description = "The shop's number for the shopper"), EarnedQuery),
    responses(
        (status = 200, description = "Points, the latest first", body = EarnedPointsList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_earned_points(
    State(promote): State<Arc<Promote>>,
    Segment(shopper_id): Segment<String>,
    Params(query): Params<EarnedQuery>,
) -> Answer<Json<EarnedPointsList>> {
    let limit = query.limit.unwrap_or(50).clamp(1, 500);
    // A place nobody was told of is before everything.
    let before = query.before.as_deref().map(|text| {
        let (at, gift) = text.split_once('.').unwrap_or_default();
        (at.parse().unwrap_or(0), gift.to_owned())
    });
    let read =
        promote.store.read(|tx| Box::pin(async move { store::of_shopper(tx, &shopper_id, before, limit).await }));
    let found = read.await.map_err(Problem::from)?;
    let next = found.last().filter(|_| found.len() == limit as usize);
    let next = next.map(|(gift, _)| format!("{}.{}", gift.given_at.micros(), gift.gift));
    let rules = promote.shelf.earning();
    let shown = |(gift, taken_back_at): (Gift, Option<Timestamp>)| {
        let rule = rules.iter().find(|rule| rule.rule_id == gift.rule_id).and_then(|rule| rule.last());
        let Gift { rule_id, points, event, message_id, given_at, .. } = gift;
        let name = rule.map(|version| version.terms.name.clone());
        EarnedPoints { rule_id, name, points, event, message_id, given_at, taken_back_at }
    };
    Ok(Json(EarnedPointsList { earned: found.into_iter().map(shown).collect(), next }))
}
