//! `GET /api/v1/reports/{id}/html` and `/pdf`: a report to read, in either language.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::ids::ReportId;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use http::header;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Report, html, no_report, pdf, store};
use crate::dashboards::adopt_template::Language;
use crate::reporting::Reporting;

/// How a report is read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReadParams {
    /// In which language; by default the one it was sent in.
    #[param(inline)]
    language: Option<Language>,
}

impl Reporting {
    pub(super) async fn report(&self, id: ReportId) -> Answer<Report> {
        let wanted = id.clone();
        let found = self.store.read(move |tx| Box::pin(async move { store::one(tx, &wanted).await })).await?;
        Ok(found.ok_or_else(|| no_report(&id))?)
    }
}

impl Report {
    /// What a file of it is called, without its ending.
    pub(crate) fn file_name(&self) -> String {
        format!("report-{}-{}", self.content.from, self.content.to)
    }

    /// As HTML.
    pub(crate) fn html(&self, language: Option<Language>) -> String {
        html::render(&self.content, &self.name, language.unwrap_or(self.language))
    }

    /// As PDF.
    pub(crate) fn pdf(&self, language: Option<Language>) -> Vec<u8> {
        pdf::render(&self.content, &self.name, language.unwrap_or(self.language), self.made_at)
    }
}

/// A page that runs nothing and asks for nothing, whatever a name in it says.
pub(super) fn page(html: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; style-src 'unsafe-inline'"),
    ];
    (headers, html).into_response()
}

/// Read a report as HTML
#[utoipa::path(
    get, path = "/api/v1/reports/{id}/html", tag = "measure",
    params(("id" = String, Path, description = "The report's id"), ReadParams),
    security(("role" = ["analyst"])),
    responses(
        (status = 200, description = "A page that needs nothing else", body = String, content_type = "text/html"),
        (status = 404, body = ProblemBody)
    )
)]
pub(crate) async fn read_report_html(
    State(reporting): State<Arc<Reporting>>,
    Segment(id): Segment<ReportId>,
    Params(params): Params<ReadParams>,
) -> Answer<Response> {
    Ok(page(reporting.report(id).await?.html(params.language)))
}

/// Read a report as PDF
#[utoipa::path(
    get, path = "/api/v1/reports/{id}/pdf", tag = "measure",
    params(("id" = String, Path, description = "The report's id"), ReadParams),
    security(("role" = ["analyst"])),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/pdf"),
        (status = 404, body = ProblemBody)
    )
)]
pub(crate) async fn read_report_pdf(
    State(reporting): State<Arc<Reporting>>,
    Segment(id): Segment<ReportId>,
    Params(params): Params<ReadParams>,
) -> Answer<Response> {
    let report = reporting.report(id).await?;
    let named = format!("inline; filename=\"{}.pdf\"", report.file_name());
    let headers = [(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, named)];
    Ok((headers, report.pdf(params.language)).into_response())
}
