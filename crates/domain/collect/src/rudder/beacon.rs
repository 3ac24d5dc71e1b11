//! `POST /beacon/v1/batch`: what RudderStack's browser client sends when a page is left.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use fanvine_web::{ProblemBody, prefers_chinese, render};
use http::HeaderMap;

use crate::Collect;
use crate::ingest::cors;
use crate::ingest::take::{Received, wants_results};
use crate::said::form;

/// Takes in a batch as RudderStack's browser client sends it when a page is left: the write key is in the query.
#[utoipa::path(
    post, path = "/beacon/v1/batch", operation_id = "take_beacon", tag = "collect",
    params(("writeKey" = Option<String>, Query, description = "The write key")),
    request_body(content = Object, content_type = "text/plain", description = "`{\"batch\": [message, …]}`"),
    responses(
        (status = 200, body = Received),
        (status = 400, body = ProblemBody, description = "invalid_json, invalid_body, invalid_encoding or invalid_event"),
        (status = 401, body = ProblemBody, description = "invalid_write_key"),
        (status = 413, body = ProblemBody, description = "event_too_large or batch_too_large"),
        (status = 429, body = ProblemBody, description = "rate_limited or overloaded, with Retry-After"),
        (status = 503, body = ProblemBody, description = "storage_full or unavailable, with Retry-After"),
    ),
    security(()),
)]
pub(crate) async fn take_beacon(
    State(collect): State<Arc<Collect>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let query = query.unwrap_or_default();
    let key = form::field(&query, "writeKey");
    cors::open(match collect.take("batch", key.as_deref(), &headers, body, wants_results(&query)).await {
        Ok(received) => Json(received).into_response(),
        Err(problem) => render(&problem, prefers_chinese(&headers)),
    })
}
