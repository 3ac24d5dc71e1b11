//! `GET /metrics`: what the program tells of itself, for Prometheus and for the console's page of operations.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::Answer;
use http::header;

use crate::metrics::{CONTENT_TYPE, now};
use crate::program::Program;

/// What the program tells of itself, in the OpenMetrics text format that Prometheus reads.
///
/// Like the rest of the API it takes a server key: one with the role `analyst` will do.
#[utoipa::path(
    get, path = "/metrics", tag = "program", security(("role" = ["analyst"])),
    responses((status = 200, body = String, content_type = "application/openmetrics-text"))
)]
pub async fn show_metrics(State(program): State<Arc<Program>>) -> Answer<Response> {
    let figures = now::gather(&program).await;
    let text = program.metrics.text(figures);
    let text = text.map_err(|error| Problem::new(Code::Internal, format!("the figures cannot be written: {error}")))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
