//! `GET /api/v1/people/value/{decile}`: who is in a tenth of the buyers by what they will still be worth.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::show_value::{HorizonQuery, TENTHS, ValuedBuyer, tenth};
use super::{Standing, StandingBasis, StandingError, StandingQuery};

const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ValuePageQuery {
    /// At most so many, 1 to 1000; 100 if absent.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A page of a tenth of the buyers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ValueTenth {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The currency of all money.
    pub currency: Option<String>,
    /// 1 for the most valuable tenth.
    pub decile: u32,
    /// How many are in it.
    pub buyers: u64,
    /// The most valuable first.
    pub members: Vec<ValuedBuyer>,
    /// What to give as `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// List who is in a tenth of the buyers by value
///
/// By the same models as `show_value`: give the same parameters.
#[utoipa::path(
    get, path = "/api/v1/people/value/{decile}", tag = "people", operation_id = "list_value_tenth",
    params(
        ("decile" = u32, Path, description = "1 for the most valuable tenth, to 10"), StandingQuery, HorizonQuery,
        ValuePageQuery,
    ),
    responses(
        (status = 200, description = "A page of members", body = ValueTenth),
        (status = 409, description = "Too few orders to learn from", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_value_tenth(
    State(standing): State<Arc<Standing>>,
    Segment(decile): Segment<u32>,
    Params(query): Params<StandingQuery>,
    Params(horizon): Params<HorizonQuery>,
    Params(page): Params<ValuePageQuery>,
) -> Answer<Json<ValueTenth>> {
    let (asked, (ahead, _)) = (standing.read(&query)?, horizon.read()?);
    if !(1..=TENTHS as u32).contains(&decile) {
        return Err(StandingError::number("decile", decile, 1, TENTHS as u32).into());
    }
    let limit = page.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(StandingError::number("limit", limit, 1, MOST).into());
    }
    let after = page.after.as_deref().map_or(Ok(0), read_after)?;
    let as_of = standing.as_of(asked).await?;
    let worth = standing.worth(&as_of).await?;
    let expected = tokio::task::spawn_blocking(move || worth.expected_of_all(ahead)).await;
    let expected = expected.map_err(|_| StandingError::Ended)?;
    let all = tenth(&expected, decile as usize);
    let rest = all.get(after..).unwrap_or_default();
    let shown = rest.get(..limit as usize).unwrap_or(rest);
    Ok(Json(ValueTenth {
        basis: (&*as_of).into(),
        currency: as_of.currency.map(|currency| currency.to_string()),
        decile,
        buyers: all.len() as u64,
        members: standing.valued(&as_of, shown),
        next: (rest.len() > shown.len()).then(|| (after + shown.len()).to_string()),
    }))
}

/// How many of the tenth the pages before had.
fn read_after(text: &str) -> Result<usize, StandingError> {
    text.parse().map_err(|_| StandingError::After(text.chars().take(64).collect()))
}
