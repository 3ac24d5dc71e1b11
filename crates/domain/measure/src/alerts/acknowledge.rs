//! `POST /api/v1/alert-raisings/{id}/acknowledge`: somebody has seen it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::RaisingId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, ProblemBody, Segment};

use super::list_raisings::Raising;
use super::store;
use crate::reporting::{Reporting, asking};

/// Acknowledge that an alert was raised
///
/// The first who does so is kept.
#[utoipa::path(
    post, path = "/api/v1/alert-raisings/{id}/acknowledge", tag = "measure",
    params(("id" = String, Path, description = "The raising's id")),
    security(("role" = ["operator"])),
    responses((status = 200, body = Raising), (status = 404, body = ProblemBody))
)]
pub(crate) async fn acknowledge_raising(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<RaisingId>,
) -> Answer<Json<Raising>> {
    let (by, now) = (asking(actor).name, reporting.now());
    let raising = id.clone();
    let seen = reporting
        .store
        .write(move |tx| Box::pin(async move { store::acknowledge(tx, &raising, &by, now).await }))
        .await?;
    let seen = seen.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no raising {id} of an alert")))?;
    Ok(Json(seen))
}
