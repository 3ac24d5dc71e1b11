//! `POST /api/v1/sql`: a read-only query over everything the shop holds, answered as JSON or CSV.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_lake::{SqlError, SqlRequest};
use fanvine_web::{Answer, Body};
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Measure;

/// What to ask.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SqlQuestion {
    /// One `SELECT`, `WITH`, `VALUES`, `EXPLAIN`, `SHOW` or `DESCRIBE`.
    query: String,
    /// Most rows wanted, up to the configured limit. Answers in CSV are not cut.
    max_rows: Option<usize>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SqlAnswer {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The columns' types.
    pub types: Vec<String>,
    /// The rows, each with a value per column: numbers, texts (also for moments, RFC 3339), booleans, null.
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more rows than wanted.
    pub truncated: bool,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

fn code_of(error: &SqlError) -> Code {
    match error {
        SqlError::NotReadOnly { .. } => Code::QueryNotReadOnly,
        SqlError::Invalid { .. } | SqlError::Failed { .. } => Code::InvalidQuery,
        SqlError::TimedOut { .. } => Code::QueryTimeout,
        SqlError::OutOfMemory { .. } => Code::QueryTooLarge,
    }
}

/// A query's refusal, pointing at the line and column where that is known.
pub fn problem_of(error: SqlError) -> Problem {
    let problem = Problem::new(code_of(&error), error.to_string());
    match error {
        SqlError::Invalid { line: Some(line), column: Some(column), .. } => problem.at(format!("{line}:{column}")),
        SqlError::TimedOut { .. } => problem.retry_after(10),
        _ => problem,
    }
}

/// Runs one read-only query over the event store.
#[utoipa::path(
    post, path = "/api/v1/sql", tag = "measure", request_body = SqlQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, description = "Rows; as text/csv where the request accepts that", body = SqlAnswer),
        (status = 400, description = "Not valid, or not read-only", body = fanvine_web::ProblemBody),
        (status = 422, description = "More memory than it may use", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_sql(
    State(measure): State<Arc<Measure>>,
    headers: HeaderMap,
    Body(question): Body<SqlQuestion>,
) -> Answer<Response> {
    let timeout = measure.limits.timeout;
    if wants_csv(&headers) {
        // The most the query engine can count to, less the one more it asks for.
        let most = i64::MAX as usize - 1;
        let request =
            SqlRequest { query: question.query, max_rows: question.max_rows.unwrap_or(most).min(most), timeout };
        let chunks = measure.lake.sql_csv(&request).await.map_err(problem_of)?;
        let mut response = axum::body::Body::from_stream(chunks).into_response();
        let kind = HeaderValue::from_static("text/csv; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        return Ok(response);
    }
    let max_rows = question.max_rows.unwrap_or(usize::MAX).min(measure.limits.rows);
    let started = Instant::now();
    let answer =
        measure.lake.sql(&SqlRequest { query: question.query, max_rows, timeout }).await.map_err(problem_of)?;
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let fanvine_lake::SqlAnswer { columns, types, rows, truncated } = answer;
    Ok(Json(SqlAnswer { columns, types, rows, truncated, elapsed_ms }).into_response())
}

/// Whether a request wants CSV.
pub(crate) fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').next().is_some_and(|first| first.trim().starts_with("text/csv"))
}
