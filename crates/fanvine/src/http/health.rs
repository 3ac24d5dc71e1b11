//! `/healthz`: the process answers. `/readyz`: it can take events and answer questions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanvine_web::Answer;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::program::Program;

/// Whether the program can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether all below is well.
    pub ready: bool,
    /// `ok`, or what is wrong with the operational store.
    pub store: String,
    /// Events in the log, ever.
    pub log_end: u64,
    /// Events of the log that each projection has yet to take in.
    pub behind: Vec<Lag>,
}

/// How far a projection is behind.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lag {
    /// Which projection.
    pub projection: &'static str,
    /// Events it has yet to take in.
    pub events: u64,
    /// The error that holds it up, if one does.
    pub error: Option<String>,
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "program", security(()), responses((status = 200, body = String)))]
pub async fn show_health() -> &'static str {
    "ok\n"
}

/// The program can take events and answer questions.
#[utoipa::path(
    get, path = "/readyz", tag = "program", security(()),
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub async fn show_readiness(State(program): State<Arc<Program>>) -> Answer<Response> {
    let store =
        match program.store.read(|tx| Box::pin(async move { tx.one("SELECT 1", Vec::new()).await.map(drop) })).await {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.to_string(),
        };
    let log_end = program.log.end();
    let behind = program.progress.lags(log_end);
    let ready = store == "ok" && behind.iter().all(|lag| lag.error.is_none());
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(Readiness { ready, store, log_end, behind })).into_response())
}
