//! `GET /api/v1/saved-insights/{id}`: a saved insight.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::InsightId;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::question::Kind;
use super::{Insight, no_insight, store};
use crate::reporting::{Reporting, asking};

/// A saved question.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedInsight {
    /// Its identifier.
    #[schema(value_type = String)]
    pub insight_id: InsightId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who saved it.
    pub owner: String,
    /// Whether the caller may change it.
    pub yours: bool,
    /// Whether others see it.
    pub shared: bool,
    /// What kind of question.
    pub kind: Kind,
    /// The question, as it is asked at the address of its kind.
    #[schema(value_type = Object)]
    pub question: Value,
    /// The last so many days, today included; none where the question has days of its own, or 30.
    pub days: Option<u32>,
    /// When it was saved first.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was saved last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl SavedInsight {
    pub(crate) fn of(insight: Insight, actor: &Actor) -> Self {
        Self {
            yours: insight.ownership.is_changed_by(actor),
            kind: insight.question.kind(),
            question: insight.question.json(),
            insight_id: insight.id,
            name: insight.name,
            description: insight.description,
            owner: insight.ownership.owner_name,
            shared: insight.ownership.shared,
            days: insight.days,
            created_at: insight.created_at,
            updated_at: insight.updated_at,
        }
    }
}

impl Reporting {
    /// A saved insight, if `actor` sees it.
    pub(crate) async fn insight(&self, id: InsightId, actor: &Actor) -> Result<Insight, Problem> {
        let wanted = id.clone();
        let found = self.store.read(move |tx| Box::pin(async move { store::one(tx, &wanted).await })).await?;
        found.filter(|insight| insight.ownership.is_seen_by(actor)).ok_or_else(|| no_insight(&id))
    }
}

/// A saved insight
#[utoipa::path(
    get, path = "/api/v1/saved-insights/{id}", tag = "measure",
    params(("id" = String, Path, description = "The insight's id")),
    security(("role" = ["analyst"])),
    responses((status = 200, body = SavedInsight), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show_insight(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<InsightId>,
) -> Answer<Json<SavedInsight>> {
    let actor = asking(actor);
    let insight = reporting.insight(id, &actor).await?;
    Ok(Json(SavedInsight::of(insight, &actor)))
}
