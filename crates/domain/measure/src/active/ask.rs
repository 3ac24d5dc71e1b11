//! `POST /api/v1/insights/active`: how many shoppers come by.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_lake::Walk;
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::{Counting, Plan, Tally, WINDOWS};
use crate::Measure;
use crate::overview::Interval;
use crate::walks::days::Days;
use crate::walks::events::{EventNames, table};
use crate::walks::period::AskedPeriod;

/// Which shoppers, when.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActiveQuestion {
    /// What makes a shopper active; by default anything they do.
    #[serde(default)]
    pub events: Option<EventNames>,
    /// Days, weeks or months.
    #[serde(default = "by_day")]
    pub interval: Interval,
    /// The days.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn by_day() -> Interval {
    Interval::Day
}

/// One interval.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ActivePoint {
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    pub start: LocalDate,
    /// Distinct shoppers.
    pub active: u64,
    /// Those of them never seen before.
    pub new: u64,
    /// Those of them active in the interval before.
    pub returning: u64,
    /// Those of them seen before, but not in the interval before.
    pub resurrected: u64,
    /// Those active in the interval before and not in this one.
    pub dormant: u64,
    /// Active on this day or the six before; only by day.
    pub weekly: Option<u64>,
    /// Active on this day or the 29 before; only by day.
    pub monthly: Option<u64>,
    /// `active` by `monthly`, 0 to 1.
    pub stickiness: Option<f64>,
}

/// Active shoppers by interval.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ActiveAnswer {
    /// How intervals are cut.
    pub interval: Interval,
    /// The intervals in order.
    pub points: Vec<ActivePoint>,
}

/// Counts active shoppers.
#[utoipa::path(
    post, path = "/api/v1/insights/active", tag = "measure", request_body = ActiveQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = ActiveAnswer),
        (status = 400, description = "An unknown event, with near names", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_active(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<ActiveQuestion>,
) -> Answer<Json<ActiveAnswer>> {
    let period = question.period.read(&measure, question.interval)?;
    let snapshot = measure.snapshot()?;
    let shown = period.starts(question.interval);
    let first = shown.first().copied().unwrap_or(period.from);
    // What the first intervals are compared with lies before them.
    let mut starts: Vec<LocalDate> = match question.interval {
        Interval::Day => (1..WINDOWS[1] as i64).rev().map(|days| first.plus_days(-days)).collect(),
        other => vec![other.start_of(first.plus_days(-1))],
    };
    let before = starts.len();
    starts.extend(&shown);
    starts.extend(shown.last().map(|last| question.interval.after(*last)));
    let codes = question.events.as_ref().map(|names| names.codes(&snapshot, "events")).transpose()?;
    let known: Vec<(u16, bool)> = snapshot
        .event_names()
        .zip(0u16..)
        .map(|(name, code)| {
            (code, codes.as_ref().map_or(!names::THE_SHOPS_OWN.contains(&name), |codes| codes.contains(&code)))
        })
        .collect();
    let plan = Arc::new(Plan { days: Days::of(measure.zone, starts), counts: table(&snapshot, known) });
    let end = plan.days.start(plan.days.len()).map(|second| Timestamp::from_seconds(second.into()));
    let walk = Walk { to: end, ..Walk::default() };
    let parts = measure.walk(snapshot, walk, move |_| Counting::new(Arc::clone(&plan))).await?;
    let mut tally = Tally::default();
    parts.iter().for_each(|part| tally.add(&part.tally));
    Ok(Json(answer(question.interval, before, &shown, &tally)))
}

fn answer(interval: Interval, before: usize, shown: &[LocalDate], tally: &Tally) -> ActiveAnswer {
    let in_window = |window: usize| {
        let mut held = 0;
        let changes = tally.windows[window].iter();
        let counts = changes.map(|change| {
            held += change;
            u64::try_from(held).unwrap_or_default()
        });
        counts.collect::<Vec<u64>>()
    };
    let (weekly, monthly) = (in_window(0), in_window(1));
    let by_day = |counts: &[u64], place: usize| (interval == Interval::Day).then(|| counts[place]);
    let point = |(start, place): (&LocalDate, usize)| {
        let (active, new, returning) = (tally.active[place], tally.new[place], tally.returning[place]);
        let was_active = place.checked_sub(1).map_or(0, |before| tally.active[before]);
        let monthly = by_day(&monthly, place);
        ActivePoint {
            start: *start,
            active,
            new,
            returning,
            resurrected: active - new - returning,
            dormant: was_active - returning,
            weekly: by_day(&weekly, place),
            monthly,
            stickiness: monthly.filter(|monthly| *monthly > 0).map(|monthly| active as f64 / monthly as f64),
        }
    };
    ActiveAnswer { interval, points: shown.iter().zip(before..).map(point).collect() }
}
