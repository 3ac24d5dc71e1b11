//! `POST /api/v1/dashboards/{id}/duplicate`: a dashboard of one's own with the same tiles.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::DashboardId;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Dashboard;
use super::show_dashboard::DashboardView;
use crate::reporting::{Ownership, Reporting, asking, named};

/// What the copy is called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardCopy {
    /// What people shall call it, 1 to 200 characters.
    pub name: String,
}

/// Duplicate a dashboard
///
/// The copy is the caller's and private. Both show the same insights.
#[utoipa::path(
    post, path = "/api/v1/dashboards/{id}/duplicate", tag = "measure", request_body = DashboardCopy,
    params(("id" = String, Path, description = "The dashboard's id")),
    security(("role" = ["analyst"])),
    responses((status = 201, body = DashboardView), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn duplicate_dashboard(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<DashboardId>,
    Body(form): Body<DashboardCopy>,
) -> Answer<(StatusCode, Json<DashboardView>)> {
    let actor = asking(actor);
    let (original, insights) = reporting.dashboard(id, &actor).await?;
    let (name, _) = named(&form.name, "")?;
    let now = reporting.now();
    // What of the original the caller does not see is not in the copy.
    let seen =
        |tile: &super::Tile| insights.iter().any(|one| one.id == tile.insight_id && one.ownership.is_seen_by(&actor));
    let copy = Dashboard {
        id: DashboardId::new(now, &*reporting.entropy),
        name,
        description: original.description,
        ownership: Ownership::of(&actor, false),
        tiles: original.tiles.into_iter().filter(seen).collect(),
        created_at: now,
        updated_at: now,
    };
    Ok((StatusCode::CREATED, Json(reporting.add_dashboard(copy, &actor).await?)))
}
