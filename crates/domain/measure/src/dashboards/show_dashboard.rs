//! `GET /api/v1/dashboards/{id}`: a dashboard and the insights on it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::DashboardId;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::Tx;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Dashboard, Tile, no_dashboard, store};
use crate::reporting::{Reporting, asking};
use crate::saved::show_insight::SavedInsight;
use crate::saved::{Insight, store as insights};

/// Saved insights beside one another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dashboard)]
pub struct DashboardView {
    /// Its identifier.
    #[schema(value_type = String)]
    pub dashboard_id: DashboardId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who made it.
    pub owner: String,
    /// Whether the caller may change it.
    pub yours: bool,
    /// Whether others see it.
    pub shared: bool,
    /// In the order in which they stand.
    pub tiles: Vec<Tile>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl DashboardView {
    pub(crate) fn of(dashboard: Dashboard, actor: &Actor) -> Self {
        Self {
            yours: dashboard.ownership.is_changed_by(actor),
            dashboard_id: dashboard.id,
            name: dashboard.name,
            description: dashboard.description,
            owner: dashboard.ownership.owner_name,
            shared: dashboard.ownership.shared,
            tiles: dashboard.tiles,
            created_at: dashboard.created_at,
            updated_at: dashboard.updated_at,
        }
    }
}

/// A dashboard and what stands on it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardDetail {
    /// The dashboard.
    pub dashboard: DashboardView,
    /// Its insights, in the order in which they stand.
    pub insights: Vec<SavedInsight>,
}

/// The insights of a dashboard, in the order in which they stand.
pub(crate) async fn insights_of(tx: &mut Tx, dashboard: &Dashboard) -> Result<Vec<Insight>, Problem> {
    let mut found = Vec::with_capacity(dashboard.tiles.len());
    for tile in &dashboard.tiles {
        found.extend(insights::one(tx, &tile.insight_id).await?);
    }
    Ok(found)
}

impl Reporting {
    /// A dashboard with its insights, if `actor` sees it.
    pub(crate) async fn dashboard(&self, id: DashboardId, actor: &Actor) -> Result<(Dashboard, Vec<Insight>), Problem> {
        let actor = actor.clone();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let found = store::one(tx, &id).await?.filter(|one| one.ownership.is_seen_by(&actor));
                    let dashboard = found.ok_or_else(|| no_dashboard(&id))?;
                    let insights = insights_of(tx, &dashboard).await?;
                    Ok((dashboard, insights))
                })
            })
            .await
    }
}

/// A dashboard and the insights on it
#[utoipa::path(
    get, path = "/api/v1/dashboards/{id}", tag = "measure",
    params(("id" = String, Path, description = "The dashboard's id")),
    security(("role" = ["analyst"])),
    responses((status = 200, body = DashboardDetail), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show_dashboard(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<DashboardId>,
) -> Answer<Json<DashboardDetail>> {
    let actor = asking(actor);
    let (dashboard, insights) = reporting.dashboard(id, &actor).await?;
    let insights = insights.into_iter().map(|insight| SavedInsight::of(insight, &actor)).collect();
    Ok(Json(DashboardDetail { dashboard: DashboardView::of(dashboard, &actor), insights }))
}
