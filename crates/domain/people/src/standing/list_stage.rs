//! `GET /api/v1/people/lifecycle/{stage}`: who is at a stage of life, or came to it from another.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Stage, moves};
use super::show_lifecycle::LifecycleQuery;
use super::{Standing, StandingBasis, StandingError, StandingQuery};
use crate::identity::PersonId;

const USUAL: u32 = 100;
const MOST: u32 = 1_000;
/// Says of `from` that they had not ordered yet.
const NOT_YET: &str = "none";

/// From where, and which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StagePageQuery {
    /// Only those who were at this stage by the earlier day; `none` for those who had not ordered yet.
    pub from: Option<String>,
    /// At most so many, 1 to 1000; 100 if absent.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A page of those at a stage.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StageMembers {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The earlier day.
    #[schema(value_type = String, format = Date)]
    pub before: LocalDate,
    /// The currency of all spend.
    pub currency: Option<String>,
    /// How many there are.
    pub buyers: u64,
    /// They, in the order of their ids.
    pub members: Vec<StageMember>,
    /// What to give as `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// A buyer at a stage.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StageMember {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// The stage by the earlier day; none for those who had not ordered yet.
    pub from: Option<&'static str>,
    /// When the last order was placed.
    #[schema(value_type = String, format = DateTime)]
    pub last_order_at: Timestamp,
    /// Orders.
    pub orders: u64,
    /// Spend, in minor units.
    pub spend_minor: i64,
}

/// List who is at a stage of life
///
/// By the same days as `show_lifecycle`: give the same parameters.
#[utoipa::path(
    get, path = "/api/v1/people/lifecycle/{stage}", tag = "people", operation_id = "list_stage",
    params(
        ("stage" = String, Path, description = "The stage's code"), StandingQuery, LifecycleQuery, StagePageQuery,
    ),
    responses(
        (status = 200, description = "A page of members", body = StageMembers),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_stage(
    State(standing): State<Arc<Standing>>,
    Segment(code): Segment<String>,
    Params(query): Params<StandingQuery>,
    Params(lifecycle): Params<LifecycleQuery>,
    Params(page): Params<StagePageQuery>,
) -> Answer<Json<StageMembers>> {
    let stage = Stage::from_code(&code).ok_or_else(|| StandingError::Stage(code.chars().take(64).collect()))?;
    let from = page.from.as_deref().map(read_from).transpose()?;
    let limit = page.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(StandingError::number("limit", limit, 1, MOST).into());
    }
    let after = page.after.as_deref().map(read_after).transpose()?;
    let asked = standing.read(&query)?;
    let as_of = standing.as_of(asked).await?;
    let then = lifecycle.then(&as_of)?;
    let (census, now) = (as_of.census.clone(), as_of.moment);
    let found = tokio::task::spawn_blocking(move || {
        let made =
            moves(&census, then, now).filter(|(_, (was, is))| *is == stage && from.is_none_or(|from| from == *was));
        made.map(|(buyer, (was, _))| (buyer, was)).collect::<Vec<(usize, Option<Stage>)>>()
    });
    let found = found.await.map_err(|_| StandingError::Ended)?;
    let id = |buyer: usize| as_of.census.who(buyer).map(|(id, _)| id);
    // Places in a census follow the ids.
    let first = after.map_or(0, |after| found.partition_point(|(buyer, _)| id(*buyer).is_some_and(|id| id <= after)));
    let rest = found.get(first..).unwrap_or_default();
    let shown = rest.get(..limit as usize).unwrap_or(rest);
    let next = shown.last().filter(|_| rest.len() > shown.len()).and_then(|(last, _)| id(*last));
    let who = standing.who(&as_of.census, shown.iter().map(|(buyer, _)| *buyer));
    let members = shown.iter().zip(who).filter_map(|((buyer, was), (person_id, shopper_id))| {
        let orders = as_of.census.orders_of(*buyer, now);
        let told = orders.iter().filter(|order| order.currency.is_some() && order.currency == as_of.currency);
        Some(StageMember {
            person_id,
            shopper_id,
            from: was.map(Stage::code),
            last_order_at: orders.last()?.at,
            orders: orders.len() as u64,
            spend_minor: told.fold(0, |sum, order| sum.saturating_add(order.minor)),
        })
    });
    Ok(Json(StageMembers {
        basis: (&*as_of).into(),
        before: as_of.zone.date_of(then),
        currency: as_of.currency.map(|currency| currency.to_string()),
        buyers: found.len() as u64,
        members: members.collect(),
        next: next.map(|id| id.to_string()),
    }))
}

/// The stage they were at; none where they had not ordered yet.
fn read_from(text: &str) -> Result<Option<Stage>, StandingError> {
    if text == NOT_YET {
        return Ok(None);
    }
    Stage::from_code(text).map(Some).ok_or_else(|| StandingError::From(text.chars().take(64).collect()))
}

fn read_after(text: &str) -> Result<PersonId, StandingError> {
    text.parse().map_err(|_| StandingError::After(text.chars().take(64).collect()))
}
