//! `GET /api/v1/reports`: the reports that were made.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::{ReportId, ReportPlanId};
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_web::{Answer, Params};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Report, store};
use crate::dashboards::adopt_template::Language;
use crate::reporting::Reporting;

/// A report that was made, without what it says.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Report)]
pub struct ReportView {
    /// Its identifier.
    #[schema(value_type = String)]
    pub report_id: ReportId,
    /// By which plan; none if somebody asked for it.
    #[schema(value_type = Option<String>)]
    pub plan_id: Option<ReportPlanId>,
    /// What people call it.
    pub name: String,
    /// In which language it was sent. It is read in both.
    pub language: Language,
    /// First day told of.
    #[schema(value_type = String, format = Date)]
    pub from: LocalDate,
    /// Last day, included.
    #[schema(value_type = String, format = Date)]
    pub to: LocalDate,
    /// Who asked for it, or whose plan it was.
    pub made_by: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
}

impl From<&Report> for ReportView {
    fn from(report: &Report) -> Self {
        Self {
            report_id: report.id.clone(),
            plan_id: report.plan_id.clone(),
            name: report.name.clone(),
            language: report.language,
            from: report.content.from,
            to: report.content.to,
            made_by: report.made_by.clone(),
            made_at: report.made_at,
        }
    }
}

/// Which reports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// Only of this plan.
    plan: Option<String>,
    /// How many, at most 200; by default 50.
    limit: Option<u32>,
}

/// Reports that were made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportList {
    /// The latest first. The last thousand are kept.
    pub reports: Vec<ReportView>,
}

/// The reports that were made
#[utoipa::path(
    get, path = "/api/v1/reports", tag = "measure", params(ReportParams), security(("role" = ["analyst"])),
    responses((status = 200, body = ReportList))
)]
pub(crate) async fn list_reports(
    State(reporting): State<Arc<Reporting>>,
    Params(params): Params<ReportParams>,
) -> Answer<Json<ReportList>> {
    let most = params.limit.unwrap_or(50).min(200);
    let reports = reporting
        .store
        .read(move |tx| Box::pin(async move { store::list(tx, params.plan.as_deref(), most).await }))
        .await?;
    Ok(Json(ReportList { reports }))
}
