//! `POST /v1/{call}`: a request of the Segment API becomes events on disk.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_stream::Appended;
use fanvine_web::{ProblemBody, prefers_chinese, render};
use futures::StreamExt;
use http::{HeaderMap, header};
use serde::Serialize;

use super::heard::Heard;
use super::{append_problem, body_problem, cors, refused_problem, rejected_problem};
use crate::Collect;
use crate::quarantine::{Quarantined, store};
use crate::segment::{Arrival, Call, body, decode};

/// The answer to events taken in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Received {
    /// Always true: everything is on disk.
    pub success: bool,
    /// With `?verbose=1`: what became of each event, in the order they were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<EventResult>>,
}

/// What became of one event.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EventResult {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its message id; the one given to it if it came without.
    pub message_id: Option<String>,
    /// What became of it.
    pub status: EventStatus,
    /// Why it was rejected, naming field and value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in Simplified Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_zh: Option<String>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventStatus {
    /// On disk.
    Stored,
    /// On disk since it was sent before.
    Duplicate,
    /// An event that is not as the tracking plan has it; kept in quarantine until it is mended.
    Quarantined,
    /// Not an event; kept in quarantine.
    Rejected,
}

/// Takes in events as the Segment HTTP API sends them.
///
/// The write key comes as the user name of Basic authentication
/// or as `writeKey` in the body. The answer goes out when everything is on disk; a `messageId` that came before is a
/// success and changes nothing.
#[utoipa::path(
    post, path = "/v1/{call}", operation_id = "take_events", tag = "collect",
    params(
        ("call" = String, Path, description = "track, identify, page, screen, group, alias, batch or import"),
        ("verbose" = Option<String>, Query, description = "1: answer what became of each event"),
    ),
    request_body(content = Object, content_type = "application/json",
        description = "A message, or for batch and import `{\"batch\": [message, …]}`; plain or gzip"),
    responses(
        (status = 200, body = Received),
        (status = 400, body = ProblemBody, description = "invalid_json, invalid_body, invalid_encoding or invalid_event"),
        (status = 401, body = ProblemBody, description = "invalid_write_key"),
        (status = 404, body = ProblemBody, description = "not_found: no such call"),
        (status = 413, body = ProblemBody, description = "event_too_large or batch_too_large"),
        (status = 429, body = ProblemBody, description = "rate_limited or overloaded, with Retry-After"),
        (status = 503, body = ProblemBody, description = "storage_full or unavailable, with Retry-After"),
    ),
    security(()),
)]
pub(crate) async fn take_events(
    State(collect): State<Arc<Collect>>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let verbose = query.is_some_and(|query| wants_results(&query));
    // Rendered here, not by whoever wraps this: the answer must keep its cross-origin headers.
    cors::open(match collect.take(&call, None, &headers, body, verbose).await {
        Ok(received) => Json(received).into_response(),
        Err(problem) => render(&problem, prefers_chinese(&headers)),
    })
}

/// Whether the query asks what became of each event.
pub(crate) fn wants_results(query: &str) -> bool {
    query.split('&').any(|pair| matches!(pair, "verbose" | "verbose=1" | "verbose=true"))
}

impl Collect {
    /// Takes in a request of the Segment API; `query_key` is the write key of clients that can send it nowhere else.
    pub(crate) async fn take(
        &self,
        call: &str,
        query_key: Option<&str>,
        headers: &HeaderMap,
        body: Body,
        verbose: bool,
    ) -> Result<Received, Problem> {
        let kind = Call::named(call)
            .ok_or_else(|| Problem::new(Code::NotFound, format!("there is no call /v1/{}", shortened(call))))?;
        let limit = self.limits.batch_bytes;
        let bytes = read_within(body, headers, limit).await?;
        let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
        let text = body::text(&bytes, encoding, limit).map_err(|error| body_problem(&error))?;

        let received_at = self.clock.now();
        let keys = self.keys.at(received_at);
        let arrival = Arrival { received_at, currency: self.currency(), limits: &self.limits, trusted: false };
        let resolve = |key: &str| keys.get(key);
        let mut heard = self.heard(call, received_at, verbose, text.len());
        let header_key = basic_key(headers)?;
        decode(kind, &text, header_key.as_deref().or(query_key), &resolve, &arrival, |taken| heard.take(taken))
            .map_err(|refused| refused_problem(&refused))?;
        self.keep(kind == Call::Many, heard).await
    }

    /// Events into the log, the rest into quarantine; only then an answer.
    pub(crate) async fn keep(&self, many: bool, heard: Heard<'_>) -> Result<Received, Problem> {
        for (source, counted) in &heard.by_source {
            self.rates.take(source, counted.received as usize, heard.received_at).map_err(|seconds| {
                Problem::new(Code::RateLimited, format!("the source {source} sends faster than its limit"))
                    .retry_after(seconds)
            })?;
        }
        let heard = self.settled(heard).await;
        let Heard { received_at, records, refused, first, mut results, count, mut by_source, of_stored, .. } = heard;
        let none_valid = records.is_empty();
        let appended = self.log.append(records).await.map_err(|error| append_problem(&error))?;
        if !refused.is_empty() {
            self.quarantine(refused, received_at).await?;
        }
        for (appended, source) in appended.iter().zip(of_stored) {
            if let (Appended::Duplicate, Some((_, counted))) = (appended, by_source.get_mut(usize::from(source))) {
                counted.duplicates += 1;
            }
        }
        for (source, counted) in by_source {
            self.quality.add(source, counted);
        }
        if let (true, Some(first)) = (none_valid, first) {
            return Err(rejected_problem(&first, many, count));
        }
        let stored = results.iter_mut().flatten().filter(|result| result.status == EventStatus::Stored);
        for (result, appended) in stored.zip(appended) {
            if appended == Appended::Duplicate {
                result.status = EventStatus::Duplicate;
            }
        }
        Ok(Received { success: true, results })
    }

    /// Keeps refused messages, durably. A failure must be answered by 503: the client still holds them.
    async fn quarantine(&self, refused: Vec<Quarantined>, now: Timestamp) -> Result<(), Problem> {
        store::keep(&self.store, &refused, now, &*self.entropy).await.map(|_| ()).map_err(|error| {
            let full = error.is_full();
            tracing::error!(error = %error.in_full(), "refused messages could not be kept");
            let code = if full { Code::StorageFull } else { Code::Unavailable };
            Problem::new(code, "events that are not valid could not be kept in quarantine; send the request again")
                .retry_after(if full { 10 } else { 2 })
        })
    }
}

/// How much of a body that is too large is read and thrown away, so that the answer reaches a client that sends all
/// before it listens. One that sends still more finds the connection closed.
const PASSED_OVER: usize = 16 << 20;

/// Reads the body, never keeping more than `limit` bytes of it.
pub(crate) async fn read_within(body: Body, headers: &HeaderMap, limit: usize) -> Result<Vec<u8>, Problem> {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut kept = Vec::with_capacity(said.unwrap_or_default().min(limit));
    let mut read = 0usize;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::InvalidBody, "the body ended before it was complete"))?;
        read = read.saturating_add(chunk.len());
        if read <= limit && said.is_none_or(|said| said <= limit) {
            kept.extend_from_slice(&chunk);
        } else if read > PASSED_OVER {
            break;
        }
    }
    if read > limit {
        return Err(Problem::new(Code::BatchTooLarge, format!("the body holds more than {limit} bytes")));
    }
    Ok(kept)
}

/// The user name of Basic authentication; an empty one is as if there were none.
pub(crate) fn basic_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let unreadable = || Problem::new(Code::InvalidWriteKey, "the Authorization header is not Basic authentication");
    let text = value.to_str().map_err(|_| unreadable())?;
    let Some((scheme, packed)) = text.split_once(' ') else { return Err(unreadable()) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unreadable());
    }
    let packed = packed.trim();
    let bytes = STANDARD.decode(packed).or_else(|_| STANDARD_NO_PAD.decode(packed)).map_err(|_| unreadable())?;
    let login = String::from_utf8(bytes).map_err(|_| unreadable())?;
    let key = login.split_once(':').map_or(login.as_str(), |(key, _)| key);
    Ok(Some(key.to_owned()).filter(|key| !key.is_empty()))
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(32) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
