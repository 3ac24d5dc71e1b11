//! How far a goal is, and where it is going.

use fanvine_kernel::{LocalDate, Problem};
use fanvine_stats::forecast::{self, Expected, Fit};
use serde::Serialize;
use utoipa::ToSchema;

use super::Goal;
use super::parts::{self, Dimension};
use crate::forecast::ask_forecast::{Known, folded, possible, usual_level};
use crate::forecast::metric::{Fold, Metric, Unit};
use crate::forecast::season_of;
use crate::forecast::series::{Figure, currency, fold};
use crate::overview::{Interval, Period};
use crate::reporting::Reporting;

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoalStatus {
    /// It has not begun.
    Upcoming,
    /// It is reached: of a sum as soon as it is, of a mean when its days are over.
    Reached,
    /// Its days are over, and it was missed.
    Missed,
    /// All that is expected reaches it.
    OnTrack,
    /// The middle of what is expected reaches it, not all.
    Likely,
    /// The best of what is expected reaches it, not the middle.
    AtRisk,
    /// Nothing of what is expected reaches it.
    OffTrack,
    /// Too little is known to tell.
    Unknown,
}

/// A day of a goal. Of a sum, figures are from the first day up to this one; of a mean, too.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GoalPoint {
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub day: LocalDate,
    /// What it should be by then to get there steadily.
    pub pace: f64,
    /// What it is, of days that are over.
    pub actual: Option<f64>,
    /// What it is expected to be, of the others …
    pub expected: Option<f64>,
    /// … at least this …
    pub lower: Option<f64>,
    /// … at most that, with 80 %.
    pub upper: Option<f64>,
}

/// Who contributed how much.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = GoalContribution)]
pub struct Contribution {
    /// The channel, none for those without one.
    pub name: Option<String>,
    /// Its figure over the days so far; of a share, its own.
    pub value: f64,
    /// Its part of the whole, 0 to 1; of a share, its part of those that the share is taken of.
    pub part: f64,
}

/// How far a goal is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = GoalProgress)]
pub struct Progress {
    /// How it stands.
    pub status: GoalStatus,
    /// In what the figure is told.
    pub unit: Unit,
    /// How the figure of the days comes of those of each day.
    pub fold: Fold,
    /// What it is over the days that are over.
    pub actual: Option<f64>,
    /// What it should be by then to get there steadily.
    pub pace: f64,
    /// How many of its days are over.
    pub days_over: i64,
    /// How many there are.
    pub days: i64,
    /// What it is expected to be in the end …
    pub expected: Option<f64>,
    /// … at least this …
    pub lower: Option<f64>,
    /// … at most that, with 80 %.
    pub upper: Option<f64>,
    /// Why nothing is expected, if nothing is.
    pub no_forecast: Option<String>,
}

impl Reporting {
    /// How far a goal is, day by day.
    pub(crate) async fn progress(&self, goal: &Goal) -> Result<(Progress, Vec<GoalPoint>), Problem> {
        let terms = &goal.terms;
        let period = terms.period()?;
        let today = self.measure.zone.date_of(self.now());
        let known = self.known(&terms.metric, Interval::Day, today.min(terms.to.plus_days(1)), &goal.asker()).await?;
        let fit = forecast::fit(&known.values, season_of(Interval::Day));
        let inside: Vec<Figure> =
            known.series.figures.iter().filter(|one| (terms.from..=terms.to).contains(&one.start)).copied().collect();
        let days = period.to.days_since(period.from) + 1;
        let over = known.next.min(period.to.plus_days(1)).days_since(period.from).clamp(0, days);
        let view = View { terms, known: &known, inside: &inside, fit: fit.as_ref().ok() };
        let points: Vec<GoalPoint> = (0..days).map(|place| view.point(period.from.plus_days(place))).collect();
        let last = points.last();
        let actual = fold(known.series.fold, &inside);
        let expected = last.and_then(|last| last.expected.or(last.actual));
        let (lower, upper) = (last.and_then(|last| last.lower), last.and_then(|last| last.upper));
        let status = status(goal, today, over == days, actual, expected, lower, upper, known.series.fold);
        let no_forecast = fit.as_ref().err().filter(|_| over < days).map(ToString::to_string);
        let pace = view.pace(over);
        let (unit, fold) = (known.series.unit, known.series.fold);
        Ok((
            Progress { status, unit, fold, actual, pace, days_over: over, days, expected, lower, upper, no_forecast },
            points,
        ))
    }

    /// Who contributed how much to a goal's figure, by channel; nothing for a figure that has none.
    pub(crate) async fn contributions(&self, goal: &Goal) -> Result<Vec<Contribution>, Problem> {
        let terms = &goal.terms;
        let today = self.measure.zone.date_of(self.now());
        if today < terms.from {
            return Ok(Vec::new());
        }
        let period = Period { from: terms.from, to: terms.to.min(today) };
        let summed = |parts: Vec<(Option<String>, f64)>| {
            let whole: f64 = parts.iter().map(|(_, value)| value).sum();
            let part = |(name, value): (Option<String>, f64)| Contribution {
                name,
                value,
                part: if whole > 0.0 { value / whole } else { 0.0 },
            };
            parts.into_iter().filter(|(_, value)| *value > 0.0).map(part).collect::<Vec<_>>()
        };
        Ok(match terms.metric {
            Metric::Orders | Metric::Revenue => {
                let Some(currency) = currency(&self.measure, period).await? else { return Ok(Vec::new()) };
                let parts = parts::of_orders(&self.measure, period, currency, Dimension::Channel).await?;
                let orders = terms.metric == Metric::Orders;
                summed(
                    parts
                        .into_iter()
                        .map(|part| (part.name, if orders { part.orders } else { part.revenue_minor }))
                        .collect(),
                )
            }
            Metric::NewShoppers | Metric::ActiveShoppers => {
                let new = terms.metric == Metric::NewShoppers;
                let parts = parts::of_shoppers(&self.measure, period).await?;
                summed(parts.into_iter().map(|part| (part.name, if new { part.new } else { part.active })).collect())
            }
            Metric::Conversion => {
                let parts = parts::of_shoppers(&self.measure, period).await?;
                let whole: f64 = parts.iter().map(|part| part.active).sum();
                let part = |part: parts::ChannelPart| Contribution {
                    value: part.ordered / part.active.max(1.0),
                    part: part.active / whole.max(1.0),
                    name: part.name,
                };
                parts.into_iter().map(part).collect()
            }
            Metric::Retention { .. } | Metric::Insight { .. } => Vec::new(),
        })
    }
}

/// What is known of a goal's days.
struct View<'a> {
    terms: &'a super::GoalTerms,
    known: &'a Known,
    inside: &'a [Figure],
    fit: Option<&'a Fit>,
}

impl View<'_> {
    /// What it should be after so many days.
    fn pace(&self, days: i64) -> f64 {
        let all = self.terms.to.days_since(self.terms.from) + 1;
        match self.known.series.fold {
            Fold::Sum => self.terms.target * days as f64 / all as f64,
            Fold::Mean => self.terms.target,
        }
    }

    fn point(&self, day: LocalDate) -> GoalPoint {
        let pace = self.pace(day.days_since(self.terms.from) + 1);
        let none = GoalPoint { day, pace, actual: None, expected: None, lower: None, upper: None };
        let folds = self.known.series.fold;
        if day < self.known.next {
            let upto: Vec<Figure> = self.inside.iter().filter(|one| one.start <= day).copied().collect();
            return GoalPoint { actual: fold(folds, &upto), ..none };
        }
        let Some(fit) = self.fit else { return none };
        let ahead = |to: LocalDate| usize::try_from(to.days_since(self.known.next) + 1).unwrap_or(0);
        // What comes before a goal begins is no part of it.
        let skipped = ahead(self.terms.from.plus_days(-1));
        let expected = match skipped {
            0 => folded(folds, self.inside, fit, ahead(day), usual_level()),
            _ => Some(later(folds, fit, skipped, ahead(day))),
        };
        let Some(expected) = expected.map(|expected| possible(&self.known.series.unit, expected)) else { return none };
        let Expected { mean, lower, upper } = expected;
        GoalPoint { expected: Some(mean), lower: Some(lower), upper: Some(upper), ..none }
    }
}

/// What days fold to that begin only after `skipped` others. The interval is that of all of them: never too narrow.
fn later(fold: Fold, fit: &Fit, skipped: usize, ahead: usize) -> Expected {
    let (all, before) = (fit.sum(ahead, usual_level()), fit.sum(skipped, usual_level()));
    let mean = all.mean - before.mean;
    let half = (all.upper - all.lower) / 2.0;
    let by = if fold == Fold::Mean { (ahead - skipped).max(1) as f64 } else { 1.0 };
    Expected { mean: mean / by, lower: (mean - half) / by, upper: (mean + half) / by }
}

#[expect(clippy::too_many_arguments, reason = "every one of them decides")]
fn status(
    goal: &Goal,
    today: LocalDate,
    over: bool,
    actual: Option<f64>,
    expected: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    fold: Fold,
) -> GoalStatus {
    let target = goal.terms.target;
    let reached = actual.is_some_and(|actual| actual >= target);
    if today < goal.terms.from {
        return GoalStatus::Upcoming;
    }
    if over || (reached && fold == Fold::Sum) {
        return if reached { GoalStatus::Reached } else { GoalStatus::Missed };
    }
    match (expected, lower, upper) {
        (_, Some(lower), _) if lower >= target => GoalStatus::OnTrack,
        (Some(expected), ..) if expected >= target => GoalStatus::Likely,
        (_, _, Some(upper)) if upper >= target => GoalStatus::AtRisk,
        (Some(_), ..) => GoalStatus::OffTrack,
        _ => GoalStatus::Unknown,
    }
}
