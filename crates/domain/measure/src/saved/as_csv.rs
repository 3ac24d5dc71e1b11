//! Every question's answer as CSV, where the request accepts that: the same table as that of a saved insight.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use utoipa_axum::router::OpenApiRouter;

use super::csv::csv_of;
use super::question::Kind;
use crate::Measure;
use crate::sql::ask::wants_csv;
use crate::walks::csv;

/// The same addresses, which also answer tables.
pub(crate) fn tables(router: OpenApiRouter<Arc<Measure>>) -> OpenApiRouter<Arc<Measure>> {
    router.layer(axum::middleware::from_fn(where_wanted))
}

/// Answers a question of a kind that can be saved with its table. What answers CSV by itself does so still.
async fn where_wanted(request: Request, next: Next) -> Response {
    let name = request.uri().path().strip_prefix("/api/v1/insights/");
    let kind = Kind::ALL.iter().copied().find(|kind| name == Some(kind.as_str()));
    let kind = kind.filter(|_| wants_csv(request.headers()));
    let response = next.run(request).await;
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let Some(kind) = kind.filter(|_| is_json && response.status() == StatusCode::OK) else { return response };
    let (parts, body) = response.into_parts();
    // The answer lies in memory as it is.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    match serde_json::from_slice(&bytes) {
        Ok(answer) => csv::response(csv_of(kind, &answer)),
        Err(_) => Response::from_parts(parts, Body::from(bytes)),
    }
}
