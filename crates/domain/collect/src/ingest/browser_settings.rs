//! `GET /v1/projects/{key}/settings`: what Segment's browser client wants to know before it sends anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{ProblemBody, prefers_chinese, render};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

use super::cors;
use crate::Collect;
use crate::segment::shown;

/// Tells Segment's browser client to send everything here.
///
/// The address is the one it asked at: the `Host` header, and behind a
/// proxy `X-Forwarded-Proto`, else the scheme of the page.
#[utoipa::path(
    get, path = "/v1/projects/{key}/settings", operation_id = "show_browser_settings", tag = "collect",
    params(("key" = String, Path, description = "The write key")),
    responses((status = 200, body = Object), (status = 401, body = ProblemBody)),
    security(()),
)]
pub(crate) async fn show_browser_settings(
    State(collect): State<Arc<Collect>>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut response = cors::open(if collect.keys.at(collect.clock.now()).contains_key(&key) {
        Json(settings(&key, &headers)).into_response()
    } else {
        let detail = format!("the write key `{}` is not known or is switched off", shown(&key));
        render(&Problem::new(Code::InvalidWriteKey, detail), prefers_chinese(&headers))
    });
    // It tells an address that the caller named: nobody else may be given it.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn settings(key: &str, headers: &HeaderMap) -> Value {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_https = match text("x-forwarded-proto") {
        Some(scheme) => scheme.eq_ignore_ascii_case("https"),
        None => text("origin").or_else(|| text("referer")).is_some_and(|page| page.starts_with("https:")),
    };
    let host = text("x-forwarded-host").or_else(|| text("host")).unwrap_or("localhost");
    let enabled = json!({"__default": {"enabled": true, "integrations": {}}});
    json!({
        "integrations": {"Segment.io": {
            "apiKey": key,
            "apiHost": format!("{host}/v1"),
            "protocol": if is_https { "https" } else { "http" },
            "unbundledIntegrations": [], "addBundledMetadata": true, "maybeBundledConfigIds": {},
            "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
        }},
        "plan": {"track": enabled, "identify": enabled, "group": enabled},
        "analyticsNextEnabled": true, "edgeFunction": {}, "enabledMiddleware": {}, "middlewareSettings": {},
        "metrics": {"sampleRate": 0}, "legacyVideoPluginsEnabled": false, "remotePlugins": [],
    })
}
