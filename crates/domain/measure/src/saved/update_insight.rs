//! `PUT /api/v1/saved-insights/{id}`: changes a saved insight.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::InsightId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody, Segment};

use super::save_insight::{InsightForm, changeable};
use super::show_insight::SavedInsight;
use super::store;
use crate::reporting::{Reporting, asking};

/// Change a saved insight
///
/// Refused if it is to be private and stands on a dashboard that is shared.
#[utoipa::path(
    put, path = "/api/v1/saved-insights/{id}", tag = "measure", request_body = InsightForm,
    params(("id" = String, Path, description = "The insight's id")),
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = SavedInsight), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)
    )
)]
pub(crate) async fn update_insight(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<InsightId>,
    Body(form): Body<InsightForm>,
) -> Answer<Json<SavedInsight>> {
    let actor = asking(actor);
    // Whoever may not change it need not wait for an answer.
    changeable(Some(reporting.insight(id.clone(), &actor).await?), &id, &actor)?;
    let now = reporting.now();
    let mut insight = reporting.draft(form, id, &actor, now).await?;
    let by = actor.clone();
    let saved = reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("dashboards").await?;
                let before = changeable(store::one(tx, &insight.id).await?, &insight.id, &by)?;
                insight.created_at = before.created_at;
                let shared = insight.ownership.shared;
                insight.ownership = before.ownership;
                insight.ownership.shared = shared;
                if !shared {
                    let on = store::dashboards_with(tx, &insight.id, true).await?;
                    if !on.is_empty() {
                        let text = format!("insight {} stands on shared dashboards: {}", insight.id, on.join(", "));
                        return Err(Problem::new(Code::Conflict, text).at("shared"));
                    }
                }
                store::save(tx, &insight).await?;
                Ok(insight)
            })
        })
        .await?;
    Ok(Json(SavedInsight::of(saved, &actor)))
}
