//! `GET` and `PUT /api/v1/points/rule`: what points are worth and how they are earned.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, ProblemBody};

use super::store;
use crate::Promote;
use crate::quote::{MOST_MINOR, PointsRule};

/// Longest time a point waits or is good, in days.
const MOST_DAYS: i64 = 36_600;

/// Show what points are worth
#[utoipa::path(
    get, path = "/api/v1/points/rule", tag = "promote", operation_id = "get_points_rule",
    responses(
        (status = 200, description = "The rule", body = PointsRule),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_points_rule(State(promote): State<Arc<Promote>>) -> Answer<Json<PointsRule>> {
    let rule = promote.offers().points().cloned();
    Ok(Json(rule.ok_or_else(|| Problem::new(Code::NotFound, "there is no rule for points; set one first"))?))
}

/// Say what points are worth
///
/// Quotes and orders use it from now on; points that were earned keep their dates.
#[utoipa::path(
    put, path = "/api/v1/points/rule", tag = "promote", operation_id = "put_points_rule",
    request_body = PointsRule,
    responses(
        (status = 200, description = "The rule", body = PointsRule),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_points_rule(
    State(promote): State<Arc<Promote>>,
    Body(rule): Body<PointsRule>,
) -> Answer<Json<PointsRule>> {
    check(&rule)?;
    let saved = rule.clone();
    let done = promote.change_offers(move |tx| Box::pin(async move { store::save_rule(tx, &saved).await })).await;
    done.map_err(|error: StoreError| Problem::from(error))?;
    Ok(Json(rule))
}

fn check(rule: &PointsRule) -> Result<(), Problem> {
    rule.check_earning().map_err(|error| Problem::new(Code::InvalidOffer, error.to_string()))?;
    let given = [
        ("minor_per_point", rule.minor_per_point, 0, MOST_MINOR),
        ("most_basis_points", rule.most_basis_points, 0, 10_000),
        ("opens_after_days", rule.opens_after_days, 0, MOST_DAYS),
        (
            "expires_after_days",
            rule.expires_after_days.unwrap_or(MOST_DAYS),
            rule.opens_after_days.saturating_add(1),
            MOST_DAYS,
        ),
    ];
    given.into_iter().try_for_each(|(field, number, least, most)| {
        if (least..=most).contains(&number) {
            return Ok(());
        }
        let says = format!("{field} is {number}, where {least} to {most} can be");
        Err(Problem::new(Code::InvalidOffer, says).at(field))
    })
}
