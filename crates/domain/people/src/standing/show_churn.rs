//! `GET /api/v1/people/churn`: who will probably not buy again soon, and how far that can be trusted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_stats::evaluate::Bin;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::census::AsOf;
use super::churn::{COLUMNS, Churn, Known, LEAST_DAYS, MOST_DAYS, Trial, read_after};
use super::{Standing, StandingBasis, StandingError, StandingQuery};
use crate::identity::PersonId;
use crate::shoppers::show_person::Explanation;

const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// Within how long somebody should buy again.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChurnQuery {
    /// Who places no order in so many days churns: 7 to 365. If absent, a quarter of the time that orders span, at most
    /// 90.
    pub horizon_days: Option<u32>,
}

impl ChurnQuery {
    pub(super) fn read(&self) -> Result<Option<u32>, StandingError> {
        match self.horizon_days {
            Some(days) if !(LEAST_DAYS..=MOST_DAYS).contains(&days) => {
                Err(StandingError::number("horizon_days", days, LEAST_DAYS, MOST_DAYS))
            }
            days => Ok(days),
        }
    }
}

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChurnPageQuery {
    /// Only buyers at this risk or less, 0 to 1; all if absent.
    pub most_risk: Option<f64>,
    /// At most so many buyers, 1 to 1000; 100 if absent.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Who will probably not buy again soon.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChurnReport {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The currency of all spend.
    pub currency: Option<String>,
    /// Who places no order in so many days churns.
    pub horizon_days: u32,
    /// The model.
    pub model: ChurnModel,
    /// How good such a model was on days it had not seen.
    pub held_out: ChurnTrial,
    /// Buyers.
    pub buyers: u64,
    /// How many of them will churn, by the sum of their risks.
    pub expected_to_churn: f64,
    /// Buyers by their risk: 0 to 0.1, 0.1 to 0.2 …, ten in all.
    pub histogram: Vec<u64>,
    /// A page of buyers, those at the greatest risk first.
    pub people: Vec<BuyerAtRisk>,
    /// What to give as `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// A logistic regression over what is known of a buyer; all as ln(1 + value), on one scale.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChurnModel {
    /// The day from which on it was seen who ordered, to learn from.
    #[schema(value_type = String, format = Date)]
    pub learnt_as_of: LocalDate,
    /// The log-odds of an average buyer.
    pub intercept: f64,
    /// What each raises them by.
    pub weights: Vec<ChurnWeight>,
    /// Whether the search for the weights came to rest.
    pub converged: bool,
}

/// What something known of a buyer says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChurnWeight {
    /// What.
    pub feature: &'static str,
    /// In words.
    pub label: Explanation,
    /// By how much one standard deviation of it raises the log-odds.
    pub weight: f64,
}

/// How good a model was: learnt as of one day, held against what happened after another.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChurnTrial {
    /// As of when it had learnt.
    #[schema(value_type = String, format = Date)]
    pub learnt_as_of: LocalDate,
    /// As of when it told who would churn.
    #[schema(value_type = String, format = Date)]
    pub told_as_of: LocalDate,
    /// Buyers then.
    pub buyers: usize,
    /// How many of them churned.
    pub churned: usize,
    /// How often one who churned had the higher risk than one who did not; 0.5 is chance.
    pub auc: f64,
    /// The mean squared difference between risk and what happened; 0 is perfect.
    pub brier: f64,
    /// The same of telling everybody the share that churned.
    pub brier_of_share: f64,
    /// The mean difference between risk and share over the parts below, by their buyers.
    pub calibration_error: f64,
    /// Buyers by their risk, a tenth of 0 to 1 each.
    pub calibration: Vec<ChurnBin>,
}

/// Buyers of about the same risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChurnBin {
    /// How many.
    pub buyers: usize,
    /// Their mean risk.
    pub predicted: f64,
    /// The share of them that churned.
    pub observed: f64,
}

impl From<&Bin> for ChurnBin {
    fn from(bin: &Bin) -> Self {
        Self { buyers: bin.count, predicted: bin.predicted, observed: bin.observed }
    }
}

/// A buyer and their risk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BuyerAtRisk {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// The probability that they place no order within the horizon.
    pub risk: f64,
    /// When they ordered last.
    #[schema(value_type = String, format = DateTime)]
    pub last_order_at: Timestamp,
    /// Orders.
    pub orders: u64,
    /// What these cost less what went back, in minor units of the currency asked for.
    pub spend_minor: i64,
    /// What speaks for it and against it.
    pub why: Explanation,
}

/// Show who will probably not buy again soon
///
/// A logistic regression learnt from the shop's own buyers, tried on days it had not seen.
#[utoipa::path(
    get, path = "/api/v1/people/churn", tag = "people", operation_id = "show_churn",
    params(StandingQuery, ChurnQuery, ChurnPageQuery),
    responses(
        (status = 200, description = "The risks, and how good they are", body = ChurnReport),
        (status = 409, description = "Too few orders to learn from", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_churn(
    State(standing): State<Arc<Standing>>,
    Params(query): Params<StandingQuery>,
    Params(horizon): Params<ChurnQuery>,
    Params(page): Params<ChurnPageQuery>,
) -> Answer<Json<ChurnReport>> {
    let (asked, horizon) = (standing.read(&query)?, horizon.read()?);
    let limit = page.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(StandingError::number("limit", limit, 1, MOST).into());
    }
    let most = page.most_risk.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&most) {
        return Err(StandingError::number("most_risk", most, 0, 1).into());
    }
    let after = page.after.as_deref().map(read_after).transpose()?;
    let as_of = standing.as_of(asked).await?;
    let churn = standing.churn(&as_of, horizon).await?;
    let mut histogram = vec![0; 10];
    for (_, risk) in &churn.risks {
        histogram.get_mut(((risk * 10.0) as usize).min(9)).into_iter().for_each(|count| *count += 1);
    }
    let (people, next) = standing.at_risk(&as_of, &churn, most, after, limit as usize);
    Ok(Json(ChurnReport {
        basis: (&*as_of).into(),
        currency: as_of.currency.map(|currency| currency.to_string()),
        horizon_days: churn.horizon_days,
        model: ChurnModel::of(&churn, &as_of),
        held_out: ChurnTrial::of(&churn, &as_of),
        buyers: churn.risks.len() as u64,
        expected_to_churn: churn.risks.iter().map(|(_, risk)| risk).sum(),
        histogram,
        people,
        next,
    }))
}

impl ChurnModel {
    fn of(churn: &Churn, as_of: &AsOf) -> Self {
        let weights = COLUMNS.into_iter().zip(&churn.model.weights).map(|((feature, en, zh), weight)| ChurnWeight {
            feature,
            label: Explanation { en: en.into(), zh: zh.into() },
            weight: *weight,
        });
        Self {
            learnt_as_of: as_of.zone.date_of(churn.tried_at),
            intercept: churn.model.intercept,
            weights: weights.collect(),
            converged: churn.model.converged,
        }
    }
}

impl ChurnTrial {
    fn of(churn: &Churn, as_of: &AsOf) -> Self {
        let Trial { buyers, churned, auc, brier, brier_of_share, ref calibration, calibration_error } = churn.trial;
        Self {
            learnt_as_of: as_of.zone.date_of(churn.learnt_at),
            told_as_of: as_of.zone.date_of(churn.tried_at),
            buyers,
            churned,
            auc,
            brier,
            brier_of_share,
            calibration_error,
            calibration: calibration.iter().map(ChurnBin::from).collect(),
        }
    }
}

impl Standing {
    /// A page of buyers by their risk.
    fn at_risk(
        &self,
        as_of: &AsOf,
        churn: &Churn,
        most: f64,
        after: Option<(f64, PersonId)>,
        limit: usize,
    ) -> (Vec<BuyerAtRisk>, Option<String>) {
        let id = |buyer| as_of.census.who(buyer).map(|(id, _)| id);
        // Places in a census follow the ids, so this is the order of the list, also from one census to the next.
        let is_after = |(buyer, risk): &&(usize, f64)| {
            after.is_none_or(|(before, person)| {
                *risk < before || (*risk == before && id(*buyer).is_some_and(|id| id > person))
            })
        };
        let within = churn.risks.iter().filter(|(_, risk)| *risk <= most);
        let mut page: Vec<(usize, f64)> = within.filter(is_after).take(limit + 1).copied().collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).and_then(|(buyer, risk)| Some(format!("{risk}.{}", id(*buyer)?)));
        let who = self.who(&as_of.census, page.iter().map(|(buyer, _)| *buyer));
        let people = who.into_iter().zip(page).filter_map(|((person_id, shopper_id), (buyer, risk))| {
            let orders = as_of.census.orders_of(buyer, as_of.moment);
            let known = Known::at(orders, as_of.census.visits_of(buyer), as_of.moment)?;
            let in_currency = orders.iter().filter(|order| order.currency == as_of.currency);
            Some(BuyerAtRisk {
                person_id,
                shopper_id,
                risk,
                last_order_at: orders.last()?.at,
                orders: orders.len() as u64,
                spend_minor: in_currency.fold(0, |sum: i64, order| sum.saturating_add(order.minor)),
                why: churn.why(&known).into(),
            })
        });
        (people.collect(), next)
    }
}
