//! `POST /api/v1/insights/forecast`: what a figure will be, and how well the same would have done before.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::{Code, LocalDate, Problem};
use fanvine_stats::forecast::{self, Expected, FEWEST, Fit, ForecastError};
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::metric::{Fold, Metric, Unit};
use super::season_of;
use super::series::{Figure, Series};
use crate::overview::{Interval, Period};
use crate::reporting::{Reporting, asking, wrong};

/// A figure to be foretold.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForecastQuestion {
    /// Which figure.
    pub metric: Metric,
    /// By day or by week; by default by day.
    #[serde(default = "by_day")]
    pub interval: Interval,
    /// How many intervals ahead, 1 to 90; by default 28 days or 12 weeks.
    #[serde(default)]
    pub ahead: Option<usize>,
    /// With which probability the figure lies in its interval, 0.5 to 0.99; by default 0.8.
    #[serde(default = "usual_level")]
    pub level: f64,
}

fn by_day() -> Interval {
    Interval::Day
}

pub(crate) fn usual_level() -> f64 {
    0.8
}

/// What was, and what will be.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ForecastPoint {
    /// The interval's first day.
    #[schema(value_type = String, format = Date)]
    pub start: LocalDate,
    /// What it was, of an interval that is over.
    pub actual: Option<f64>,
    /// What it is expected to be.
    pub expected: Option<f64>,
    /// It will be at least this …
    pub lower: Option<f64>,
    /// … and at most that, with the probability asked for.
    pub upper: Option<f64>,
}

/// How forecasts from earlier would have done over what is known by now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Backtest {
    /// From how many earlier days (or weeks) forecasts were made.
    pub origins: usize,
    /// How many figures were foretold in all.
    pub figures: usize,
    /// The share of them that lay in their interval; it should be near `level`.
    pub coverage: f64,
    /// Mean absolute scaled error (Hyndman & Koehler 2006): below 1 is better than the seasonal naive forecast one season
    /// ahead does within what was known.
    pub mase: Option<f64>,
    /// The same error of the seasonal naive forecast of the same figures: each as it was a season before.
    pub naive_mase: Option<f64>,
}

/// Of what model the forecast is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ForecastModel {
    /// `ETS(A,N,N)`: exponential smoothing with additive errors, and which of trend and season it has.
    pub name: String,
    /// How much of each error the level takes over, α.
    pub level: f64,
    /// How much the slope does, β.
    pub slope: f64,
    /// How much the season does, γ.
    pub season: f64,
    /// What is left of the slope after each step, φ.
    pub damping: f64,
}

/// A figure, what it was and what it will be.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Forecast {
    /// How it is cut.
    pub interval: Interval,
    /// In what it is told.
    pub unit: Unit,
    /// With which probability a figure lies in its interval.
    pub level: f64,
    /// What was, from the first figure that is not nothing, then what will be. Today (or this week) is foretold: it is not
    /// over yet.
    pub points: Vec<ForecastPoint>,
    /// Of what model.
    pub model: ForecastModel,
    /// How the same would have done before; none where too little is known to hold anything out.
    pub backtest: Option<Backtest>,
}

/// How many intervals before today are looked at.
const LOOKED_AT: [i64; 2] = [400, 156];
/// The furthest ahead.
const FURTHEST: usize = 90;

/// What is known of a metric: figures of intervals that are over, without gaps.
pub(crate) struct Known {
    /// In what it is told, and how it folds.
    pub series: Series,
    /// The figures, from the first that is not nothing.
    pub values: Vec<f64>,
    /// The first day of the first of them.
    pub first: Option<LocalDate>,
    /// The first day of the interval that is not over.
    pub next: LocalDate,
}

impl Reporting {
    /// What is known of a metric before the interval of `today`.
    pub(crate) async fn known(
        &self,
        metric: &Metric,
        interval: Interval,
        today: LocalDate,
        actor: &Actor,
    ) -> Result<Known, Problem> {
        let next = interval.start_of(today);
        let begin = match interval {
            Interval::Day => next.plus_days(-LOOKED_AT[0]),
            _ => interval.start_of(next.plus_days(-7 * LOOKED_AT[1])),
        };
        let period = Period::new(begin, next.plus_days(-1), interval)?;
        let mut series = self.series(metric, period, interval, actor).await?;
        // A share of shoppers who are yet to come back ends earlier than today.
        while series.figures.last().is_some_and(|figure| figure.value.is_none()) {
            series.figures.pop();
        }
        let something = |figure: &Figure| figure.value.is_some_and(|value| value != 0.0);
        let from = series.figures.iter().position(something).unwrap_or(series.figures.len());
        let mut before = 0.0;
        let values = series.figures[from..].iter().map(|figure| {
            // Of a share on a day without anybody nothing is known: it is taken to be as before.
            before = figure.value.unwrap_or(before);
            before
        });
        let values = values.collect();
        let first = series.figures.get(from).map(|figure| figure.start);
        let next = series.figures.last().map_or(next, |figure| interval.after(figure.start));
        Ok(Known { series, values, first, next })
    }
}

/// Too little to tell, with the numbers.
pub(crate) fn too_little(name: &[String; 2], interval: Interval, error: &ForecastError) -> Problem {
    let by = if interval == Interval::Day { "days" } else { "weeks" };
    Problem::new(Code::NotEnoughData, format!("{} cannot be foretold by {by} yet: {error}", name[0]))
}

/// What a figure can be: none is below nothing, and no share above everything.
pub(crate) fn possible(unit: &Unit, expected: Expected) -> Expected {
    let most = if *unit == Unit::Share { 1.0 } else { f64::INFINITY };
    let within = |value: f64| value.clamp(0.0, most);
    Expected { mean: within(expected.mean), lower: within(expected.lower), upper: within(expected.upper) }
}

pub(crate) fn model_of(fit: &Fit) -> ForecastModel {
    let trend = if fit.form.trend { "Ad" } else { "N" };
    let season = if fit.form.season > 1 { "A" } else { "N" };
    let parameters = fit.smoothing;
    ForecastModel {
        name: format!("ETS(A,{trend},{season})"),
        level: parameters.level,
        slope: parameters.slope,
        season: parameters.season,
        damping: parameters.damping,
    }
}

impl ForecastQuestion {
    fn check(&self) -> Result<usize, Problem> {
        if self.interval == Interval::Month {
            return Err(wrong("a forecast is by day or by week, not by month", "interval"));
        }
        let ahead = self.ahead.unwrap_or(if self.interval == Interval::Day { 28 } else { 12 });
        if !(1..=FURTHEST).contains(&ahead) {
            return Err(wrong(format!("`ahead` is {ahead}; it may be 1 to {FURTHEST}"), "ahead"));
        }
        if !(0.5..=0.99).contains(&self.level) {
            return Err(wrong(format!("`level` is {}; it may be 0.5 to 0.99", self.level), "level"));
        }
        Ok(ahead)
    }
}

/// Foretell a figure
///
/// By exponential smoothing (ETS), with intervals. The same forecast is made again from earlier days, over what is known by
/// now, and how it would have done is told with it.
#[utoipa::path(
    post, path = "/api/v1/insights/forecast", tag = "measure", request_body = ForecastQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = Forecast),
        (status = 400, body = ProblemBody),
        (status = 409, description = "Too little is known yet", body = ProblemBody)
    )
)]
pub(crate) async fn ask_forecast(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Body(question): Body<ForecastQuestion>,
) -> Answer<Json<Forecast>> {
    let ahead = question.check()?;
    let ForecastQuestion { metric, interval, level, .. } = question;
    let today = reporting.measure.zone.date_of(reporting.now());
    let known = reporting.known(&metric, interval, today, &asking(actor)).await?;
    let (values, season) = (known.values.clone(), season_of(interval));
    let work = tokio::task::spawn_blocking(move || {
        let fit = forecast::fit(&values, season)?;
        let backtest = forecast::held_out(&values, season, ahead.min(values.len() / 4).max(1), level).ok();
        Ok::<_, ForecastError>((fit, backtest))
    });
    let done =
        work.await.map_err(|ended| Problem::new(Code::Internal, format!("the forecast was not ended: {ended}")))?;
    let (fit, held_out) = done.map_err(|error| too_little(&known.series.name, interval, &error))?;
    debug_assert!(known.values.len() >= FEWEST);
    let Known { series, first, next, .. } = known;
    let was = series.figures.iter().filter(|figure| first.is_some_and(|first| figure.start >= first));
    let mut points: Vec<ForecastPoint> = was
        .map(|figure| ForecastPoint {
            start: figure.start,
            actual: figure.value,
            expected: None,
            lower: None,
            upper: None,
        })
        .collect();
    let mut start = next;
    for expected in fit.ahead(ahead, level) {
        let Expected { mean, lower, upper } = possible(&series.unit, expected);
        let (expected, lower, upper) = (Some(mean), Some(lower), Some(upper));
        points.push(ForecastPoint { start, actual: None, expected, lower, upper });
        start = interval.after(start);
    }
    let backtest = held_out.map(|done| Backtest {
        origins: done.origins,
        figures: done.figures,
        coverage: done.coverage,
        mase: done.mase,
        naive_mase: done.naive_mase,
    });
    Ok(Json(Forecast { interval, unit: series.unit, level, points, model: model_of(&fit), backtest }))
}

/// What some figures and those expected after them fold to, with the interval of what is not known yet.
pub(crate) fn folded(fold: Fold, known: &[Figure], fit: &Fit, ahead: usize, level: f64) -> Option<Expected> {
    let so_far = super::series::fold(fold, known);
    if ahead == 0 {
        return so_far.map(|value| Expected { mean: value, lower: value, upper: value });
    }
    let sum = fit.sum(ahead, level);
    let of = |so_far: f64, sum: f64| match fold {
        Fold::Sum => so_far + sum,
        // What is to come weighs as what was does on average.
        Fold::Mean => {
            let days = known.iter().filter(|figure| figure.value.is_some()).count();
            (so_far * days as f64 + sum) / (days + ahead) as f64
        }
    };
    let so_far = so_far.unwrap_or_default();
    Some(Expected { mean: of(so_far, sum.mean), lower: of(so_far, sum.lower), upper: of(so_far, sum.upper) })
}
