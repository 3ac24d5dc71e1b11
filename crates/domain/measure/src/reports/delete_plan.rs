//! `DELETE /api/v1/report-plans/{id}`: a report is due no longer.

use std::sync::Arc;

use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_kernel::ids::ReportPlanId;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::{no_plan, store};
use crate::reporting::Reporting;

/// Have a report made no longer
///
/// What it made is still there.
#[utoipa::path(
    delete, path = "/api/v1/report-plans/{id}", tag = "measure",
    params(("id" = String, Path, description = "The plan's id")),
    security(("role" = ["operator"])),
    responses((status = 204, description = "Deleted"), (status = 404, body = ProblemBody))
)]
pub(crate) async fn delete_report_plan(
    State(reporting): State<Arc<Reporting>>,
    Segment(id): Segment<ReportPlanId>,
) -> Answer<StatusCode> {
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("reports").await?;
                store::one_plan(tx, &id).await?.ok_or_else(|| no_plan(&id))?;
                store::delete_plan(tx, &id).await?;
                Ok::<_, Problem>(())
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
