//! `POST /api/v1/insights/metrics`: every metric over a period, beside the period before, and what made GMV change.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::LocalDate;
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::Counts;
use super::definitions::ALL;
use super::tree::{MetricTree, tree};
use crate::Measure;
use crate::orders::LeftOut;
use crate::overview::{Interval, Period};
use crate::walks::missing::MissingEvents;
use crate::walks::period::AskedPeriod;

/// Which period.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricsQuestion {
    /// How the series are cut.
    #[serde(default = "by_day")]
    pub interval: Interval,
    /// ISO 4217; by default the shop's, else the one with most orders.
    #[serde(default)]
    pub currency: Option<String>,
    /// The days.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn by_day() -> Interval {
    Interval::Day
}

/// A metric's values. Money is in minor units; none where it has no meaning, as a share of nothing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MetricValues {
    /// Which metric: see `GET /api/v1/metrics`.
    pub key: &'static str,
    /// Over the period.
    pub value: Option<f64>,
    /// Over the period before.
    pub previous: Option<f64>,
    /// By interval.
    pub series: Vec<Option<f64>>,
    /// By interval of the period before.
    pub previous_series: Vec<Option<f64>>,
}

/// All metrics over a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MetricsAnswer {
    /// The currency of every amount; none while there are no orders and the shop named none.
    pub currency: Option<String>,
    /// What orders in other currencies brought in; never added to the figures.
    pub other_currencies: Vec<LeftOut>,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: LocalDate,
    /// Last day, included.
    #[schema(value_type = String, format = Date)]
    pub to: LocalDate,
    /// First day of the period before.
    #[schema(value_type = String, format = Date)]
    pub previous_from: LocalDate,
    /// Last day of the period before.
    #[schema(value_type = String, format = Date)]
    pub previous_to: LocalDate,
    /// How the series are cut.
    pub interval: Interval,
    /// The first day of each interval.
    #[schema(value_type = Vec<String>)]
    pub starts: Vec<LocalDate>,
    /// The same of the period before.
    #[schema(value_type = Vec<String>)]
    pub previous_starts: Vec<LocalDate>,
    /// The metrics, family by family.
    pub metrics: Vec<MetricValues>,
    /// What made GMV change.
    pub tree: MetricTree,
    /// What of its events is no longer kept, where it reaches back so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
}

/// Works out every metric.
#[utoipa::path(
    post, path = "/api/v1/insights/metrics", tag = "measure", request_body = MetricsQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = MetricsAnswer),
        (status = 400, description = "No such day or currency", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_metrics(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<MetricsQuestion>,
) -> Answer<Json<MetricsAnswer>> {
    let interval = question.interval;
    let period: Period = question.period.read(&measure, interval)?;
    let previous = period.previous();
    let (currency, other_currencies) = measure.currency_of(question.currency.as_deref(), period).await?;
    let snapshot = measure.snapshot()?;
    let [now, before] = measure.metric_figures(snapshot, [period, previous], interval, currency).await?;
    let metrics = ALL.iter().map(|metric| {
        let series = |points: &[Counts]| points.iter().map(metric.value).collect();
        MetricValues {
            key: metric.key,
            value: (metric.value)(&now.all),
            previous: (metric.value)(&before.all),
            series: series(&now.points),
            previous_series: series(&before.points),
        }
    });
    Ok(Json(MetricsAnswer {
        currency: currency.map(|currency| currency.to_string()),
        other_currencies,
        from: period.from,
        to: period.to,
        previous_from: previous.from,
        previous_to: previous.to,
        interval,
        starts: period.starts(interval),
        previous_starts: previous.starts(interval),
        metrics: metrics.collect(),
        tree: tree(&now.groups, &before.groups),
        missing: measure.missing(None, Some(measure.moments(previous).0))?,
    }))
}
