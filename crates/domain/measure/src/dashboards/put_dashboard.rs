//! `PUT /api/v1/dashboards/{id}`: changes a dashboard.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::DashboardId;
use fanvine_web::{Answer, Body, ProblemBody, Segment};

use super::save_dashboard::{DashboardForm, changeable, save};
use super::show_dashboard::DashboardView;
use super::store;
use crate::reporting::{Reporting, asking};

/// Change a dashboard
#[utoipa::path(
    put, path = "/api/v1/dashboards/{id}", tag = "measure", request_body = DashboardForm,
    params(("id" = String, Path, description = "The dashboard's id")),
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = DashboardView), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)
    )
)]
pub(crate) async fn put_dashboard(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<DashboardId>,
    Body(form): Body<DashboardForm>,
) -> Answer<Json<DashboardView>> {
    let actor = asking(actor);
    let mut dashboard = form.draft(id, &actor, &reporting)?;
    let by = actor.clone();
    let saved = reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("dashboards").await?;
                let before = changeable(store::one(tx, &dashboard.id).await?, &dashboard.id, &by)?;
                let shared = dashboard.ownership.shared;
                dashboard.ownership = before.ownership;
                dashboard.ownership.shared = shared;
                dashboard.created_at = before.created_at;
                save(tx, &dashboard, &by).await?;
                Ok::<_, fanvine_kernel::Problem>(dashboard)
            })
        })
        .await?;
    Ok(Json(DashboardView::of(saved, &actor)))
}
