//! `GET /api/v1/saved-insights`: every saved insight that the caller sees.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::Answer;
use serde::Serialize;
use utoipa::ToSchema;

use super::show_insight::SavedInsight;
use super::store;
use crate::reporting::{Reporting, asking};

/// Saved insights.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedInsightList {
    /// The caller's own and those that are shared, by name.
    pub insights: Vec<SavedInsight>,
}

/// The saved insights that the caller sees
#[utoipa::path(
    get, path = "/api/v1/saved-insights", tag = "measure", security(("role" = ["analyst"])),
    responses((status = 200, body = SavedInsightList))
)]
pub(crate) async fn list_insights(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
) -> Answer<Json<SavedInsightList>> {
    let actor = asking(actor);
    let all = reporting.store.read(|tx| Box::pin(async move { store::all(tx).await })).await?;
    let seen = all.into_iter().filter(|insight| insight.ownership.is_seen_by(&actor));
    Ok(Json(SavedInsightList { insights: seen.map(|insight| SavedInsight::of(insight, &actor)).collect() }))
}
