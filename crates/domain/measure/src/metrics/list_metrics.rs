//! `GET /api/v1/metrics`: what each metric means.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::definitions::{ALL, Family, Measured, Words};

/// What a metric means.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetricAbout {
    /// By which it is asked for.
    pub key: &'static str,
    /// What it is about.
    pub family: Family,
    /// What it is measured in.
    pub measured: Measured,
    /// What it is called.
    pub name: Words,
    /// How it is worked out.
    pub formula: Words,
}

/// Every metric there is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetricList {
    /// Family by family.
    pub metrics: Vec<MetricAbout>,
}

/// Says what each metric means.
#[utoipa::path(
    get, path = "/api/v1/metrics", tag = "measure", security(("role" = ["analyst"])),
    responses((status = 200, body = MetricList))
)]
pub async fn list_metrics() -> Json<MetricList> {
    let metrics = ALL.iter().map(|metric| MetricAbout {
        key: metric.key,
        family: metric.family,
        measured: metric.measured,
        name: metric.name,
        formula: metric.formula,
    });
    Json(MetricList { metrics: metrics.collect() })
}
