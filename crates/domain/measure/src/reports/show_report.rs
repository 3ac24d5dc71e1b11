//! `GET /api/v1/reports/{id}`: what a report says, as data.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::ReportId;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;
use utoipa::ToSchema;

use super::content::Content;
use super::list_reports::ReportView;
use crate::reporting::Reporting;

/// A report and what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportDetail {
    /// The report.
    pub report: ReportView,
    /// What it says, in both languages.
    pub content: Content,
}

/// What a report says
#[utoipa::path(
    get, path = "/api/v1/reports/{id}", tag = "measure",
    params(("id" = String, Path, description = "The report's id")),
    security(("role" = ["analyst"])),
    responses((status = 200, body = ReportDetail), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show_report(
    State(reporting): State<Arc<Reporting>>,
    Segment(id): Segment<ReportId>,
) -> Answer<Json<ReportDetail>> {
    let report = reporting.report(id).await?;
    Ok(Json(ReportDetail { report: ReportView::from(&report), content: report.content }))
}
