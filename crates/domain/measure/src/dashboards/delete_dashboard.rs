//! `DELETE /api/v1/dashboards/{id}`: forgets a dashboard and the links to it; its insights stay.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use fanvine_contracts::access::Actor;
use fanvine_kernel::Problem;
use fanvine_kernel::ids::DashboardId;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::save_dashboard::changeable;
use super::store;
use crate::reporting::{Reporting, asking};

/// Delete a dashboard
///
/// Its insights stay; links to it open nothing any more.
#[utoipa::path(
    delete, path = "/api/v1/dashboards/{id}", tag = "measure",
    params(("id" = String, Path, description = "The dashboard's id")),
    security(("role" = ["analyst"])),
    responses((status = 204, description = "Deleted"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn delete_dashboard(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<DashboardId>,
) -> Answer<StatusCode> {
    let actor = asking(actor);
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("dashboards").await?;
                changeable(store::one(tx, &id).await?, &id, &actor)?;
                store::delete(tx, &id).await?;
                Ok::<_, Problem>(())
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
