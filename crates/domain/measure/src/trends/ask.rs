//! `POST /api/v1/insights/trends`: figures over events, by interval.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{TrendsAnswer, csv_of};
use super::figure::Figure;
use crate::Measure;
use crate::sql::ask::wants_csv;
use crate::walks::events::AskedEvents;
use crate::walks::period::AskedPeriod;

/// A figure over some events.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendSeries {
    /// Which events; by default any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<AskedEvents>,
    /// What is counted of them.
    #[serde(default)]
    pub figure: Figure,
    /// The number that events carry: `revenue`, `quantity` or `properties.…`. Not for `count` and `shoppers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Which percentile, 0 to 100; by default the middle, 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentile: Option<f64>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// How fine a trend is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrendInterval {
    /// By hour of the shop's day.
    Hour,
    /// By day.
    #[default]
    Day,
    /// By week, beginning on Monday.
    Week,
    /// By calendar month.
    Month,
}

/// Figures over events, by interval.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendsQuestion {
    /// One to eight figures; formulas call them `A`, `B` and so on.
    pub series: Vec<TrendSeries>,
    /// At most eight formulas over them: `A / B * 100`.
    #[serde(default)]
    pub formulas: Vec<String>,
    /// How it is cut.
    #[serde(default)]
    pub interval: TrendInterval,
    /// A field by whose values events are told apart: `channel`, `category`, `properties.…`; what the catalogue says of
    /// the event's product now: `product.category`, `product.brand`, `product.name`; or what is known of the person now:
    /// `trait.…` as it is said of them, `value.…` as it is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_down: Option<String>,
    /// Segments by which people are told apart, at most twenty; not together with `break_down`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// How many values are shown, those with most of the first series; by default ten, at most a hundred.
    #[serde(default = "ten")]
    pub top: usize,
    /// Whether the period before is shown beside.
    #[serde(default)]
    pub compare: bool,
    /// The currency of amounts; by default the shop's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Only people who belong to this segment now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The days.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn ten() -> usize {
    10
}

/// Counts trends.
#[utoipa::path(
    post, path = "/api/v1/insights/trends", tag = "measure", request_body = TrendsQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, description = "Figures; as text/csv where the request accepts that", body = TrendsAnswer),
        (status = 400, description = "An unknown event or property, with near names; a formula that is none", body = fanvine_web::ProblemBody),
        (status = 422, description = "More than it may hold at once, and how much that is", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_trends(
    State(measure): State<Arc<Measure>>,
    headers: HeaderMap,
    Body(question): Body<TrendsQuestion>,
) -> Answer<Response> {
    let answer = question.answer(&measure).await?;
    if !wants_csv(&headers) {
        return Ok(Json(answer).into_response());
    }
    Ok(crate::walks::csv::response(csv_of(&answer)))
}

/// The same, for whoever keeps questions.
pub async fn answer_trends(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<TrendsQuestion>,
) -> Answer<Json<TrendsAnswer>> {
    Ok(Json(question.answer(&measure).await?))
}
