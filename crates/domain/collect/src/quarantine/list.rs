//! Looking into quarantine.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::{QuarantineId, SourceId};
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::store;
use crate::Collect;

/// Which messages are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QuarantineParams {
    /// Only of this source.
    #[param(value_type = Option<String>)]
    pub source_id: Option<SourceId>,
    /// How many at most, 1 to 500; 50 if it is not given.
    pub limit: Option<i64>,
    /// Only messages older than this one: the `id` of the last item of the page before.
    #[param(value_type = Option<String>)]
    pub before: Option<QuarantineId>,
}

/// A message in quarantine.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QuarantineItem {
    /// Its identifier.
    pub id: String,
    /// Where it came from.
    pub source_id: String,
    /// When it arrived.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// Why, in one word.
    pub reason: String,
    /// Why, naming field and value.
    pub detail: String,
    /// The same in Simplified Chinese; none of rows of files, and of what came before the program said both.
    pub detail_zh: Option<String>,
    /// The message as it was sent.
    pub body: String,
    /// Whether `body` is only its first 64 KiB.
    pub truncated: bool,
    /// By which call it came: `batch`, `track`, `posthog`, `sensors`, `shopify:orders/paid`; empty for a file's row.
    pub arrived_by: String,
    /// Whether it can be sent again from here: all of it is there, and it did not come from a file.
    pub can_be_replayed: bool,
}

/// A page of quarantine.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QuarantinePage {
    /// The newest first.
    pub items: Vec<QuarantineItem>,
    /// How many there are in all, over all pages.
    pub total: i64,
}

/// Lists messages that could not be taken as events.
#[utoipa::path(
    get, path = "/api/v1/quarantine", operation_id = "list_quarantine", tag = "collect", params(QuarantineParams),
    responses((status = 200, body = QuarantinePage), (status = 400, body = ProblemBody)),
    security(("role" = ["analyst"])),
)]
pub(crate) async fn list_quarantine(
    State(collect): State<Arc<Collect>>,
    Params(wanted): Params<QuarantineParams>,
) -> Answer<Json<QuarantinePage>> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 500);
    let source = wanted.source_id.map(String::from);
    let before = wanted.before.map(String::from);
    let (items, total) =
        collect.store.read(|tx| Box::pin(async move { store::page(tx, source, before, limit).await })).await?;
    Ok(Json(QuarantinePage { items, total }))
}
