//! What a report is told of: every figure it needs, over its days and over those before, asked by the same questions as the
//! console's pages.

use std::collections::HashMap;
use std::sync::Arc;

use fanvine_kernel::event::names;
use fanvine_kernel::{Currency, LocalDate, Problem};
use serde_json::{Value, json};

use super::ReportSegment;
use crate::Measure;
use crate::alerts::list_raisings::Raising;
use crate::alerts::store as alerts;
use crate::forecast::metric::Unit;
use crate::forecast::series::{money, rows};
use crate::goals::parts::{self, ChannelPart, Dimension};
use crate::goals::progress::Progress;
use crate::goals::{Goal, store as goals};
use crate::metrics::count::Counts;
use crate::metrics::tree::{MetricTree, tree};
use crate::orders::{LeftOut, within};
use crate::overview::questions::{self, Span};
use crate::overview::{Interval, Period};
use crate::reporting::Reporting;
use crate::saved::question::{Kind, Question};

/// So many days before the last are shown where the days themselves are too few for a line.
const TRAIL_DAYS: i64 = 28;
/// Fewer days than these are too few for a line.
const FEW_DAYS: i64 = 5;
/// More days than these are cut by week.
const MANY_DAYS: i64 = 92;
/// The latest raisings that are told of.
const MOST_RAISINGS: u32 = 200;

/// A part of GMV, over both periods, in minor units.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    /// What it is; none for what has no such value.
    pub name: Option<String>,
    pub before: f64,
    pub now: f64,
}

impl Part {
    pub fn change(&self) -> f64 {
        self.now - self.before
    }
}

/// How GMV ran.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub starts: Vec<LocalDate>,
    pub now: Vec<Option<f64>>,
    /// Nothing where the days are too few and the ones before them are shown instead.
    pub before: Vec<Option<f64>>,
}

/// All that a report tells of.
pub(super) struct Facts {
    pub shop: String,
    pub period: Period,
    pub before: Period,
    /// The day on which it is told.
    pub today: LocalDate,
    pub money: Unit,
    pub other_currencies: Vec<LeftOut>,
    pub all: Counts,
    pub all_before: Counts,
    pub tree: MetricTree,
    pub run: Run,
    pub channels: Vec<Part>,
    pub categories: Vec<Part>,
    pub products: Vec<Part>,
    /// People may be in several: these do not add up.
    pub segments: Vec<Part>,
    pub came_by: Vec<ChannelPart>,
    pub came_by_before: Vec<ChannelPart>,
    pub goals: Vec<(String, Progress, f64)>,
    pub raisings: Vec<Raising>,
    /// The day of the first event there is.
    pub first_day: Option<LocalDate>,
}

/// With which days a report compares its own: a day with the same day a week before, anything else with the period before.
pub(super) fn compared_with(period: Period) -> Period {
    if period.from == period.to {
        return Period { from: period.from.plus_days(-7), to: period.to.plus_days(-7) };
    }
    period.previous()
}

impl Reporting {
    /// Gathers what a report is told of.
    pub(super) async fn facts(&self, period: Period, segments: &[ReportSegment]) -> Result<Facts, Problem> {
        let measure = &self.measure;
        let before = compared_with(period);
        let (currency, other_currencies) = measure.currency_of(None, period).await?;
        let snapshot = measure.snapshot()?;
        let [now, was] = measure.metric_figures(snapshot, [period, before], Interval::Month, currency).await?;
        let by = async |dimension| self.parts(period, before, currency, dimension).await;
        let today = measure.zone.date_of(self.now());
        Ok(Facts {
            shop: self.shop.clone(),
            period,
            before,
            today,
            money: money(currency),
            other_currencies,
            tree: tree(&now.groups, &was.groups),
            all: now.all,
            all_before: was.all,
            run: run(measure, period, before, currency).await?,
            channels: by(Dimension::Channel).await?,
            categories: by(Dimension::Category).await?,
            products: products(measure, period, before, currency).await?,
            segments: self.by_segment(period, before, currency, segments).await?,
            came_by: parts::of_shoppers(measure, period).await?,
            came_by_before: parts::of_shoppers(measure, before).await?,
            goals: self.goals_in(period).await?,
            raisings: self.raised_in(period).await?,
            first_day: measure.first_day().await?,
        })
    }

    async fn parts(
        &self,
        period: Period,
        before: Period,
        currency: Option<Currency>,
        by: Dimension,
    ) -> Result<Vec<Part>, Problem> {
        let Some(currency) = currency else { return Ok(Vec::new()) };
        let asked = async |period| {
            let found = parts::of_orders(&self.measure, period, currency, by).await?;
            Ok::<_, Problem>(found.into_iter().map(|part| (part.name.clone(), part.name, part.revenue_minor)))
        };
        Ok(beside(asked(before).await?, asked(period).await?))
    }

    /// What orders of people who are now in each segment brought in.
    async fn by_segment(
        &self,
        period: Period,
        before: Period,
        currency: Option<Currency>,
        segments: &[ReportSegment],
    ) -> Result<Vec<Part>, Problem> {
        let known: Vec<&ReportSegment> =
            segments.iter().filter(|one| self.measure.audience.has_segment(&one.segment_id)).collect();
        if known.is_empty() || currency.is_none() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = known.iter().map(|one| one.segment_id.as_str()).collect();
        let asked = async |period: Period| {
            let question = json!({
                "series": [{ "events": [names::ORDER_COMPLETED], "figure": "sum", "of": "revenue" }],
                "segments": ids, "interval": "month", "currency": currency.map(|currency| currency.to_string()),
                "from": period.from.to_string(), "to": period.to.to_string(),
            });
            let answer = Question::read(Kind::Trends, question)?.ask(&self.measure).await?;
            let parts = answer["lines"][0]["parts"].as_array().cloned().unwrap_or_default();
            let total = |id: &str| {
                parts.iter().find(|part| part["value"].as_str() == Some(id)).and_then(|part| part["total"].as_f64())
            };
            let part = |one: &&ReportSegment| {
                let total = total(&one.segment_id).unwrap_or_default();
                (Some(one.segment_id.clone()), Some(one.name.clone()), total)
            };
            Ok::<_, Problem>(known.iter().map(part).collect::<Vec<_>>())
        };
        Ok(beside(asked(before).await?, asked(period).await?))
    }

    /// Goals whose days overlap with the report's, with how far they are and what they should be.
    async fn goals_in(&self, period: Period) -> Result<Vec<(String, Progress, f64)>, Problem> {
        let all: Vec<Goal> = self.store.read(|tx| Box::pin(async move { goals::all(tx).await })).await?;
        let mut told = Vec::new();
        for goal in all.iter().filter(|one| one.terms.from <= period.to && one.terms.to >= period.from) {
            if let Ok((progress, _)) = self.progress(goal).await {
                told.push((goal.terms.name.clone(), progress, goal.terms.target));
            }
        }
        Ok(told)
    }

    async fn raised_in(&self, period: Period) -> Result<Vec<Raising>, Problem> {
        let (from, until) = self.measure.moments(period);
        let raisings = self
            .store
            .read(move |tx| Box::pin(async move { alerts::raisings(tx, false, None, MOST_RAISINGS).await }))
            .await?;
        Ok(raisings.into_iter().filter(|one| (from..until).contains(&one.raised_at)).collect())
    }
}

impl Measure {
    /// The day of the first event there is; none while there are none.
    pub(crate) async fn first_day(&self) -> Result<Option<LocalDate>, Problem> {
        let query = "SELECT CAST(min(local_day(occurred_at)) AS VARCHAR) FROM events";
        let found = rows(self, query.to_owned()).await?;
        Ok(found.first().and_then(|row| row.first()?.as_str()?.parse().ok()))
    }
}

/// Parts of two periods side by side, those that changed most first. Each is given as key, name and amount.
fn beside<K: std::hash::Hash + Eq>(
    before: impl IntoIterator<Item = (K, Option<String>, f64)>,
    now: impl IntoIterator<Item = (K, Option<String>, f64)>,
) -> Vec<Part> {
    let mut found: HashMap<K, Part> = HashMap::new();
    for (key, name, amount) in before {
        found.insert(key, Part { name, before: amount, now: 0.0 });
    }
    for (key, name, amount) in now {
        found.entry(key).or_insert(Part { name, before: 0.0, now: 0.0 }).now = amount;
    }
    let mut parts: Vec<Part> = found.into_values().collect();
    parts.sort_by(|one, other| {
        other.change().abs().total_cmp(&one.change().abs()).then_with(|| one.name.cmp(&other.name))
    });
    parts
}

/// What each product brought in, under its name.
async fn products(
    measure: &Measure,
    period: Period,
    before: Period,
    currency: Option<Currency>,
) -> Result<Vec<Part>, Problem> {
    let Some(currency) = currency else { return Ok(Vec::new()) };
    let asked = async |period| {
        let query = format!(
            "SELECT t.product_id, coalesce(p.name, t.name, t.product_id), t.revenue_minor FROM \
             (SELECT product_id, max(name) AS name, sum(revenue_minor) AS revenue_minor FROM order_lines \
             WHERE quantity > 0 AND currency = '{currency}' AND {} GROUP BY product_id) AS t \
             LEFT JOIN products p ON p.product_id = t.product_id",
            within("placed_at", measure.moments(period))
        );
        let row = |row: Vec<Value>| {
            let text = |column: usize| row.get(column).and_then(Value::as_str).map(str::to_owned);
            (text(0), text(1), row.get(2).and_then(Value::as_f64).unwrap_or_default())
        };
        Ok::<_, Problem>(rows(measure, query).await?.into_iter().map(row).collect::<Vec<_>>())
    };
    Ok(beside(asked(before).await?, asked(period).await?))
}

/// How GMV ran over the days, and over those before.
async fn run(
    measure: &Arc<Measure>,
    period: Period,
    before: Period,
    currency: Option<Currency>,
) -> Result<Run, Problem> {
    let days = period.to.days_since(period.from) + 1;
    let few = days < FEW_DAYS;
    let shown = if few { Period { from: period.to.plus_days(1 - TRAIL_DAYS), to: period.to } } else { period };
    let interval = if days > MANY_DAYS { Interval::Week } else { Interval::Day };
    let asked = async |period: Period| {
        let Some(currency) = currency else { return Ok(Vec::new()) };
        let found = rows(measure, questions::orders(&Span::new(period, measure.zone, interval), currency)).await?;
        let sums: HashMap<&str, f64> =
            found.iter().filter_map(|row| Some((row.first()?.as_str()?, row.get(2)?.as_f64()?))).collect();
        let sum = |start: &LocalDate| Some(sums.get(start.to_string().as_str()).copied().unwrap_or_default());
        Ok::<_, Problem>(period.starts(interval).iter().map(sum).collect())
    };
    let before = if few { Vec::new() } else { asked(before).await? };
    Ok(Run { starts: shown.starts(interval), now: asked(shown).await?, before })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> Period {
        Period { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn a_day_is_compared_with_the_same_day_a_week_before_and_a_month_with_the_month_before() {
        assert_eq!(compared_with(period("2026-11-22", "2026-11-22")), period("2026-11-15", "2026-11-15"));
        assert_eq!(compared_with(period("2026-11-16", "2026-11-22")), period("2026-11-09", "2026-11-15"));
        assert_eq!(compared_with(period("2026-10-01", "2026-10-31")), period("2026-09-01", "2026-09-30"));
    }

    #[test]
    fn parts_of_two_periods_stand_side_by_side_whichever_of_them_they_are_in() {
        let one = |name: &str, amount: f64| (name.to_owned(), Some(name.to_owned()), amount);
        let parts = beside([one("ads", 5.0), one("mail", 9.0)], [one("ads", 6.0), one("shares", 4.0)]);
        let told: Vec<_> = parts.iter().map(|part| (part.name.as_deref().unwrap(), part.change())).collect();
        assert_eq!(told, [("mail", -9.0), ("shares", 4.0), ("ads", 1.0)]);
    }
}
