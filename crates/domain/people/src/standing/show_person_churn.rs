//! `GET /api/v1/people/{shopper_id}/churn`: how likely one person places no order soon, and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::Serialize;

use super::census::Bought;
use super::churn::Known;
use super::show_churn::ChurnQuery;
use super::{Standing, StandingBasis, StandingError, StandingQuery};
use crate::shopper_key::ShopperKey;
use crate::shoppers::show_person::Explanation;

/// How likely a person places no order soon.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonChurn {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The person's id.
    pub person_id: String,
    /// Who places no order in so many days churns.
    pub horizon_days: u32,
    /// The probability that they do.
    pub risk: f64,
    /// What speaks for it and against it, the most telling first.
    pub why: Explanation,
}

/// Show how likely a person places no order soon
///
/// By any of their shopper keys, and by the same model as `show_churn`, which also says how good it is.
#[utoipa::path(
    get, path = "/api/v1/people/{shopper_id}/churn", tag = "people", operation_id = "show_person_churn",
    params(("shopper_id" = String, Path, description = "A user id or an anonymous id, or `key:` and that"), StandingQuery, ChurnQuery),
    responses(
        (status = 200, description = "The risk, and why", body = PersonChurn),
        (status = 409, description = "No order, or too few to learn from", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_person_churn(
    State(standing): State<Arc<Standing>>,
    Segment(ShopperKey(shopper_id)): Segment<ShopperKey>,
    Params(query): Params<StandingQuery>,
    Params(horizon): Params<ChurnQuery>,
) -> Answer<Json<PersonChurn>> {
    let (asked, horizon) = (standing.read(&query)?, horizon.read()?);
    let people = &standing.people;
    people.must_know(&shopper_id)?;
    let as_of = standing.as_of(asked).await?;
    let churn = standing.churn(&as_of, horizon).await?;
    let keys = people.keys_with(&shopper_id);
    let person_id = people.identity().read().person_of(&shopper_id).to_string();
    let counted = people.shoppers().counted(&keys).map_err(StandingError::Unreadable)?;
    let orders: Vec<Bought> = counted.state.orders().iter().map(Bought::from).collect();
    let visits: Vec<u32> = counted.state.visits_began().collect();
    let known = Known::at(&orders, &visits, as_of.moment);
    let known = known.ok_or(StandingError::NoOrdersOf { shopper_id, day: as_of.day })?;
    Ok(Json(PersonChurn {
        basis: (&*as_of).into(),
        person_id,
        horizon_days: churn.horizon_days,
        risk: churn.risk(&known),
        why: churn.why(&known).into(),
    }))
}
