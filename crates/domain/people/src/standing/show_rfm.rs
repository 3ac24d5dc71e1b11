//! `GET /api/v1/people/rfm`: buyers by how recently, often and much they bought.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_stats::rfm::{Bands, Group};
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::census::AsOf;
use super::rfm::{Cuts, Rfm, Scored};
use super::{CurrencySpend, Standing, StandingBasis, StandingError, StandingQuery};
use crate::shoppers::show_person::Explanation;

/// Members shown of each group.
const SAMPLE: usize = 5;

/// How to cut the scores.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RfmQuery {
    /// Days since the last order that the scores 2, 3, 4 and 5 need at most: `180,90,60,30`. Fifths of the buyers if absent;
    /// equals have equal scores.
    pub recency_cuts: Option<String>,
    /// Orders that the scores 2, 3, 4 and 5 need at least: `2,3,5,8`. Fifths of the buyers if absent.
    pub frequency_cuts: Option<String>,
    /// Spend in minor units that the scores 2, 3, 4 and 5 need at least. Fifths of the buyers if absent.
    pub monetary_cuts: Option<String>,
}

/// Buyers by recency, frequency and money.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RfmReport {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The currency of all spend; none where no order tells its cost.
    pub currency: Option<String>,
    /// What was bought in other currencies, which counts as orders but not as spend.
    pub other_currencies: Vec<CurrencySpend>,
    /// Everybody heard of, buyers or not.
    pub persons: u64,
    /// Those who ordered.
    pub buyers: u64,
    /// Their orders.
    pub orders: u64,
    /// What these cost less what went back, in minor units.
    pub spend_minor: i64,
    /// How recency is scored.
    pub recency: RfmBands,
    /// How frequency is scored.
    pub frequency: RfmBands,
    /// How spend is scored.
    pub monetary: RfmBands,
    /// Buyers by recency and frequency: 25 cells, R5 F5 first, then R5 F4.
    pub matrix: Vec<RfmCell>,
    /// The eight groups, the most valuable first.
    pub groups: Vec<RfmGroup>,
}

/// How something is scored.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RfmBands {
    /// Whether the cuts were given; else they are fifths of the buyers.
    pub fixed: bool,
    /// What the scores 2, 3, 4 and 5 need; null for a score that nobody has, because too many are equal.
    pub cuts: [Option<f64>; 4],
    /// The mean score. To be above it is to be high, in the sense of the groups.
    pub mean: f64,
}

/// The buyers of one score of recency and one of frequency.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RfmCell {
    /// R, 1 to 5.
    pub recency: u8,
    /// F, 1 to 5.
    pub frequency: u8,
    /// How many.
    pub buyers: u64,
    /// Their orders.
    pub orders: u64,
    /// Their spend, in minor units.
    pub spend_minor: i64,
}

/// One of the eight groups.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RfmGroup {
    /// `champions`, `promising`, `at_risk`, `win_back`, `regulars`, `newcomers`, `fading` or `lost`.
    pub group: &'static str,
    /// Its name.
    pub name: Explanation,
    /// How many are in it.
    pub buyers: u64,
    /// Of all buyers, 0 to 1.
    pub share: f64,
    /// Their orders.
    pub orders: u64,
    /// Their spend, in minor units.
    pub spend_minor: i64,
    /// Of all spend, 0 to 1; 0 where nothing was spent.
    pub spend_share: f64,
    /// Some of them, who spent most.
    pub sample: Vec<RfmMember>,
}

/// A buyer and their scores.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RfmMember {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// The day of the last order.
    #[schema(value_type = String, format = Date)]
    pub last_order: LocalDate,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    pub last_order_at: Timestamp,
    /// Days since then.
    pub days_since_order: i64,
    /// Orders.
    pub orders: u64,
    /// Spend, in minor units.
    pub spend_minor: i64,
    /// R, 1 to 5.
    pub recency: u8,
    /// F, 1 to 5.
    pub frequency: u8,
    /// M, 1 to 5.
    pub monetary: u8,
}

/// Show buyers by recency, frequency and money
///
/// Each is scored 1 to 5; those above the mean score are high. High and low of all three make the eight groups.
#[utoipa::path(
    get, path = "/api/v1/people/rfm", tag = "people", operation_id = "show_rfm",
    params(StandingQuery, RfmQuery),
    responses(
        (status = 200, description = "The matrix and the groups", body = RfmReport),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_rfm(
    State(standing): State<Arc<Standing>>,
    Params(query): Params<StandingQuery>,
    Params(rfm): Params<RfmQuery>,
) -> Answer<Json<RfmReport>> {
    let (asked, cuts) = (standing.read(&query)?, rfm.cuts()?);
    let as_of = standing.as_of(asked).await?;
    let rfm = standing.scored(&as_of, cuts).await?;
    let bands = |bands: &Bands, cuts: Option<[f64; 4]>, mean: f64| RfmBands {
        fixed: cuts.is_some(),
        cuts: bands.cuts().map(|cut| cut.is_finite().then_some(cut)),
        mean,
    };
    let all = Sum::of(rfm.buyers.iter());
    Ok(Json(RfmReport {
        basis: (&*as_of).into(),
        currency: as_of.currency.map(|currency| currency.to_string()),
        other_currencies: as_of.others.clone(),
        persons: as_of.census.persons,
        buyers: all.buyers,
        orders: all.orders,
        spend_minor: all.spend_minor,
        recency: bands(&rfm.recency, cuts.recency, rfm.bars.recency),
        frequency: bands(&rfm.frequency, cuts.frequency, rfm.bars.frequency),
        monetary: bands(&rfm.monetary, cuts.monetary, rfm.bars.monetary),
        matrix: matrix(&rfm),
        groups: Group::ALL.map(|group| standing.group(&as_of, &rfm, group, &all)).into(),
    }))
}

impl RfmQuery {
    /// Reads it.
    pub(crate) fn cuts(&self) -> Result<Cuts, StandingError> {
        let four = |name, text: &Option<String>| text.as_deref().map(|text| four(name, text)).transpose();
        Ok(Cuts {
            recency: four("recency_cuts", &self.recency_cuts)?,
            frequency: four("frequency_cuts", &self.frequency_cuts)?,
            monetary: four("monetary_cuts", &self.monetary_cuts)?,
        })
    }
}

fn four(name: &'static str, text: &str) -> Result<[f64; 4], StandingError> {
    let numbers: Vec<f64> = text.split(',').map_while(|number| number.trim().parse().ok()).collect();
    let all = numbers.len() == text.split(',').count() && numbers.iter().all(|number| number.is_finite());
    let wrong = || StandingError::NotCuts { name, text: text.chars().take(64).collect() };
    <[f64; 4]>::try_from(numbers).ok().filter(|_| all).ok_or_else(wrong)
}

/// Some buyers together.
#[derive(Default)]
struct Sum {
    buyers: u64,
    orders: u64,
    spend_minor: i64,
}

impl Sum {
    fn of<'a>(buyers: impl Iterator<Item = &'a Scored>) -> Self {
        let mut sum = Self::default();
        buyers.for_each(|one| sum.add(one));
        sum
    }

    fn add(&mut self, one: &Scored) {
        self.buyers += 1;
        self.orders += one.orders;
        self.spend_minor = self.spend_minor.saturating_add(one.spend_minor);
    }
}

fn matrix(rfm: &Rfm) -> Vec<RfmCell> {
    let mut sums: [[Sum; 5]; 5] = Default::default();
    for one in &rfm.buyers {
        let (row, column) = (5 - usize::from(one.scores.recency), 5 - usize::from(one.scores.frequency));
        sums.get_mut(row).and_then(|row| row.get_mut(column)).into_iter().for_each(|sum| sum.add(one));
    }
    let cells = sums.into_iter().zip((1..=5).rev()).flat_map(|(row, recency)| {
        row.into_iter().zip((1..=5).rev()).map(move |(Sum { buyers, orders, spend_minor }, frequency)| RfmCell {
            recency,
            frequency,
            buyers,
            orders,
            spend_minor,
        })
    });
    cells.collect()
}

/// The share of a part, 0 where there is no whole.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl Standing {
    fn group(&self, as_of: &AsOf, rfm: &Rfm, group: Group, all: &Sum) -> RfmGroup {
        let sum = Sum::of(rfm.members(group));
        let sample: Vec<&Scored> = rfm.members(group).take(SAMPLE).collect();
        RfmGroup {
            group: group.code(),
            name: Explanation { en: group.english().into(), zh: group.chinese().into() },
            buyers: sum.buyers,
            share: share(sum.buyers as f64, all.buyers as f64),
            orders: sum.orders,
            spend_minor: sum.spend_minor,
            spend_share: share(sum.spend_minor as f64, all.spend_minor as f64),
            sample: self.members(as_of, &sample),
        }
    }

    /// These buyers by name.
    pub(super) fn members(&self, as_of: &AsOf, buyers: &[&Scored]) -> Vec<RfmMember> {
        let who = self.who(&as_of.census, buyers.iter().map(|one| one.buyer));
        let member = |(one, (person_id, shopper_id)): (&&Scored, (String, String))| RfmMember {
            person_id,
            shopper_id,
            last_order: as_of.zone.date_of(one.last),
            last_order_at: one.last,
            days_since_order: one.days,
            orders: one.orders,
            spend_minor: one.spend_minor,
            recency: one.scores.recency,
            frequency: one.scores.frequency,
            monetary: one.scores.monetary,
        };
        buyers.iter().zip(who).map(member).collect()
    }
}
