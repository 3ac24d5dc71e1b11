//! `POST /api/v1/points/{shopper_id}`: gives points to a shopper, or takes some.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_ledger::{Account, Command, Kind, Leg};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::show_points::PointsView;
use super::{UNIT, earned_leg, points_account};
use crate::Promote;
use crate::checkout::quote_cart::{LONGEST_SHOPPER, check_text};
use crate::checkout::realm::Realm;
use crate::checkout::reserve::{check_key, key_of};

/// Most points given at once.
const MOST: i64 = 1_000_000_000;

/// How many points.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointsForm {
    /// How many; below zero to take some, of those the shopper may spend.
    pub points: i64,
}

/// Give points to a shopper
///
/// They open and expire by the rule. The same key again gives nothing more.
#[utoipa::path(
    post, path = "/api/v1/points/{shopper_id}", tag = "promote", operation_id = "give_points",
    params(
        ("shopper_id" = String, Path, description = "The shop's number for the shopper"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing"),
    ),
    request_body = PointsForm,
    responses(
        (status = 200, description = "Their points", body = PointsView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn give_points(
    State(promote): State<Arc<Promote>>,
    Segment(shopper_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<PointsForm>,
) -> Answer<Json<PointsView>> {
    let key = key_of(&headers);
    check_key(&key)?;
    check_text("shopper_id", &shopper_id, LONGEST_SHOPPER)?;
    if form.points == 0 || !(-MOST..=MOST).contains(&form.points) {
        let says = format!("points is {}, where {} to {MOST} can be, but not 0", form.points, -MOST);
        return Err(Problem::new(Code::InvalidBody, says).at("points").into());
    }
    let (realm, now) = (Realm::default(), promote.clock.now());
    let leg = match form.points {
        points if points > 0 => earned_leg(&realm, &shopper_id, points, promote.offers().points(), now),
        points => {
            let taken = Account::new("taken/points", UNIT, Kind::Gone);
            Leg::new(points_account(&realm, &shopper_id), taken, -points)
        }
    };
    let command = Command::transfer(format!("give/{key}"), vec![leg]);
    promote.lane.carry_out(vec![command], Vec::new()).await.map_err(Problem::from)?;
    Ok(Json(promote.points_of(&shopper_id).await?))
}
