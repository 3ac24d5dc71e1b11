//! `GET /api/v1/keys`: the server keys, without their secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::{ServerKey, store};
use crate::Guard;

/// Every server key, oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ServerKeyList {
    keys: Vec<ServerKey>,
}

/// All server keys
#[utoipa::path(
    get, path = "/api/v1/keys", tag = "guard", operation_id = "list_keys",
    responses(
        (status = 200, description = "Every server key, oldest first", body = ServerKeyList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn list_keys(State(guard): State<Arc<Guard>>) -> Answer<Json<ServerKeyList>> {
    let keys = guard.store.read(|tx| Box::pin(store::all(tx))).await?;
    Ok(Json(ServerKeyList { keys }))
}
