//! `DELETE /api/v1/saved-insights/{id}`: forgets a saved insight.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::InsightId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::save_insight::changeable;
use super::store;
use crate::reporting::{Reporting, asking};

/// Delete a saved insight
///
/// Refused while it stands on a dashboard.
#[utoipa::path(
    delete, path = "/api/v1/saved-insights/{id}", tag = "measure",
    params(("id" = String, Path, description = "The insight's id")),
    security(("role" = ["analyst"])),
    responses(
        (status = 204, description = "Deleted"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, description = "It stands on dashboards, which are named", body = ProblemBody)
    )
)]
pub(crate) async fn delete_insight(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<InsightId>,
) -> Answer<StatusCode> {
    let actor = asking(actor);
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("dashboards").await?;
                changeable(store::one(tx, &id).await?, &id, &actor)?;
                let on = store::dashboards_with(tx, &id, false).await?;
                if !on.is_empty() {
                    let text = format!("insight {id} stands on dashboards: {}; take it off them first", on.join(", "));
                    return Err(Problem::new(Code::Conflict, text));
                }
                Ok(store::delete(tx, &id).await?)
            })
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
