//! `POST /api/v1/dashboards`: makes a dashboard.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::DashboardId;
use fanvine_kernel::{Code, Problem};
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::show_dashboard::DashboardView;
use super::{Dashboard, Tile, check, store};
use crate::reporting::{Ownership, Reporting, asking, named, wrong};
use crate::saved::store as insights;

/// The most dashboards that are kept.
const MOST_DASHBOARDS: usize = 500;

/// A dashboard as it shall be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardForm {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// What it is for, up to 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// Whether others see it; by default not. All its insights must be shared then.
    #[serde(default)]
    pub shared: bool,
    /// In the order in which they stand, at most 40.
    #[serde(default)]
    pub tiles: Vec<Tile>,
}

impl DashboardForm {
    /// What it asks to save.
    pub(super) fn draft(self, id: DashboardId, actor: &Actor, reporting: &Reporting) -> Result<Dashboard, Problem> {
        let (name, description) = named(&self.name, &self.description)?;
        check(&self.tiles)?;
        let now = reporting.now();
        let ownership = Ownership::of(actor, self.shared);
        Ok(Dashboard { id, name, description, ownership, tiles: self.tiles, created_at: now, updated_at: now })
    }
}

/// Saves it, if `actor` sees its insights and those who see it will.
pub(crate) async fn save(tx: &mut Tx, dashboard: &Dashboard, actor: &Actor) -> Result<(), Problem> {
    for (place, tile) in dashboard.tiles.iter().enumerate() {
        let at = format!("tiles.{place}.insight_id");
        let found = insights::one(tx, &tile.insight_id).await?.filter(|one| one.ownership.is_seen_by(actor));
        let Some(insight) = found else {
            return Err(wrong(format!("there is no insight {}", tile.insight_id), at));
        };
        if dashboard.ownership.shared && !insight.ownership.shared {
            let text = format!("insight {} is private; share it before it stands on a shared dashboard", insight.id);
            return Err(Problem::new(Code::Conflict, text).at(at));
        }
    }
    Ok(store::save(tx, dashboard).await?)
}

impl Reporting {
    /// Saves a new dashboard.
    pub(crate) async fn add_dashboard(&self, dashboard: Dashboard, actor: &Actor) -> Result<DashboardView, Problem> {
        let by = actor.clone();
        let saved = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock("dashboards").await?;
                    if store::all(tx).await?.len() >= MOST_DASHBOARDS {
                        let text = format!("{MOST_DASHBOARDS} dashboards are kept; delete some first");
                        return Err(Problem::new(Code::Conflict, text));
                    }
                    save(tx, &dashboard, &by).await?;
                    Ok(dashboard)
                })
            })
            .await?;
        Ok(DashboardView::of(saved, actor))
    }
}

/// Make a dashboard
#[utoipa::path(
    post, path = "/api/v1/dashboards", tag = "measure", request_body = DashboardForm,
    security(("role" = ["analyst"])),
    responses((status = 201, body = DashboardView), (status = 400, body = ProblemBody), (status = 409, body = ProblemBody))
)]
pub(crate) async fn save_dashboard(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Body(form): Body<DashboardForm>,
) -> Answer<(StatusCode, Json<DashboardView>)> {
    let actor = asking(actor);
    let id = DashboardId::new(reporting.now(), &*reporting.entropy);
    let dashboard = form.draft(id, &actor, &reporting)?;
    Ok((StatusCode::CREATED, Json(reporting.add_dashboard(dashboard, &actor).await?)))
}

/// What may be changed, if `actor` may.
pub(super) fn changeable(found: Option<Dashboard>, id: &DashboardId, actor: &Actor) -> Result<Dashboard, Problem> {
    let found = found.filter(|one| one.ownership.is_seen_by(actor)).ok_or_else(|| super::no_dashboard(id))?;
    if !found.ownership.is_changed_by(actor) {
        let owner = &found.ownership.owner_name;
        return Err(Problem::new(
            Code::Forbidden,
            format!("dashboard {id} is {owner}'s; an operator may change it too"),
        ));
    }
    Ok(found)
}
