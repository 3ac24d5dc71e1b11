//! What is done around every request: it gets an id, which its answer and every line of the log about it carry; its time is
//! counted by route and status; its answer says what browsers may not do with it.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use fanvine_kernel::Entropy;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tracing::Instrument as _;

use crate::ambient::SystemEntropy;
use crate::metrics::Metrics;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from a caller.
const LONGEST_ID: usize = 128;
/// The route of whatever the router does not name: pages and files of the console.
const PAGES: &str = "console";

/// What may be done with answers of the API, where they do not say otherwise. Pages have their own
/// ([`super::console`]).
const GUARDED: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What observing needs.
#[derive(Debug, Clone)]
pub struct Observer {
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Whether people reach the program by https only.
    pub https_only: bool,
}

impl Observer {
    /// Lets a request for events through: the way of the most requests, so it has no span of its own.
    pub async fn intake<E>(
        &self,
        request: Request,
        answer: impl AsyncFnOnce(Request) -> Result<Response, E>,
    ) -> Result<Response, E> {
        let (id, began) = (id_of(request.headers()), Instant::now());
        let mut response = answer(request).await?;
        // What was no call of the Segment API went on to the rest, and was seen there.
        if response.headers().contains_key(&REQUEST_ID) {
            return Ok(response);
        }
        let status = response.status();
        self.metrics.took_in(status, began.elapsed());
        if status.is_server_error() {
            tracing::warn!(request_id = ?id, status = status.as_u16(), "events were not taken");
        }
        response.headers_mut().insert(REQUEST_ID, id);
        Ok(response)
    }
}

/// Lets any other request through.
pub async fn observe(State(observer): State<Observer>, mut request: Request, next: Next) -> Response {
    let (id, began) = (id_of(request.headers()), Instant::now());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), %method, path);
    // For the audit: the id as it was decided here, not as a caller may have sent it.
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status(), began.elapsed());
    observer.metrics.answered(&method, route.as_ref().map_or(PAGES, MatchedPath::as_str), status, took);
    let milliseconds = took.as_millis() as u64;
    span.in_scope(|| match status.is_server_error() {
        true => tracing::warn!(status = status.as_u16(), milliseconds, "answered"),
        false => tracing::debug!(status = status.as_u16(), milliseconds, "answered"),
    });
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    for (name, value) in GUARDED {
        headers.entry(name).or_insert(value);
    }
    if path.starts_with("/api/") {
        headers.entry(header::CACHE_CONTROL).or_insert(NOT_KEPT);
    }
    if observer.https_only {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    response
}

/// The caller's own id of the request if it is fit to be written to a log, else a new one.
fn id_of(headers: &HeaderMap) -> HeaderValue {
    let fit = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=LONGEST_ID).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
    };
    if let Some(given) = headers.get(&REQUEST_ID).filter(fit) {
        return given.clone();
    }
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    let mut text = [0; 32];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(id: &[u8]) -> HeaderMap {
        [(REQUEST_ID, HeaderValue::from_bytes(id).unwrap())].into_iter().collect()
    }

    #[test]
    fn an_id_that_is_fit_is_kept_and_any_other_replaced() {
        assert_eq!(id_of(&with(b"order-7:retry/2")), "order-7:retry/2");
        for unfit in [b"a b".as_slice(), b"", b"\xe8\xaf\xb7", b"{x}", &[b'a'; 129]] {
            let made = id_of(&with(unfit));
            assert!(made.len() == 32 && made.as_bytes().iter().all(u8::is_ascii_hexdigit), "{made:?}");
        }
        assert_ne!(id_of(&HeaderMap::new()), id_of(&HeaderMap::new()));
    }
}
