//! `POST /flags/`: there are no feature flags here, said in the form PostHog's clients expect.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{ProblemBody, prefers_chinese, render};
use http::{HeaderMap, header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::text;
use crate::Collect;
use crate::ingest::take::read_within;
use crate::ingest::{body_problem, cors};
use crate::segment::json::pick;
use crate::segment::{shown, text_of};

/// No feature flags.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoFlags {
    /// The flags by name: none.
    #[schema(value_type = Object)]
    pub flags: Map<String, Value>,
    /// The same for older clients.
    #[schema(value_type = Object)]
    pub feature_flags: Map<String, Value>,
    /// The same for older clients.
    #[schema(value_type = Object)]
    pub feature_flag_payloads: Map<String, Value>,
    /// Never: nothing is worked out.
    pub errors_while_computing_flags: bool,
    /// Browsers are told to record nothing.
    pub session_recording: bool,
    /// Browsers are told to ask for no surveys.
    pub surveys: bool,
    /// The compressions that are understood.
    pub supported_compression: [&'static str; 2],
    /// A name for this answer.
    pub request_id: String,
}

/// Answers that there are no feature flags.
#[utoipa::path(
    post, path = "/flags/", operation_id = "show_no_flags", tag = "collect",
    request_body(content = Object, content_type = "application/json", description = "`{\"token\": …, \"distinct_id\": …}`"),
    responses((status = 200, body = NoFlags), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)),
    security(()),
)]
pub(crate) async fn show_no_flags(State(collect): State<Arc<Collect>>, headers: HeaderMap, body: Body) -> Response {
    cors::open(match collect.no_flags(&headers, body).await {
        Ok(flags) => Json(flags).into_response(),
        Err(problem) => render(&problem, prefers_chinese(&headers)),
    })
}

/// The same for older clients.
#[utoipa::path(
    post, path = "/decide/", operation_id = "show_no_decision", tag = "collect",
    request_body(content = Object, content_type = "application/json", description = "`{\"token\": …, \"distinct_id\": …}`"),
    responses((status = 200, body = NoFlags), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody)),
    security(()),
)]
pub(crate) async fn show_no_decision(state: State<Arc<Collect>>, headers: HeaderMap, body: Body) -> Response {
    show_no_flags(state, headers, body).await
}

impl Collect {
    async fn no_flags(&self, headers: &HeaderMap, body: Body) -> Result<NoFlags, Problem> {
        let limit = self.limits.batch_bytes;
        let bytes = read_within(body, headers, limit).await?;
        let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
        let text = text(&bytes, encoding, limit).map_err(|error| body_problem(&error))?;
        let [token, api_key] = pick(Some(text.trim()), ["token", "api_key"]);
        let key = token.or(api_key).and_then(text_of);
        let key =
            key.ok_or_else(|| Problem::new(Code::InvalidWriteKey, "no write key was given: send it as `token`"))?;
        if !self.keys.at(self.clock.now()).contains_key(&key) {
            let detail = format!("the write key `{}` is not known or is switched off", shown(&key));
            return Err(Problem::new(Code::InvalidWriteKey, detail));
        }
        let mut bytes = [0u8; 8];
        self.entropy.fill(&mut bytes);
        let request_id = format!("{:016x}", u64::from_le_bytes(bytes));
        Ok(NoFlags { supported_compression: ["gzip", "gzip-js"], request_id, ..NoFlags::default() })
    }
}
