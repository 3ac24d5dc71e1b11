//! `GET /api/v1/dashboard-templates`: ready-made dashboards.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::templates;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SaidInBoth)]
pub struct Said {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl From<[&str; 2]> for Said {
    fn from([en, zh]: [&str; 2]) -> Self {
        Self { en: en.to_owned(), zh: zh.to_owned() }
    }
}

/// A ready-made dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardTemplate {
    /// By which it is adopted.
    pub id: &'static str,
    /// What it is called.
    pub name: Said,
    /// What it is for.
    pub about: Said,
    /// What stands on it.
    pub insights: Vec<Said>,
}

/// Ready-made dashboards.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardTemplates {
    /// All of them.
    pub templates: Vec<DashboardTemplate>,
}

/// Ready-made dashboards
#[utoipa::path(
    get, path = "/api/v1/dashboard-templates", tag = "measure", security(("role" = ["analyst"])),
    responses((status = 200, body = DashboardTemplates))
)]
pub(crate) async fn list_templates() -> Json<DashboardTemplates> {
    let templates = templates::all().into_iter().map(|template| DashboardTemplate {
        id: template.id,
        name: template.name.into(),
        about: template.about.into(),
        insights: template.insights.iter().map(|insight| insight.name.into()).collect(),
    });
    Json(DashboardTemplates { templates: templates.collect() })
}
