//! `POST /api/v1/data-retention/preview`: how many events rules would forget, before they are put in force.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::Serialize;

use super::{DataRetention, Rules};

/// What rules would forget.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DataRetentionPreview {
    /// Of events of every name there is, by name.
    events: Vec<EventsForgotten>,
    /// How many events there are.
    total: u64,
    /// How many of them would be forgotten now.
    forgotten: u64,
}

/// What rules would forget of the events of a name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EventsForgotten {
    /// The name.
    event: String,
    /// How many events there are.
    total: u64,
    /// How many of them would be forgotten now.
    forgotten: u64,
    /// When the first occurred.
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    /// From when on they would be kept; null: all of them.
    #[schema(value_type = Option<String>, format = DateTime)]
    kept_since: Option<Timestamp>,
}

/// Count what rules would forget
///
/// Nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/data-retention/preview", tag = "guard", operation_id = "preview_data_retention",
    request_body = Rules,
    responses(
        (status = 200, description = "How many events would be forgotten, by name", body = DataRetentionPreview),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn preview_data_retention(
    State(retention): State<Arc<DataRetention>>,
    Body(rules): Body<Rules>,
) -> Answer<Json<DataRetentionPreview>> {
    rules.check()?;
    let kept = rules.kept_since(retention.clock.now(), retention.zone);
    let counted = retention.keeper.count(&kept).await?;
    let events: Vec<EventsForgotten> = counted
        .into_iter()
        .map(|of| EventsForgotten {
            kept_since: kept.of(&of.event),
            event: of.event,
            total: of.events,
            forgotten: of.older,
            first_at: of.first_at,
        })
        .collect();
    let (total, forgotten) = (events.iter().map(|of| of.total).sum(), events.iter().map(|of| of.forgotten).sum());
    Ok(Json(DataRetentionPreview { events, total, forgotten }))
}
