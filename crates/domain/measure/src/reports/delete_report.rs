//! `DELETE /api/v1/reports/{id}`: forgets a report.

use std::sync::Arc;

use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_kernel::ids::ReportId;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::{no_report, store};
use crate::reporting::Reporting;

/// Forget a report
#[utoipa::path(
    delete, path = "/api/v1/reports/{id}", tag = "measure",
    params(("id" = String, Path, description = "The report's id")),
    security(("role" = ["operator"])),
    responses((status = 204, description = "Deleted"), (status = 404, body = ProblemBody))
)]
pub(crate) async fn delete_report(
    State(reporting): State<Arc<Reporting>>,
    Segment(id): Segment<ReportId>,
) -> Answer<StatusCode> {
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                let found = store::delete(tx, &id).await?;
                if found { Ok(()) } else { Err::<(), Problem>(no_report(&id)) }
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
