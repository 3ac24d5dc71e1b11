//! Listing the sources.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::{SourceView, store};
use crate::Collect;

/// The sources of the shop.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SourceList {
    /// In the order they were made.
    pub sources: Vec<SourceView>,
}

/// Lists the sources with what they have sent.
#[utoipa::path(
    get, path = "/api/v1/sources", operation_id = "list_sources", tag = "collect",
    responses((status = 200, body = SourceList), (status = 401, body = ProblemBody)),
    security(("role" = ["analyst"])),
)]
pub(crate) async fn list_sources(State(collect): State<Arc<Collect>>) -> Answer<Json<SourceList>> {
    let now = collect.clock.now();
    let mut sources = collect.store.read(move |tx| Box::pin(store::views(tx, None, now))).await?;
    sources.iter_mut().for_each(|view| collect.with_uses(view));
    Ok(Json(SourceList { sources }))
}
