//! `/sa`, `/sa.gif` and `/debug`: events as the clients of Sensors Analytics send them.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{ProblemBody, prefers_chinese, render};
use http::{HeaderMap, HeaderValue, Method, header};

use super::{Unpacked, decode, unpacked};
use crate::Collect;
use crate::ingest::take::{Received, read_within, wants_results};
use crate::ingest::{body_problem, cors, refused_problem};
use crate::segment::{Arrival, body};

/// A transparent picture of one pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\
    \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// Writes the verb of one address and method.
macro_rules! address {
    ($name:ident, $method:ident, $path:literal, $about:literal) => {
        #[doc = $about]
        ///
        /// The write key is `token` or `project`, in the query or in a message. `data` is one message, `data_list` many:
        /// base64 of JSON or of gzip of it. The answer goes out when everything is on disk.
        #[utoipa::path(
            $method, path = $path, operation_id = stringify!($name), tag = "collect",
            params(
                ("token" = Option<String>, Query, description = "The write key"),
                ("project" = Option<String>, Query, description = "The write key, if there is no token"),
                ("verbose" = Option<String>, Query, description = "1: answer what became of each event"),
            ),
            responses(
                (status = 200, body = Received, description = "Of a picture's address, a picture of one pixel"),
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
            method: Method,
            RawQuery(query): RawQuery,
            headers: HeaderMap,
            body: Body,
        ) -> Response {
            answer(&collect, $path, &method, &query.unwrap_or_default(), &headers, body).await
        }
    };
}

address!(sensors_data, post, "/sa", "Takes in events as the clients of Sensors Analytics send them.");
address!(sensors_data_get, get, "/sa", "Takes in events out of the query.");
address!(sensors_picture, get, "/sa.gif", "Takes in events out of the query, as the address of a picture.");
address!(sensors_picture_post, post, "/sa.gif", "Takes in events as browsers send them.");
address!(
    sensors_debug,
    post,
    "/debug",
    "Takes in events; with `Dry-Run: true` it only says what would become of them."
);
address!(
    sensors_debug_get,
    get,
    "/debug",
    "Takes in events out of the query, or only checks them with `Dry-Run: true`."
);

async fn answer(
    collect: &Collect,
    path: &str,
    method: &Method,
    query: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let verbose = wants_results(query);
    let dry_run = path == "/debug" && headers.get("dry-run").is_some_and(|value| value.as_bytes() == b"true");
    let mut response = match collect.receive(method, query, headers, body, dry_run).await {
        Ok(_) if path == "/sa.gif" && !verbose => ([(header::CONTENT_TYPE, "image/gif")], PIXEL).into_response(),
        // A browser that debugs takes an empty object for a success.
        Ok(_) if path == "/debug" && method == Method::GET && !verbose => Json(serde_json::json!({})).into_response(),
        Ok(received) => Json(received).into_response(),
        Err(problem) => render(&problem, prefers_chinese(headers)),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    cors::open(response)
}

impl Collect {
    async fn receive(
        &self,
        method: &Method,
        query: &str,
        headers: &HeaderMap,
        body: Body,
        dry_run: bool,
    ) -> Result<Received, Problem> {
        let limit = self.limits.batch_bytes;
        let text = if method == Method::GET {
            unpacked(query, limit)
        } else {
            // Base64 and its encoding as a form make it longer, before it is unpacked.
            let bytes = read_within(body, headers, limit.saturating_mul(2)).await?;
            let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
            let form = body::text(&bytes, encoding, limit.saturating_mul(2)).map_err(|error| body_problem(&error))?;
            unpacked(&form, limit)
        };
        let text = text.map_err(|error| unpacked_problem(&error))?;
        let received_at = self.clock.now();
        let keys = self.keys.at(received_at);
        let arrival = Arrival { received_at, currency: self.currency(), limits: &self.limits, trusted: false };
        let mut heard = self.heard("sensors", received_at, wants_results(query), text.len());
        decode(&text, query, &|key| keys.get(key), &arrival, &mut |taken| heard.take(taken))
            .map_err(|refused| refused_problem(&refused))?;
        if dry_run { heard.judged(true) } else { self.keep(true, heard).await }
    }
}

fn unpacked_problem(error: &Unpacked) -> Problem {
    match error {
        Unpacked::Body(error) => body_problem(error),
        Unpacked::Nothing => Problem::new(Code::InvalidBody, error.to_string()),
        Unpacked::Encrypted(_) | Unpacked::NotBase64 { .. } => Problem::new(Code::InvalidEncoding, error.to_string()),
    }
}
