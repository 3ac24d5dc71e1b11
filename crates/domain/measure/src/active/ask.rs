//! `POST /api/v1/insights/active`: how many shoppers come by.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::LocalDate;
use fanvine_kernel::event::names;
use fanvine_lake::DayQuestion;
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::{Plan, Tally, WINDOWS};
use crate::Measure;
use crate::overview::Interval;
use crate::walks::events::EventNames;
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
    let mut starts = period.starts(question.interval);
    let shown = starts.clone();
    let first = shown.first().copied().unwrap_or(period.from);
    // What the first intervals are compared with lies before them.
    let begins = match question.interval {
        Interval::Day => first.plus_days(1 - WINDOWS[1] as i64),
        other => other.start_of(first.plus_days(-1)),
    };
    if question.interval == Interval::Day {
        starts.splice(0..0, (1..WINDOWS[1] as i64).rev().map(|days| first.plus_days(-days)));
    } else {
        starts.insert(0, begins);
    }
    let before = starts.len() - shown.len();
    starts.extend(shown.last().map(|last| question.interval.after(*last)));
    let days: Vec<usize> = starts.iter().filter_map(|start| usize::try_from(start.days_since(begins)).ok()).collect();
    let plan = Plan {
        intervals: days.windows(2).map(|pair| pair[0]..pair[1]).collect(),
        by_day: question.interval == Interval::Day,
    };
    let codes = question.events.as_ref().map(|names| names.codes(&snapshot, "events")).transpose()?;
    let counts = |(name, code): (&str, u16)| match &codes {
        Some(codes) => codes.contains(&code),
        None => !names::THE_SHOPS_OWN.contains(&name),
    };
    let asked = DayQuestion {
        zone: measure.zone,
        from: begins,
        days: days.last().copied().unwrap_or_default(),
        counts: snapshot.event_names().zip(0u16..).map(counts).collect(),
        others: codes.is_none(),
    };
    let parts = measure.by_day(snapshot, asked, move |part| plan.count(&part)).await?;
    let mut tally = Tally::default();
    parts.iter().for_each(|part| tally.add(part));
    Ok(Json(answer(question.interval, before, &shown, &tally)))
}

fn answer(interval: Interval, before: usize, shown: &[LocalDate], tally: &Tally) -> ActiveAnswer {
    let [weekly, monthly] = &tally.windows;
    let by_day = |counts: &[u64], place: usize| counts.get(place).copied().filter(|_| interval == Interval::Day);
    let point = |(start, place): (&LocalDate, usize)| {
        let (active, new, returning) = (tally.active[place], tally.new[place], tally.returning[place]);
        let was_active = place.checked_sub(1).map_or(0, |before| tally.active[before]);
        let monthly = by_day(monthly, place);
        ActivePoint {
            start: *start,
            active,
            new,
            returning,
            resurrected: active - new - returning,
            dormant: was_active - returning,
            weekly: by_day(weekly, place),
            monthly,
            stickiness: monthly.filter(|monthly| *monthly > 0).map(|monthly| active as f64 / monthly as f64),
        }
    };
    ActiveAnswer { interval, points: shown.iter().zip(before..).map(point).collect() }
}
