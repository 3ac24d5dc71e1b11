//! `POST /api/v1/reports/preview`: what a report would say; nothing is kept and nobody gets it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use fanvine_web::{Answer, Body, ProblemBody};

use super::html;
use super::make_report::ReportOrder;
use super::read_report::page;
use crate::reporting::Reporting;

/// What a report would say
#[utoipa::path(
    post, path = "/api/v1/reports/preview", tag = "measure", request_body = ReportOrder,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, description = "The report as HTML", body = String, content_type = "text/html"),
        (status = 400, body = ProblemBody),
        (status = 503, description = "Longer than it may take", body = ProblemBody)
    )
)]
pub(crate) async fn preview_report(
    State(reporting): State<Arc<Reporting>>,
    Body(order): Body<ReportOrder>,
) -> Answer<Response> {
    let (order, period) = order.checked(&reporting)?;
    let content = reporting.tell(period, &order.segments).await?;
    Ok(page(html::render(&content, &order.name, order.language)))
}
