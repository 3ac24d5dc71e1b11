//! `GET /api/v1/needs`: what shoppers wanted and did not get, the dearest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Currency, LocalDate};
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::mine::{BEFORE, Mined, NOW, Rates, Tally};
use super::period::{NeedsPeriodQuery, Period};
use super::rank::Ranked;
use super::{Kind, Needs, NeedsError};
use crate::shoppers::show_person::Explanation;

const USUAL: u32 = 50;
const MOST: u32 = 500;

/// Which needs.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NeedsQuery {
    /// Only of this kind: `searched_in_vain`, `left_in_cart`, `out_of_stock` or `complained_of`.
    pub kind: Option<String>,
    /// ISO 4217: in whose money to reckon; that of most orders if absent. Money in others is left out.
    pub currency: Option<String>,
    /// Only of so many people or more, 1 to 1,000,000; 2 if absent, as what one person wants once does not recur.
    pub least_people: Option<u32>,
    /// At most so many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
}

/// What shoppers wanted and did not get.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NeedList {
    /// The days looked at.
    pub period: NeedsPeriod,
    /// Those they are compared with.
    pub previous: NeedsPeriod,
    /// So many days somebody has to buy after all.
    pub window_days: u32,
    /// The currency of all money; none where no money is known.
    pub currency: Option<String>,
    /// The shop's own rates, by which losses are reckoned.
    pub rates: NeedRates,
    /// How many needs there are of each kind.
    pub kinds: Vec<NeedKindCount>,
    /// The needs, the dearest first.
    pub needs: Vec<Need>,
    /// All events of the log before this offset were counted.
    pub offset: u64,
}

/// Days from the first to the last, both included.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct NeedsPeriod {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: LocalDate,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub to: LocalDate,
}

impl From<Period> for NeedsPeriod {
    fn from(Period { from, to }: Period) -> Self {
        Self { from, to }
    }
}

/// The shop's own rates in the period, 0 to 1.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NeedRates {
    /// Of the people with a search that found something, those who ordered within the window.
    pub search_conversion: f64,
    /// Of the products people saw in stock, those they bought within the window.
    pub view_conversion: f64,
    /// Of the buyers, those who ordered on more than one day.
    pub return_rate: f64,
    /// The mean order, in minor units.
    pub mean_order_minor: i64,
}

impl NeedRates {
    fn of(rates: &Rates, currency: Option<Currency>) -> Self {
        Self {
            search_conversion: rates.search_conversion(),
            view_conversion: rates.view_conversion(),
            return_rate: rates.return_rate(),
            mean_order_minor: currency.map_or(0, |currency| rates.mean_order(currency).round() as i64),
        }
    }
}

/// How many needs of a kind there are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NeedKindCount {
    /// The kind.
    pub kind: &'static str,
    /// How many.
    pub needs: usize,
    /// What all of them are reckoned to have cost, in minor units. Who wanted several things counts with each.
    pub lost_minor: i64,
}

/// Something wanted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Need {
    /// `searched_in_vain`, `left_in_cart`, `out_of_stock` or `complained_of`.
    pub kind: &'static str,
    /// What: the words searched for, the product's id, the word in feedback.
    pub subject: String,
    /// The product's name, where one is told.
    pub name: Option<String>,
    /// In the period.
    #[serde(flatten)]
    pub count: NeedCount,
    /// How the loss is reckoned.
    pub why: Explanation,
    /// In the period before.
    pub previous: NeedCount,
    /// By how much more people need it than in the period before, as a share of those: 0.5 is half as many more. None if
    /// nobody did.
    pub trend: Option<f64>,
}

/// How often, of whom, at what cost.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct NeedCount {
    /// How often it happened.
    pub times: u64,
    /// To how many people.
    pub people: u64,
    /// How many of them did not buy in time.
    pub unserved: u64,
    /// What that is reckoned to have cost, in minor units.
    pub lost_minor: i64,
}

impl NeedCount {
    fn of(tally: &Tally, lost_minor: i64) -> Self {
        Self { times: tally.times, people: tally.people, unserved: tally.unserved, lost_minor }
    }
}

/// List what shoppers wanted and did not get
///
/// Searches without results, carts left, products out of stock, feedback with a low rating; ranked by what they are
/// reckoned to have cost.
#[utoipa::path(
    get, path = "/api/v1/needs", tag = "people", operation_id = "list_needs",
    params(NeedsPeriodQuery, NeedsQuery),
    responses(
        (status = 200, description = "The needs", body = NeedList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_needs(
    State(needs): State<Arc<Needs>>,
    Params(period): Params<NeedsPeriodQuery>,
    Params(query): Params<NeedsQuery>,
) -> Answer<Json<NeedList>> {
    let (period, window_days) = period.read(needs.people.clock.now(), needs.people.zone)?;
    let asked = query.read()?;
    let mined = needs.mined(period, window_days).await?;
    Ok(Json(asked.list(&mined, period, window_days)))
}

/// What a [`NeedsQuery`] says.
struct Asked {
    kind: Option<Kind>,
    currency: Option<Currency>,
    least_people: u64,
    limit: usize,
}

impl NeedsQuery {
    fn read(&self) -> Result<Asked, NeedsError> {
        let kind = self.kind.as_deref().map(kind_named).transpose()?;
        let currency = self.currency.as_deref().map(str::parse).transpose()?;
        let number = |name, given: Option<u32>, usual, most| match given.unwrap_or(usual) {
            value if (1..=most).contains(&value) => Ok(value),
            value => Err(NeedsError::Number { name, value, least: 1, most }),
        };
        let least_people = number("least_people", self.least_people, 2, 1_000_000)?;
        let limit = number("limit", self.limit, USUAL, MOST)?;
        Ok(Asked { kind, currency, least_people: least_people.into(), limit: limit as usize })
    }
}

/// The kind of that name.
pub(super) fn kind_named(code: &str) -> Result<Kind, NeedsError> {
    Kind::named(code).ok_or_else(|| NeedsError::Kind(code.chars().take(64).collect()))
}

impl Asked {
    fn list(&self, mined: &Mined, period: Period, window_days: u32) -> NeedList {
        let currency = mined.currency(self.currency);
        let [rates, _] = &mined.rates;
        let ranked = mined.ranked(currency, self.least_people, self.kind);
        let kinds = Kind::ALL.map(|kind| {
            let of_kind = ranked.iter().filter(|one| one.kind == kind);
            let lost = of_kind.clone().fold(0i64, |sum, one| sum.saturating_add(one.lost_minor[NOW]));
            NeedKindCount { kind: kind.code(), needs: of_kind.count(), lost_minor: lost }
        });
        NeedList {
            period: period.into(),
            previous: period.previous().into(),
            window_days,
            currency: currency.map(|currency| currency.to_string()),
            rates: NeedRates::of(rates, currency),
            kinds: kinds.into(),
            needs: ranked.iter().take(self.limit).map(|one| Need::of(one, rates, currency)).collect(),
            offset: mined.offset,
        }
    }
}

impl Need {
    fn of(one: &Ranked<'_>, rates: &Rates, currency: Option<Currency>) -> Self {
        let [now, before] = &one.found.tallies;
        let trend = (before.people > 0).then(|| now.people as f64 / before.people as f64 - 1.0);
        Self {
            kind: one.kind.code(),
            subject: one.subject.to_owned(),
            name: one.found.name.clone(),
            count: NeedCount::of(now, one.lost_minor[NOW]),
            why: rates.why(one.kind, now, currency).into(),
            previous: NeedCount::of(before, one.lost_minor[BEFORE]),
            trend,
        }
    }
}
