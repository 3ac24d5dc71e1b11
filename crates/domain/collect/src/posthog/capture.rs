//! `POST /batch/`, `/e/`, `/i/v0/e/`, `/capture/`: events as PostHog's clients send them.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use fanvine_kernel::Problem;
use fanvine_web::{ProblemBody, prefers_chinese, render};
use http::{HeaderMap, header};
use serde::Serialize;

use super::{decode, text};
use crate::Collect;
use crate::ingest::take::{EventResult, read_within, wants_results};
use crate::ingest::{body_problem, cors, refused_problem};
use crate::said::form;
use crate::segment::Arrival;

/// The answer to PostHog's clients.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Captured {
    /// Always 1: everything is on disk.
    pub status: u8,
    /// With `?verbose=1`: what became of each event, in the order they were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<EventResult>>,
}

/// Writes the verb of one address: PostHog's clients know several for the same.
macro_rules! address {
    ($name:ident, $path:literal) => {
        /// Takes in events as PostHog's clients send them.
        ///
        /// The write key is `api_key` or `token` in the body or in each event. The answer goes out when everything is on
        /// disk; a `uuid` that came before is a success and changes nothing.
        #[utoipa::path(
            post, path = $path, operation_id = stringify!($name), tag = "collect",
            params(("verbose" = Option<String>, Query, description = "1: answer what became of each event")),
            request_body(content = Object, content_type = "application/json",
                description = "An event, an array of events or `{\"batch\": [event, …]}`; plain, gzip, or a form with base64"),
            responses(
                (status = 200, body = Captured),
                (status = 400, body = ProblemBody, description = "invalid_json, invalid_body, invalid_encoding or invalid_event"),
                (status = 401, body = ProblemBody, description = "invalid_write_key"),
                (status = 413, body = ProblemBody, description = "event_too_large or batch_too_large"),
                (status = 429, body = ProblemBody, description = "rate_limited or overloaded, with Retry-After"),
                (status = 503, body = ProblemBody, description = "storage_full or unavailable, with Retry-After"),
            ),
            security(()),
        )]
        pub(crate) async fn $name(
            State(collect): State<Arc<Collect>>,
            RawQuery(query): RawQuery,
            headers: HeaderMap,
            body: Body,
        ) -> Response {
            answer(&collect, &query.unwrap_or_default(), &headers, body).await
        }
    };
}

address!(capture_batch, "/batch/");
address!(capture_event, "/e/");
address!(capture_event_v0, "/i/v0/e/");
address!(capture_event_old, "/capture/");

async fn answer(collect: &Collect, query: &str, headers: &HeaderMap, body: Body) -> Response {
    cors::open(match collect.capture(query, headers, body).await {
        Ok(captured) => Json(captured).into_response(),
        Err(problem) => render(&problem, prefers_chinese(headers)),
    })
}

impl Collect {
    async fn capture(&self, query: &str, headers: &HeaderMap, body: Body) -> Result<Captured, Problem> {
        let limit = self.limits.batch_bytes;
        let bytes = read_within(body, headers, limit).await?;
        let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
        let text = text(&bytes, encoding, limit).map_err(|error| body_problem(&error))?;
        let received_at = self.clock.now();
        let keys = self.keys.at(self.clock.now());
        let arrival = Arrival { received_at, currency: self.currency(), limits: &self.limits, trusted: false };
        let mut heard = self.heard("posthog", received_at, wants_results(query), text.len());
        let token = form::field(query, "token");
        decode(&text, token.as_deref(), &|key| keys.get(key), &arrival, &mut |taken| heard.take(taken))
            .map_err(|refused| refused_problem(&refused))?;
        let received = self.keep(true, heard).await?;
        Ok(Captured { status: 1, results: received.results })
    }
}
