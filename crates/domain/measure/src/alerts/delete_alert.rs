//! `DELETE /api/v1/alerts/{id}`: a figure is watched no longer.

use std::sync::Arc;

use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_kernel::ids::AlertId;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::save_alert::no_alert;
use super::store;
use crate::reporting::Reporting;

/// Watch a figure no longer
///
/// When it was raised is still known; what was not resolved is taken for resolved, and nobody is told.
#[utoipa::path(
    delete, path = "/api/v1/alerts/{id}", tag = "measure",
    params(("id" = String, Path, description = "The alert's id")),
    security(("role" = ["operator"])),
    responses((status = 204, description = "Deleted"), (status = 404, body = ProblemBody))
)]
pub(crate) async fn delete_alert(
    State(reporting): State<Arc<Reporting>>,
    Segment(id): Segment<AlertId>,
) -> Answer<StatusCode> {
    let now = reporting.now();
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("alerts").await?;
                store::one(tx, &id).await?.ok_or_else(|| no_alert(&id))?;
                store::delete(tx, &id, now).await?;
                Ok::<_, Problem>(())
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
