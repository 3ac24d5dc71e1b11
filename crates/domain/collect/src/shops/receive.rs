//! `POST /webhooks/{key}`: what a shop platform tells becomes events on disk.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, ProblemBody};
use http::HeaderMap;

use super::signature;
use crate::Collect;
use crate::ingest::take::{Received, read_within, wants_results};
use crate::ingest::{body_problem, refused_problem};
use crate::said::hand_on;
use crate::segment::{Arrival, Limits, Refused, body, shown};

/// Takes in a webhook of a shop platform.
///
/// It must be signed with the secret that was set for the source. A topic that means nothing here
/// is answered as a success, without results.
#[utoipa::path(
    post, path = "/webhooks/{key}", operation_id = "take_shop_webhook", tag = "collect",
    params(
        ("key" = String, Path, description = "The write key of the source"),
        ("verbose" = Option<String>, Query, description = "1: answer what became of each event"),
    ),
    request_body(content = Object, content_type = "application/json", description = "What the platform sends"),
    responses(
        (status = 200, body = Received),
        (status = 400, body = ProblemBody, description = "invalid_json, invalid_encoding or invalid_event"),
        (status = 401, body = ProblemBody, description = "invalid_write_key: the key is unknown, or the signature does not fit"),
        (status = 404, body = ProblemBody, description = "not_found: no platform may send webhooks to this source"),
        (status = 413, body = ProblemBody, description = "batch_too_large"),
        (status = 429, body = ProblemBody, description = "rate_limited or overloaded, with Retry-After"),
        (status = 503, body = ProblemBody, description = "storage_full or unavailable, with Retry-After"),
    ),
    security(()),
)]
pub(crate) async fn take_webhook(
    State(collect): State<Arc<Collect>>,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Received>> {
    Ok(Json(collect.take_webhook(&key, &query.unwrap_or_default(), &headers, body).await?))
}

impl Collect {
    async fn take_webhook(&self, key: &str, query: &str, headers: &HeaderMap, body: Body) -> Result<Received, Problem> {
        let keys = self.keys.at(self.clock.now());
        let source = keys.get(key).ok_or_else(|| {
            Problem::new(
                Code::InvalidWriteKey,
                format!("the write key `{}` is not known or is switched off", shown(key)),
            )
        })?;
        let hook = self.hooks.of(source).ok_or_else(|| {
            Problem::new(Code::NotFound, format!("no shop platform may send webhooks to the source {source}"))
        })?;
        let limit = self.limits.batch_bytes;
        let bytes = read_within(body, headers, limit).await?;
        let text_of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some((_, signature_header)) = hook.platform.headers() {
            let Some(signature) = text_of(signature_header) else {
                // WooCommerce asks once, unsigned, whether anybody is there.
                return match bytes.starts_with(b"webhook_id=") {
                    true => Ok(Received { success: true, results: None }),
                    false => Err(unsigned(signature_header, "is missing")),
                };
            };
            if !signature::fits(&hook.secret, &bytes, signature) {
                return Err(unsigned(signature_header, "does not fit the body and the secret that was set"));
            }
        }
        if let Some(custom) = &hook.custom {
            let admitted = custom.admits(&hook.secret, headers, &bytes, self.clock.now());
            admitted.map_err(|(header, what)| unsigned(&header, what))?;
        }
        let text = body::text(&bytes, None, limit).map_err(|error| body_problem(&error))?;
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            return Err(refused_problem(&Refused::InvalidJson(error.to_string())));
        }
        let topic = hook.platform.headers().and_then(|(topic, _)| text_of(topic)).unwrap_or_default();
        let received_at = self.clock.now();
        // A platform's order is as large as it is.
        let limits = Limits { event_bytes: limit, ..self.limits };
        let arrival = Arrival { received_at, currency: self.currency(), limits: &limits, trusted: false };
        let mut heard =
            self.heard(&format!("{}:{topic}", hook.platform.as_str()), received_at, wants_results(query), text.len());
        let text = text.trim();
        for (index, said) in hook.said(topic, text).into_iter().enumerate() {
            hand_on((source, text, index), said, None, &arrival, &mut |taken| heard.take(taken));
        }
        self.keep(false, heard).await
    }
}

fn unsigned(header: &str, what: &str) -> Problem {
    Problem::new(Code::InvalidWriteKey, format!("the signature in `{header}` {what}"))
}
