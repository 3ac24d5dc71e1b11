//! `GET /api/v1/people/value`: what all buyers will still be worth, and how far that can be trusted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_stats::lifetime::Horizon;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::census::AsOf;
use super::held_out::HeldOut;
use super::show_rfm::share;
use super::worth::{Ahead, Expected, MONTH_DAYS, Worth};
use super::{CurrencySpend, Standing, StandingBasis, StandingError, StandingQuery};

/// How many of the most valuable are named.
const TOP: usize = 20;
pub(super) const TENTHS: usize = 10;
const MOST_MONTHS: u32 = 60;
/// The most a month may discount.
const MOST_DISCOUNT: u32 = 1;

/// How far ahead to look.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HorizonQuery {
    /// So many months of 30 days, 1 to 60; 12 if absent.
    pub months: Option<u32>,
    /// How much less money is worth a month later, 0 to 1: 0.01 makes it worth 1 / 1.01. 0.01 if absent.
    pub discount_rate: Option<f64>,
}

impl HorizonQuery {
    /// Reads it.
    pub(crate) fn read(&self) -> Result<(Ahead, f64), StandingError> {
        let (months, rate) = (self.months.unwrap_or(12), self.discount_rate.unwrap_or(0.01));
        if !(1..=MOST_MONTHS).contains(&months) {
            return Err(StandingError::number("months", months, 1, MOST_MONTHS));
        }
        if !(0.0..=f64::from(MOST_DISCOUNT)).contains(&rate) {
            return Err(StandingError::number("discount_rate", rate, 0, MOST_DISCOUNT));
        }
        Ok((Ahead { months, horizon: Horizon::new(months, MONTH_DAYS, rate)? }, rate))
    }
}

/// What all buyers will still be worth.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ValueReport {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The currency of all money.
    pub currency: Option<String>,
    /// What was bought in other currencies: it counts as purchases, but what they spend is taken from those in `currency`.
    pub other_currencies: Vec<CurrencySpend>,
    /// So many months ahead.
    pub months: u32,
    /// How much less money is worth a month later.
    pub discount_rate: f64,
    /// The models.
    pub model: ValueModel,
    /// Those who ordered.
    pub buyers: u64,
    /// How many of them are still customers, by the sum of their probabilities.
    pub alive: f64,
    /// Purchases within the horizon.
    pub expected_purchases: f64,
    /// What these are worth now, in minor units.
    pub lifetime_value_minor: i64,
    /// Tenths of the buyers, the most valuable first.
    pub deciles: Vec<ValueDecile>,
    /// The most valuable.
    pub top: Vec<ValuedBuyer>,
    /// How good the model of purchases was on the last third of the time; none where there are too few orders to tell.
    pub held_out: Option<HeldOut>,
}

/// The models fitted to the shop's orders, time in days and money in minor units.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ValueModel {
    /// Of purchases: BG/NBD.
    pub buying: BuyingModel,
    /// Of spend: Gamma-Gamma.
    pub spending: SpendingModel,
    /// Buyers who came back on a later day and told what they spent.
    pub repeat_buyers: usize,
    /// The correlation, among these, of how often they came back and what they spend, which the model takes for 0: far
    /// from it, values are not to be trusted.
    pub correlation: f64,
}

/// BG/NBD. A customer buys with a rate that is Gamma(r, alpha), and leaves after a purchase with a probability that is
/// Beta(a, b).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "the parameters have no other names than in the paper")]
pub struct BuyingModel {
    pub r: f64,
    pub alpha: f64,
    pub a: f64,
    pub b: f64,
    /// The log-likelihood of the orders.
    pub log_likelihood: f64,
    /// Whether the search for the parameters came to rest. Where it did not, they ran away: as when nobody ever leaves.
    pub converged: bool,
    /// How strongly the parameters had to be held; 0 is maximum likelihood.
    pub ridge: f64,
}

/// Gamma-Gamma. What a customer spends in a purchase varies around a mean of their own, which varies over the customers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "the parameters have no other names than in the paper")]
pub struct SpendingModel {
    pub p: f64,
    pub q: f64,
    /// In minor units.
    pub v: f64,
    /// The log-likelihood of what was spent.
    pub log_likelihood: f64,
    /// Whether the search for the parameters came to rest.
    pub converged: bool,
    /// How strongly the parameters had to be held; 0 is maximum likelihood.
    pub ridge: f64,
}

impl From<&Worth> for ValueModel {
    fn from(worth: &Worth) -> Self {
        let (buying, spending) = (&worth.buying, &worth.spending);
        let ([r, alpha, a, b], [p, q, v]) = (buying.fitted.model.parameters(), spending.fitted.model.parameters());
        Self {
            buying: BuyingModel {
                r,
                alpha,
                a,
                b,
                log_likelihood: buying.fitted.log_likelihood,
                converged: buying.fitted.convergence.converged,
                ridge: buying.ridge,
            },
            spending: SpendingModel {
                p,
                q,
                v,
                log_likelihood: spending.fitted.log_likelihood,
                converged: spending.fitted.convergence.converged,
                ridge: spending.ridge,
            },
            repeat_buyers: worth.repeaters,
            correlation: worth.correlation,
        }
    }
}

/// A tenth of the buyers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ValueDecile {
    /// 1 for the most valuable tenth.
    pub decile: usize,
    /// How many.
    pub buyers: usize,
    /// The least of their values, in minor units.
    pub least_minor: i64,
    /// The greatest.
    pub most_minor: i64,
    /// All together.
    pub lifetime_value_minor: i64,
    /// Of the value of all buyers, 0 to 1.
    pub share: f64,
    /// The mean probability that they are still customers.
    pub alive: f64,
    /// The mean of the purchases expected of them.
    pub expected_purchases: f64,
}

/// A buyer and their value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ValuedBuyer {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// The probability that they are still a customer.
    pub alive: f64,
    /// Purchases within the horizon.
    pub expected_purchases: f64,
    /// What they spend in one, in minor units.
    pub expected_spend_minor: i64,
    /// What all of it is worth now, in minor units.
    pub lifetime_value_minor: i64,
}

/// Show what buyers will still be worth
///
/// BG/NBD tells how often they will buy, Gamma-Gamma for how much, both fitted to the shop's own orders. The orders of one
/// day are one purchase. Too few to learn from is a problem, not a number.
#[utoipa::path(
    get, path = "/api/v1/people/value", tag = "people", operation_id = "show_value",
    params(StandingQuery, HorizonQuery),
    responses(
        (status = 200, description = "The values, and how good they are", body = ValueReport),
        (status = 409, description = "Too few orders to learn from", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_value(
    State(standing): State<Arc<Standing>>,
    Params(query): Params<StandingQuery>,
    Params(horizon): Params<HorizonQuery>,
) -> Answer<Json<ValueReport>> {
    let (asked, (ahead, discount_rate)) = (standing.read(&query)?, horizon.read()?);
    let as_of = standing.as_of(asked).await?;
    let worth = standing.worth(&as_of).await?;
    let held_out = standing.held_out(&as_of).await?;
    let model = ValueModel::from(&*worth);
    let expected = tokio::task::spawn_blocking(move || worth.expected_of_all(ahead)).await;
    let expected = expected.map_err(|_| StandingError::Ended)?;
    let sum = |value: fn(&Expected) -> f64| expected.iter().map(|(_, one)| value(one)).sum::<f64>();
    let total = sum(|one| one.value);
    Ok(Json(ValueReport {
        basis: (&*as_of).into(),
        currency: as_of.currency.map(|currency| currency.to_string()),
        other_currencies: as_of.others.clone(),
        months: ahead.months,
        discount_rate,
        model,
        buyers: expected.len() as u64,
        alive: sum(|one| one.alive),
        expected_purchases: sum(|one| one.purchases),
        lifetime_value_minor: minor(total),
        deciles: deciles(&expected, total),
        top: standing.valued(&as_of, expected.get(..TOP).unwrap_or(&expected)),
        held_out: (*held_out).clone(),
    }))
}

/// To the nearest minor unit.
pub(super) fn minor(amount: f64) -> i64 {
    amount.round() as i64
}

impl Standing {
    /// These buyers by name.
    pub(super) fn valued(&self, as_of: &AsOf, buyers: &[(usize, Expected)]) -> Vec<ValuedBuyer> {
        let who = self.who(&as_of.census, buyers.iter().map(|(buyer, _)| *buyer));
        let valued = |((person_id, shopper_id), (_, one)): ((String, String), &(usize, Expected))| ValuedBuyer {
            person_id,
            shopper_id,
            alive: one.alive,
            expected_purchases: one.purchases,
            expected_spend_minor: minor(one.spend),
            lifetime_value_minor: minor(one.value),
        };
        who.into_iter().zip(buyers).map(valued).collect()
    }
}

/// One of the tenths of buyers sorted by value, which are as equal as can be; 1 is the first.
pub(super) fn tenth(expected: &[(usize, Expected)], decile: usize) -> &[(usize, Expected)] {
    let edge = |tenth: usize| tenth * expected.len() / TENTHS;
    expected.get(edge(decile.saturating_sub(1))..edge(decile)).unwrap_or_default()
}

/// All of them.
fn deciles(expected: &[(usize, Expected)], total: f64) -> Vec<ValueDecile> {
    let decile = |decile: usize| {
        let tenth = tenth(expected, decile);
        let (first, last) = (tenth.first()?.1, tenth.last()?.1);
        let sum = |value: fn(&Expected) -> f64| tenth.iter().map(|(_, one)| value(one)).sum::<f64>();
        let count = tenth.len() as f64;
        Some(ValueDecile {
            decile,
            buyers: tenth.len(),
            least_minor: minor(last.value),
            most_minor: minor(first.value),
            lifetime_value_minor: minor(sum(|one| one.value)),
            share: share(sum(|one| one.value), total),
            alive: sum(|one| one.alive) / count,
            expected_purchases: sum(|one| one.purchases) / count,
        })
    };
    (1..=TENTHS).filter_map(decile).collect()
}
