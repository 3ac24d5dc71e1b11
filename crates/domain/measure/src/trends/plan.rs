//! From a question to how it is counted.

use std::sync::Arc;

use fanvine_kernel::{Code, Currency, LocalDate, Problem, Timestamp};
use fanvine_lake::{Days, Snapshot, Walk};
use rustc_hash::FxHashMap;

use super::answer::PartKind;
use super::ask::{TrendInterval, TrendSeries, TrendsQuestion};
use super::count::{Counting, LEAST_AT_ONCE, MOST_NUMBERS, Plan, Series, Shown, Tally, WHOLE};
use super::figure::Figure;
use super::uniques;
use crate::Measure;
use crate::overview::{Interval, MOST_POINTS, Period};
use crate::walks::apart::Apart;
use crate::walks::choice::Choice;
use crate::walks::field::Field;
use crate::walks::population::Population;
use crate::walks::values::{NO_VALUE, NOT_TOLD_APART, Values};

/// The most series, and the most formulas.
const MOST_SERIES: usize = 8;
/// The most values that are shown.
const MOST_TOP: usize = 100;
/// So many figures are held at once: about a quarter of a gigabyte.
const MOST_CELLS: usize = 3_000_000;
/// Into so many parts shoppers are dealt out, each counted by itself.
const PARTS: usize = 17;

pub(super) fn wrong(text: impl Into<String>, at: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidParameter, text.into()).at(at.into())
}

fn too_big(text: String) -> Problem {
    Problem::new(Code::QueryTooLarge, text)
}

impl TrendInterval {
    /// The same for days and longer.
    fn in_days(self) -> Option<Interval> {
        match self {
            Self::Hour => None,
            Self::Day => Some(Interval::Day),
            Self::Week => Some(Interval::Week),
            Self::Month => Some(Interval::Month),
        }
    }
}

/// When the intervals of a period begin; the last moment is where the last one ends.
pub(super) fn starts(measure: &Measure, period: Period, interval: TrendInterval) -> Vec<Timestamp> {
    let Some(interval) = interval.in_days() else {
        const HOUR: i64 = 3_600_000_000;
        let mut hours = Vec::new();
        let mut day = period.from;
        while day <= period.to {
            let ends = measure.zone.start_of(day.plus_days(1));
            let mut hour = measure.zone.start_of(day);
            while hour < ends {
                hours.push(hour);
                hour = hour.plus_micros(HOUR);
            }
            day = day.plus_days(1);
        }
        hours.push(measure.zone.start_of(day));
        return hours;
    };
    days(period, interval).into_iter().map(|day| measure.zone.start_of(day)).collect()
}

/// The first days of a period's intervals, and where the last one ends.
fn days(period: Period, interval: Interval) -> Vec<LocalDate> {
    let mut starts = period.starts(interval);
    starts.extend(starts.last().map(|last| interval.after(*last)));
    starts
}

impl TrendsQuestion {
    /// The days asked about.
    pub(super) fn period(&self, measure: &Measure) -> Result<Period, Problem> {
        let period = self.period.read(measure, self.interval.in_days().unwrap_or(Interval::Day))?;
        let hours = (period.to.days_since(period.from) + 1) * 24;
        if self.interval == TrendInterval::Hour && hours > MOST_POINTS {
            let text = format!(
                "{} to {} by hour is {hours} points, more than {MOST_POINTS}; choose a longer interval",
                period.from, period.to
            );
            return Err(wrong(text, "interval"));
        }
        Ok(period)
    }

    fn check(&self) -> Result<(), Problem> {
        if !(1..=MOST_SERIES).contains(&self.series.len()) {
            return Err(wrong(format!("a trend has 1 to {MOST_SERIES} series, not {}", self.series.len()), "series"));
        }
        if self.formulas.len() > MOST_SERIES {
            return Err(wrong(format!("at most {MOST_SERIES} formulas, not {}", self.formulas.len()), "formulas"));
        }
        if !(1..=MOST_TOP).contains(&self.top) {
            return Err(wrong(format!("`top` is {}; it may be 1 to {MOST_TOP}", self.top), "top"));
        }
        Ok(())
    }

    /// The question in terms of the lake's codes.
    pub(super) async fn plan(&self, measure: &Measure, snapshot: &Snapshot, period: Period) -> Result<Plan, Problem> {
        self.check()?;
        let mut choice = Choice::new(snapshot, measure.zone);
        let mut series = Vec::new();
        for (place, asked) in self.series.iter().enumerate() {
            choice.add(place, asked.events.as_ref(), snapshot, &format!("series.{place}.events"))?;
            let read = read_series(asked, &format!("series.{place}"))?;
            read.of.iter().for_each(|field| choice.also(1 << place, field));
            series.push(read);
        }
        let values = Arc::new(Values::default());
        let apart = measure.apart(self.break_down.as_deref(), &self.segments, snapshot, &values).await?;
        if matches!(apart, Apart::Field(Field::Revenue)) {
            return Err(wrong("`revenue` tells nothing apart; it is a number of a series", "break_down"));
        }
        apart.read_with(&mut choice, u64::MAX);
        let amounts = series.iter().any(|series| series.of == Some(Field::Revenue));
        let currency = if amounts { Some(self.currency(measure).await?) } else { None };
        let days = Days::of_moments(starts(measure, period, self.interval));
        let parts =
            if self.break_down.is_some() { (LEAST_AT_ONCE + 1).max(self.top + 2) } else { self.segments.len() + 2 };
        let cells = series.len() * parts * (days.len() + 1) * PARTS;
        if cells > MOST_CELLS {
            return Err(too_big(format!(
                "{} series of {parts} values at {} points are {cells} figures to be held at once, {:.1} times as many as may be; \
                 choose a longer interval, fewer series or a shorter period",
                series.len(),
                days.len(),
                cells as f64 / MOST_CELLS as f64
            )));
        }
        let kept = Arc::default();
        let currency = currency.map(|currency| currency.to_string());
        let shown = Shown::not_known(series.len(), days.len());
        Ok(Plan { choice, series, days, apart, shown, values, currency, kept, listed: None })
    }

    /// The currency asked for, the shop's, or the one that most orders are in.
    async fn currency(&self, measure: &Measure) -> Result<Currency, Problem> {
        if let Some(text) = &self.currency {
            return text.parse().map_err(|error| wrong(format!("`currency`: {error}"), "currency"));
        }
        if let Some(currency) = measure.currency {
            return Ok(currency);
        }
        let query = "SELECT currency FROM events WHERE currency IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1";
        let request =
            fanvine_lake::SqlRequest { query: query.to_owned(), max_rows: 1, timeout: measure.limits.timeout };
        let answer = measure.lake.sql(&request).await.map_err(crate::sql::ask::problem_of)?;
        let found = answer.rows.first().and_then(|row| row.first()).and_then(|text| text.as_str());
        found
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| wrong("no event has an amount, and the shop has no currency: name one", "currency"))
    }

    /// Counts a period, as the plan says.
    pub(super) async fn count(
        &self,
        measure: &Measure,
        snapshot: &Snapshot,
        who: &Population,
        plan: Plan,
        period: Period,
    ) -> Result<(Plan, Tally), Problem> {
        let moments = starts(measure, period, self.interval);
        let plan = Plan { days: Days::of_moments(moments.iter().copied()), ..plan };
        let only_people = plan.series.iter().all(|series| series.figure == Figure::Shoppers);
        if let Some(interval) = self.interval.in_days()
            && only_people
            && plan.choice.is_plain()
            && matches!(plan.apart, Apart::Nothing)
            && who.is_none()
            && plan.listed.is_none()
        {
            let tally = uniques::count(measure, snapshot, &plan, &days(period, interval)).await?;
            return Ok((plan, tally));
        }
        let guests = plan.series.iter().any(|series| !matches!(series.figure, Figure::Shoppers | Figure::PerShopper));
        let mut walk = Walk { from: moments.first().copied(), to: moments.last().copied(), guests, ..Walk::default() };
        plan.choice.prepare(&mut walk);
        if !walk.columns.is_empty() {
            walk.events = plan.choice.names();
        }
        let plan = Arc::new(plan);
        let counting = Arc::clone(&plan);
        let parts =
            measure.walk_among(who, snapshot.clone(), walk, move |_| Counting::new(Arc::clone(&counting))).await?;
        let mut tally = Tally::default();
        parts.into_iter().for_each(|part| tally.add(part.tally()));
        let kept = plan.kept.load(std::sync::atomic::Ordering::Relaxed);
        if kept > MOST_NUMBERS {
            return Err(too_big(format!(
                "a percentile has to hold all its numbers at once, and these are {kept}; at most {MOST_NUMBERS}: ask about fewer days"
            )));
        }
        Ok((Arc::unwrap_or_clone(plan), tally))
    }

    /// Counts the period asked about; if there turn out to be more values than are shown, once more with the rest of them
    /// put together.
    pub(super) async fn count_shown(
        &self,
        measure: &Measure,
        snapshot: &Snapshot,
        who: &Population,
        plan: Plan,
        period: Period,
    ) -> Result<(Plan, Tally, Vec<Part>), Problem> {
        let (mut plan, tally) = self.count(measure, snapshot, who, plan, period).await?;
        let whole = Part { place: WHOLE, kind: PartKind::All, number: NO_VALUE };
        if matches!(plan.apart, Apart::Nothing | Apart::Segments(_)) {
            let mut parts = vec![whole];
            let segments = (0..self.segments.len()).map(|place| (PartKind::Segment, place));
            let rest = (!self.segments.is_empty()).then_some((PartKind::Others, self.segments.len()));
            let apart = segments.chain(rest);
            parts.extend(apart.map(|(kind, place)| Part { place: place + 1, kind, number: place as u32 }));
            return Ok((plan, tally, parts));
        }
        let ranked = tally.ranked(&plan);
        let mut top: Vec<(PartKind, u32)> =
            ranked.iter().take(self.top).map(|value| (PartKind::Value, *value)).collect();
        top.extend(tally.without_value(&plan).then_some((PartKind::None, NO_VALUE)));
        let part = |place: usize, (kind, number): (PartKind, u32)| Part { place, kind, number };
        if ranked.len() <= self.top && tally.others.is_empty() {
            let told = top.into_iter().map(|one| part(one.1 as usize + 1, one));
            return Ok((plan, tally, std::iter::once(whole).chain(told).collect()));
        }
        let others = part(top.len() + 1, (PartKind::Others, NOT_TOLD_APART));
        let told = top.iter().zip(1..).map(|(one, place)| part(place, *one));
        let parts: Vec<Part> = std::iter::once(whole).chain(told).chain([others]).collect();
        let places: FxHashMap<u32, usize> = top.iter().zip(1..).map(|((_, value), place)| (*value, place)).collect();
        plan.shown = Shown::Top(Arc::new(places));
        plan.kept = Arc::default();
        let (plan, tally) = self.count(measure, snapshot, who, plan, period).await?;
        Ok((plan, tally, parts))
    }
}

/// A part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Its place among the plan's parts.
    pub(super) place: usize,
    pub(super) kind: PartKind,
    /// The number of its value, or of its segment.
    pub(super) number: u32,
}

fn read_series(asked: &TrendSeries, at: &str) -> Result<Series, Problem> {
    let of = asked.of.as_deref().map(|text| Field::parse(text, &format!("{at}.of"))).transpose()?;
    let of_at = || format!("{at}.of");
    match (asked.figure, &of) {
        (Figure::Count | Figure::Shoppers, Some(_)) => {
            return Err(wrong("`count` and `shoppers` are of events, and of no number", of_at()));
        }
        (Figure::Count | Figure::Shoppers | Figure::PerShopper, None) => {}
        (_, None) => {
            let text = "say which number, as `of`: `revenue`, `quantity` or `properties.` and a key";
            return Err(wrong(text, of_at()));
        }
        (_, Some(Field::Revenue | Field::Quantity)) => {}
        (_, Some(Field::Told(fanvine_kernel::event::filter::Field::Property(_)))) => {}
        (_, Some(_)) => {
            let text = format!("`{}` is no number", asked.of.as_deref().unwrap_or_default());
            return Err(wrong(text, of_at()));
        }
    }
    let percentile = asked.percentile.unwrap_or(50.0);
    if !(0.0..=100.0).contains(&percentile) || (asked.percentile.is_some() && asked.figure != Figure::Percentile) {
        let text = format!("`percentile` is {percentile}; it may be 0 to 100, for the figure `percentile`");
        return Err(wrong(text, format!("{at}.percentile")));
    }
    Ok(Series { figure: asked.figure, of, percentile })
}
