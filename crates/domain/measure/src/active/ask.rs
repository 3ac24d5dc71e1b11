//! `POST /api/v1/insights/active`: how many shoppers come by.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{LocalDate, Problem};
use fanvine_lake::{DayPart, DayQuestion, Days, Snapshot, Walk};
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::{Marked, Marking, Plan, Tally, WINDOWS};
use crate::Measure;
use crate::overview::Interval;
use crate::walks::choice::Choice;
use crate::walks::events::AskedEvents;
use crate::walks::missing::MissingEvents;
use crate::walks::period::AskedPeriod;

/// Which shoppers, when.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActiveQuestion {
    /// What makes a shopper active; by default anything they do.
    #[serde(default)]
    pub events: Option<AskedEvents>,
    /// Only people who belong to this segment now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
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
    /// What of its events is no longer kept, though it matters for who is new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
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
    let asked = question.read(&measure)?;
    let snapshot = measure.snapshot()?;
    let choice = question.choice(&measure, &snapshot)?;
    let plan = asked.plan.clone();
    let mut tally = Tally::default();
    if choice.is_plain() && question.segment.is_none() {
        let table: Vec<u64> = choice.table().collect();
        let means = |code: u16| table.get(usize::from(code)).is_some_and(|bits| *bits != 0);
        let mut counts = question.counts(&snapshot);
        let others = counts.pop().unwrap_or_default() && table.last().is_some_and(|bits| *bits != 0);
        let counts = counts.into_iter().zip(0u16..).map(|(counts, code)| counts && means(code)).collect();
        let (zone, from, days) = (measure.zone, asked.from, asked.days);
        let asked = DayQuestion { zone, from, days, counts, others, again: false, stop: None };
        let parts = measure.by_day(snapshot, asked, move |part| plan.count(&part)).await?;
        parts.iter().for_each(|part| tally.add(part));
    } else {
        let parts = question.mark(&measure, &asked, snapshot, choice).await?;
        parts.iter().for_each(|part| tally.add(&plan.count(part)));
    }
    let missing = measure
        .missing(question.events.as_ref().and_then(|events| events.names()).map(|names| names.0.clone()), None)?;
    Ok(Json(ActiveAnswer { missing, ..answer(question.interval, asked.before, &asked.shown, &tally) }))
}

/// A question's days.
pub(crate) struct AskedDays {
    pub(crate) plan: Plan,
    /// The first day looked at: what the first intervals are compared with lies before them.
    from: LocalDate,
    /// How many days are looked at.
    days: usize,
    /// How many intervals lie before those shown.
    pub(crate) before: usize,
    /// The first days of those shown.
    pub(crate) shown: Vec<LocalDate>,
}

impl ActiveQuestion {
    /// Its days.
    pub(crate) fn read(&self, measure: &Measure) -> Result<AskedDays, Problem> {
        let period = self.period.read(measure, self.interval)?;
        let mut starts = period.starts(self.interval);
        let shown = starts.clone();
        let first = shown.first().copied().unwrap_or(period.from);
        // What the first intervals are compared with lies before them.
        let begins = match self.interval {
            Interval::Day => first.plus_days(1 - WINDOWS[1] as i64),
            other => other.start_of(first.plus_days(-1)),
        };
        if self.interval == Interval::Day {
            starts.splice(0..0, (1..WINDOWS[1] as i64).rev().map(|days| first.plus_days(-days)));
        } else {
            starts.insert(0, begins);
        }
        let before = starts.len() - shown.len();
        starts.extend(shown.last().map(|last| self.interval.after(*last)));
        let days = starts.iter().filter_map(|start| usize::try_from(start.days_since(begins)).ok());
        let days: Vec<usize> = days.collect();
        let plan = Plan {
            intervals: days.windows(2).map(|pair| pair[0]..pair[1]).collect(),
            by_day: self.interval == Interval::Day,
        };
        Ok(AskedDays { plan, from: begins, days: days.last().copied().unwrap_or_default(), before, shown })
    }

    pub(crate) fn choice(&self, measure: &Measure, snapshot: &Snapshot) -> Result<Choice, Problem> {
        let mut choice = Choice::new(snapshot, measure.zone);
        choice.add(0, self.events.as_ref(), snapshot, "events")?;
        Ok(choice)
    }

    /// By code whether an event may make somebody active; the last is for names without one. The shop's own facts only
    /// where they are named.
    fn counts(&self, snapshot: &Snapshot) -> Vec<bool> {
        let named = self.events.as_ref().is_some_and(|events| events.names().is_some());
        let own = |name: &str| named || !names::THE_SHOPS_OWN.contains(&name);
        snapshot.event_names().map(own).chain([true]).collect()
    }

    /// Who came by on which day, by their numbers, looking at every event.
    pub(crate) async fn mark(
        &self,
        measure: &Measure,
        asked: &AskedDays,
        snapshot: Snapshot,
        choice: Choice,
    ) -> Result<Vec<DayPart>, Problem> {
        let days = Days::of(measure.zone, (0..=asked.days as i64).map(|after| asked.from.plus_days(after)));
        let to = Some(measure.zone.start_of(asked.from.plus_days(asked.days as i64)));
        let mut walk = Walk { to, ..Walk::default() };
        choice.prepare(&mut walk);
        if !walk.columns.is_empty() {
            walk.events = choice.names();
        }
        let who = measure.population(self.segment.as_deref(), &snapshot, "segment").await?;
        let marked = Arc::new(Marked { counts: self.counts(&snapshot), choice, days });
        let marking = Arc::clone(&marked);
        let parts = measure.walk_among(&who, snapshot, walk, move |_| Marking::new(Arc::clone(&marking))).await?;
        let parts: Vec<DayPart> = parts.into_iter().map(|marking| marking.part).collect();
        if parts.iter().all(|part| part.before.is_empty() && part.days.iter().all(|day| day.is_empty())) {
            measure.check_seen(&marked.choice).await?;
        }
        Ok(parts)
    }
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
    ActiveAnswer { interval, points: shown.iter().zip(before..).map(point).collect(), missing: Vec::new() }
}
