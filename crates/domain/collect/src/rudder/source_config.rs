//! `GET /sourceConfig/`: what RudderStack's browser client wants to know before it sends anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{ProblemBody, prefers_chinese, render};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::Collect;
use crate::ingest::cors;
use crate::ingest::take::basic_key;
use crate::said::form;
use crate::segment::shown;

/// Tells RudderStack's browser client what its source is.
///
/// It has no destinations: everything is sent to Fanvine. The write key comes as
/// the user name of Basic authentication or as `writeKey` in the query.
#[utoipa::path(
    get, path = "/sourceConfig/", operation_id = "show_source_config", tag = "collect",
    params(("writeKey" = Option<String>, Query, description = "The write key")),
    responses((status = 200, body = Object), (status = 401, body = ProblemBody)),
    security(()),
)]
pub(crate) async fn show_source_config(
    State(collect): State<Arc<Collect>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    cors::open(match collect.source_config(&query.unwrap_or_default(), &headers) {
        Ok(config) => Json(config).into_response(),
        Err(problem) => render(&problem, prefers_chinese(&headers)),
    })
}

/// The same without the last slash.
#[utoipa::path(
    get, path = "/sourceConfig", operation_id = "show_source_config_plain", tag = "collect",
    params(("writeKey" = Option<String>, Query, description = "The write key")),
    responses((status = 200, body = Object), (status = 401, body = ProblemBody)),
    security(()),
)]
pub(crate) async fn show_source_config_plain(
    state: State<Arc<Collect>>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    show_source_config(state, query, headers).await
}

impl Collect {
    fn source_config(&self, query: &str, headers: &HeaderMap) -> Result<Value, Problem> {
        let key = basic_key(headers)?.or_else(|| form::field(query, "writeKey").map(std::borrow::Cow::into_owned));
        let key = key.ok_or_else(|| Problem::new(Code::InvalidWriteKey, "no write key was given"))?;
        let keys = self.keys.at(self.clock.now());
        let source = keys.get(&key).ok_or_else(|| {
            let detail = format!("the write key `{}` is not known or is switched off", shown(&key));
            Problem::new(Code::InvalidWriteKey, detail)
        })?;
        let off = json!({"enabled": false});
        Ok(json!({
            "source": {
                "id": source.as_str(), "name": "Fanvine", "writeKey": key, "enabled": true, "workspaceId": "fanvine",
                "config": {"statsCollection": {"errors": off, "metrics": off}},
                "connections": [], "destinations": [], "dataplanes": {},
            },
        }))
    }
}
