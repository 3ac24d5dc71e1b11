//! `POST /api/v1/insights/attribution`: what led to conversions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, Currency, Problem, Timestamp};
use fanvine_lake::{Column, Snapshot, Walk};
use fanvine_web::{Answer, Body};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::journeys::{Conversions, Following, MILLION, MODELS, NumberOf, Part, Plan, Tally, allocate_signed};
use super::origin::Origin;
use crate::Measure;
use crate::orders::LeftOut;
use crate::overview::Interval;
use crate::walks::events::{EventNames, table};
use crate::walks::missing::MissingEvents;
use crate::walks::period::AskedPeriod;

/// What is attributed, and by what.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributionQuestion {
    /// `channel`, `campaign`, `content`, `sharer`, or any field of an event; by default by channel.
    #[serde(default = "channel")]
    pub by: String,
    /// What counts as a conversion; by default orders.
    #[serde(default)]
    pub conversion: Option<EventNames>,
    /// How long before a conversion a touch counts, seconds: an hour to 366 days; by default 30 days.
    #[serde(default = "a_month")]
    pub look_back_s: u32,
    /// By the time-decay model a touch counts half as much for each so many seconds; by default a week.
    #[serde(default = "a_week")]
    pub half_life_s: u32,
    /// After a pause of so many seconds the same value is another touch; by default half an hour.
    #[serde(default = "half_an_hour")]
    pub gap_s: u32,
    /// Whether coming directly is a channel like any other; by default it says nothing.
    #[serde(default)]
    pub keep_direct: bool,
    /// ISO 4217; by default the shop's, else the one with most orders.
    #[serde(default)]
    pub currency: Option<String>,
    /// When conversions happened.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn channel() -> String {
    "channel".to_owned()
}

fn a_month() -> u32 {
    30 * 86_400
}

fn a_week() -> u32 {
    7 * 86_400
}

fn half_an_hour() -> u32 {
    1_800
}

/// Conversions and what they brought in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionCredit)]
pub struct Credit {
    /// Conversions, to the millionth.
    pub conversions: f64,
    /// In minor units.
    pub revenue_minor: i64,
}

impl From<Part> for Credit {
    fn from(part: Part) -> Self {
        Self { conversions: part.conversions as f64 / MILLION as f64, revenue_minor: part.revenue_minor }
    }
}

/// What is attributed to a value by each model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionCredits)]
pub struct Credits {
    /// All to the first touch.
    pub first: Credit,
    /// All to the last.
    pub last: Credit,
    /// The same to each touch.
    pub linear: Credit,
    /// More to those nearer to the conversion.
    pub time_decay: Credit,
    /// 40 % to the first, 20 % in between, 40 % to the last.
    pub position: Credit,
    /// The same to each value that was touched, which is Shapley's.
    pub shapley: Credit,
    /// By removal effects; none where there are more values than it can be worked out for.
    pub markov: Option<Credit>,
}

/// A value and what is attributed to it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AttributionRow {
    /// The value; none for all values beyond those listed, together.
    pub value: Option<String>,
    /// Touches of journeys that converted.
    pub touches: u64,
    /// Conversions it had a touch in.
    pub assisted: u64,
    /// The share of attributed conversions that would be lost without it, 0 to 1.
    pub removal_effect: Option<f64>,
    /// By model.
    pub credit: Credits,
}

/// What no touch led to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionUnattributed)]
pub struct Unattributed {
    /// Those who only came directly within the window.
    pub direct: Credit,
    /// Those without any touch within the window.
    pub untouched: Credit,
    /// Guests, whose way is not known.
    pub guests: Credit,
}

/// Conversions and what led to them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AttributionAnswer {
    /// The currency of every amount; none while there are no orders and the shop named none.
    pub currency: Option<String>,
    /// What orders in other currencies brought in; never added to the figures.
    pub other_currencies: Vec<LeftOut>,
    /// All conversions: what is attributed and what is not.
    pub total: Credit,
    /// What is attributed. By every model the rows sum to it exactly.
    pub attributed: Credit,
    /// What is not.
    pub unattributed: Unattributed,
    /// Journeys that ended without a conversion.
    pub lost: u64,
    /// Those with most attributed linearly first, at most two hundred; the others are one row more.
    pub rows: Vec<AttributionRow>,
    /// How many values there are in all.
    pub values: usize,
    /// What of its events is no longer kept, where it reaches back so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
}

/// So many values are listed.
const MOST_LISTED: usize = 200;
/// The removal effects of more values take too long.
const MOST_REMOVED: usize = 500;
/// The longest look-back.
const MOST_SECONDS: u32 = 366 * 86_400;

impl AttributionQuestion {
    fn check(&self) -> Result<(), Problem> {
        let wrong = |text: String, at: &str| Err(Problem::new(Code::InvalidParameter, text).at(at));
        if !(3_600..=MOST_SECONDS).contains(&self.look_back_s) {
            let text = format!("`look_back_s` is {}; it may be 3600 to {MOST_SECONDS} seconds", self.look_back_s);
            return wrong(text, "look_back_s");
        }
        if self.half_life_s == 0 {
            return wrong("`half_life_s` is 0; it must be at least a second".to_owned(), "half_life_s");
        }
        if self.gap_s == 0 {
            return wrong("`gap_s` is 0; a pause takes at least a second".to_owned(), "gap_s");
        }
        Ok(())
    }

    async fn count(
        &self,
        measure: &Measure,
        listed: Option<&str>,
    ) -> Result<(Tally, Part, Option<Currency>, Vec<LeftOut>), Problem> {
        self.check()?;
        let period = self.period.read(measure, Interval::Month)?;
        let (from, to) = measure.moments(period);
        let origin = Origin::parse(&self.by)?;
        let snapshot = measure.snapshot()?;
        let (currency, other_currencies) = measure.currency_of(self.currency.as_deref(), period).await?;
        let (conversions, all, guests) = match (&self.conversion, currency) {
            (Some(names), _) => {
                let codes = names.codes(&snapshot, "conversion")?;
                let wanted = table(&snapshot, codes.into_iter().map(|code| (code, true)));
                (Conversions::Events(wanted, currency.map(|code| code.to_string())), None, Part::default())
            }
            (None, Some(currency)) => {
                let orders = measure.orders(&snapshot, period, currency).await?;
                let sum = |orders: &mut dyn Iterator<Item = &crate::orders::Placed>| {
                    orders.fold(Part::default(), |mut sum, order| {
                        sum.add(Part { conversions: MILLION, revenue_minor: order.revenue_minor });
                        sum
                    })
                };
                let known = sum(&mut orders.of.values().flatten());
                let guests = sum(&mut orders.guests.iter());
                (Conversions::Orders(orders), Some(known), guests)
            }
            (None, None) => (Conversions::Orders(Default::default()), Some(Part::default()), Part::default()),
        };
        let plan = Arc::new(Plan {
            silent: silent(&snapshot, &origin),
            keep_direct: self.keep_direct || !origin.may_be_direct(),
            conversions,
            gap_s: self.gap_s,
            look_back_s: self.look_back_s,
            half_life_s: u64::from(self.half_life_s),
            from_s: second(from),
            person: persons(measure, &snapshot),
            listed: listed.map(str::to_owned),
            origin,
        });
        let walk = self.walk(&plan.origin, from, to);
        let parts = measure.walk(snapshot, walk, move |_| Following::new(Arc::clone(&plan))).await?;
        let mut tally = Tally::default();
        parts.iter().for_each(|part| tally.add(&part.tally));
        if let Some(known) = all {
            // Orders of shoppers without any event that could be a touch were not come by.
            let seen = [tally.attributed, tally.direct, tally.untouched];
            tally.untouched.add(known);
            for part in seen {
                tally.untouched.conversions -= part.conversions;
                tally.untouched.revenue_minor -= part.revenue_minor;
            }
        }
        if tally.values.is_empty()
            && let Origin::Field(field) = Origin::parse(&self.by)?
        {
            let snapshot = measure.snapshot()?;
            let events = snapshot.event_names().map(str::to_owned).collect();
            measure.check_field(snapshot, events, field, "by").await?;
        }
        Ok((tally, guests, currency, other_currencies))
    }

    fn walk(&self, origin: &Origin, from: Timestamp, to: Timestamp) -> Walk {
        let begins = from.plus_micros(-i64::from(self.look_back_s) * 1_000_000);
        let mut columns = origin.columns().to_vec();
        if self.conversion.is_some() {
            columns.extend([Column::RevenueMinor, Column::Currency]);
        }
        columns.sort_unstable();
        columns.dedup();
        let events = origin.events().map(|events| {
            let converting = self.conversion.iter().flat_map(|names| names.0.iter().cloned());
            events.into_iter().map(str::to_owned).chain(converting).collect()
        });
        Walk { events, from: Some(begins), to: Some(to), columns, ..Walk::default() }
    }
}

/// Of an attribution: whose conversions had a touch of a value.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindAttributed {
    /// The question.
    pub question: AttributionQuestion,
    /// The value.
    pub value: String,
}

impl BehindAttributed {
    /// The numbers of those behind it.
    pub(crate) async fn people(&self, measure: &Measure) -> Result<RoaringBitmap, Problem> {
        Ok(self.question.count(measure, Some(&self.value)).await?.0.listed)
    }
}

/// What an origin is silent about: by channel and the like the shop's own facts, by sharer all but shares.
fn silent(snapshot: &Snapshot, origin: &Origin) -> Vec<bool> {
    let speaks = |name: &str| match origin.events() {
        Some(events) => events.contains(&name),
        None => !names::THE_SHOPS_OWN.contains(&name),
    };
    let codes = snapshot.event_names().zip(0u16..).filter(|(name, _)| !speaks(name)).map(|(_, code)| (code, true));
    table(snapshot, codes)
}

/// Attributes conversions to what led to them.
#[utoipa::path(
    post, path = "/api/v1/insights/attribution", tag = "measure", request_body = AttributionQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = AttributionAnswer),
        (status = 400, description = "An unknown event, with near names; no field", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_attribution(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<AttributionQuestion>,
) -> Answer<Json<AttributionAnswer>> {
    let (tally, guests, currency, other_currencies) = question.count(&measure, None).await?;
    let (from, to) = measure.moments(question.period.read(&measure, Interval::Month)?);
    let walk = question.walk(&Origin::parse(&question.by)?, from, to);
    let missing = measure.missing(walk.events, walk.from)?;
    Ok(Json(AttributionAnswer { missing, ..answer(tally, guests, currency, other_currencies) }))
}

fn second(moment: Timestamp) -> u32 {
    u32::try_from(moment.micros().div_euclid(1_000_000)).unwrap_or_default()
}

fn persons(measure: &Measure, snapshot: &Snapshot) -> NumberOf {
    let (lake, merges) = (measure.lake.clone(), measure.merges(snapshot));
    Arc::new(move |key| lake.shopper_number(key).map(|number| merges.person(number).unwrap_or(number)))
}

fn answer(tally: Tally, guests: Part, currency: Option<Currency>, other_currencies: Vec<LeftOut>) -> AttributionAnswer {
    let values = tally.values.len();
    let effects = if values > MOST_REMOVED { None } else { tally.journeys.removal(values) };
    let weights: Option<Vec<i64>> = effects
        .as_ref()
        .map(|removal| removal.effects.iter().map(|effect| (effect * (1_i64 << 40) as f64).round() as i64).collect());
    let markov: Option<Vec<Part>> = weights.map(|weights| {
        let conversions = allocate_signed(tally.attributed.conversions, &weights);
        let revenue = allocate_signed(tally.attributed.revenue_minor, &weights);
        conversions
            .into_iter()
            .zip(revenue)
            .map(|(conversions, revenue_minor)| Part { conversions, revenue_minor })
            .collect()
    });
    let mut order: Vec<usize> = (0..values).filter(|place| tally.rows[*place].touches > 0).collect();
    let linear = |place: usize| tally.rows[place].parts[2].conversions;
    order.sort_by(|left, right| {
        linear(*right).cmp(&linear(*left)).then_with(|| tally.values[*left].cmp(&tally.values[*right]))
    });
    let different = order.len();
    let row = |value: Option<String>, places: &[usize]| {
        let mut parts = [Part::default(); MODELS];
        let (mut touches, mut assisted, mut by_markov) = (0, 0, markov.as_ref().map(|_| Part::default()));
        for place in places {
            touches += tally.rows[*place].touches;
            assisted += tally.rows[*place].assisted;
            parts.iter_mut().zip(tally.rows[*place].parts).for_each(|(sum, part)| sum.add(part));
            if let (Some(sum), Some(markov)) = (&mut by_markov, &markov) {
                sum.add(markov[*place]);
            }
        }
        let [first, last, linear, time_decay, position, shapley] = parts.map(Credit::from);
        let removal_effect = match (places, &effects) {
            ([place], Some(removal)) if value.is_some() => Some(removal.effects[*place]),
            _ => None,
        };
        let markov = by_markov.map(Credit::from);
        let credit = Credits { first, last, linear, time_decay, position, shapley, markov };
        AttributionRow { value, touches, assisted, removal_effect, credit }
    };
    let (listed, beyond) = order.split_at(different.min(MOST_LISTED));
    let mut rows: Vec<AttributionRow> =
        listed.iter().map(|place| row(Some(tally.values[*place].clone()), &[*place])).collect();
    if !beyond.is_empty() {
        rows.push(row(None, beyond));
    }
    let mut total = tally.attributed;
    [tally.direct, tally.untouched, guests].into_iter().for_each(|part| total.add(part));
    AttributionAnswer {
        currency: currency.map(|currency| currency.to_string()),
        other_currencies,
        total: total.into(),
        attributed: tally.attributed.into(),
        unattributed: Unattributed {
            direct: tally.direct.into(),
            untouched: tally.untouched.into(),
            guests: guests.into(),
        },
        lost: tally.lost,
        rows,
        values: different,
        missing: Vec::new(),
    }
}
