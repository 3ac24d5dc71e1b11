//! A refusal: a problem on its way out, in the language the caller reads.

use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

/// What a handler answers: the thing asked for, or why not.
pub type Answer<T> = Result<T, Refusal>;

/// A problem as an HTTP response. Anything that becomes a [`Problem`] becomes one by `?`.
#[derive(Debug)]
pub struct Refusal(pub Problem);

impl<E: Into<Problem>> From<E> for Refusal {
    fn from(cause: E) -> Self {
        Self(cause.into())
    }
}

/// A problem as it is written out (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub about: String,
    /// What the code means, in the caller's language.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The stable code, for programs.
    pub code: &'static str,
    /// What happened this time, naming the thing and its values.
    pub detail: String,
    /// Where in the request it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

/// Whether the first language of `Accept-Language` is Chinese.
pub fn prefers_chinese(headers: &HeaderMap) -> bool {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    wanted.trim_start().get(..2).is_some_and(|first| first.eq_ignore_ascii_case("zh"))
}

/// Writes a problem out, its title in Chinese if `chinese`.
pub fn render(problem: &Problem, chinese: bool) -> Response {
    let code = problem.code;
    let body = ProblemBody {
        about: format!("/docs/#problem-{}", code.as_str()),
        title: if chinese { code.chinese() } else { code.english() },
        status: code.status(),
        code: code.as_str(),
        detail: problem.detail_zh.as_ref().filter(|_| chinese).unwrap_or(&problem.detail).clone(),
        pointer: problem.pointer.clone(),
        retryable: code.retryable(),
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = problem.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if code == Code::SignInRequired {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

impl IntoResponse for Refusal {
    /// Rendered in English; the problem rides along as an extension, so that the program can render it
    /// again in the language the request asked for.
    fn into_response(self) -> Response {
        let mut response = render(&self.0, false);
        response.extensions_mut().insert(self.0);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_wins() {
        let headers = |text: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, http::HeaderValue::from_static(text))])
        };
        assert!(prefers_chinese(&headers("zh-CN,zh;q=0.9,en;q=0.8")));
        assert!(!prefers_chinese(&headers("en,zh;q=0.9")));
        assert!(!prefers_chinese(&HeaderMap::new()));
    }
}
