//! `POST /api/v1/alerts/preview`: what a check would find now; nothing is kept.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AlertTerms, Found};
use crate::reporting::{Reporting, asking};

/// What a check would find.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertPreview {
    /// What it would find.
    pub found: Found,
    /// Whether that would raise it.
    pub raises: bool,
}

/// What a check would find now
#[utoipa::path(
    post, path = "/api/v1/alerts/preview", tag = "measure", request_body = AlertTerms,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = AlertPreview), (status = 400, body = ProblemBody),
        (status = 409, description = "Too little is known yet", body = ProblemBody)
    )
)]
pub(crate) async fn preview_alert(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Body(terms): Body<AlertTerms>,
) -> Answer<Json<AlertPreview>> {
    let terms = terms.checked()?;
    let today = reporting.measure.zone.date_of(reporting.now());
    let found = reporting.find(&terms, today, &asking(actor)).await?;
    Ok(Json(AlertPreview { raises: found.is_out(), found }))
}
