//! `GET /api/v1/dashboards`: every dashboard that the caller sees.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::Answer;
use serde::Serialize;
use utoipa::ToSchema;

use super::show_dashboard::DashboardView;
use super::store;
use crate::reporting::{Reporting, asking};

/// Dashboards.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardList {
    /// The caller's own and those that are shared, by name.
    pub dashboards: Vec<DashboardView>,
}

/// The dashboards that the caller sees
#[utoipa::path(
    get, path = "/api/v1/dashboards", tag = "measure", security(("role" = ["analyst"])),
    responses((status = 200, body = DashboardList))
)]
pub(crate) async fn list_dashboards(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
) -> Answer<Json<DashboardList>> {
    let actor = asking(actor);
    let all = reporting.store.read(|tx| Box::pin(async move { store::all(tx).await })).await?;
    let seen = all.into_iter().filter(|dashboard| dashboard.ownership.is_seen_by(&actor));
    Ok(Json(DashboardList { dashboards: seen.map(|dashboard| DashboardView::of(dashboard, &actor)).collect() }))
}
