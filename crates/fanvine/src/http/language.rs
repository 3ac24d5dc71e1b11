//! Refusals in the caller's language, and the refusals that no handler gives.

use std::any::Any;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Refusal, prefers_chinese, render};
use http::header;

/// Renders a refusal in Chinese when the request prefers it.
pub async fn speak(request: Request, next: Next) -> Response {
    let chinese = prefers_chinese(request.headers());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    if problem.code.status() >= 500 {
        tracing::error!(code = problem.code.as_str(), detail = problem.detail, "refused");
    }
    if !chinese {
        return response;
    }
    let mut translated = render(&problem, true);
    for (name, value) in response.headers() {
        if !translated.headers().contains_key(name) && name != header::CONTENT_LENGTH {
            translated.headers_mut().append(name.clone(), value.clone());
        }
    }
    translated
}

/// The answer of an address to a method it does not know.
pub async fn method_not_allowed(request: Request) -> Response {
    let detail = format!("{} does not answer {}", request.uri().path(), request.method());
    Refusal(Problem::new(Code::MethodNotAllowed, detail)).into_response()
}

/// The answer when a handler panicked: a bug in us, never the caller's fault.
pub fn panicked(cause: Box<dyn Any + Send>) -> http::Response<Body> {
    let text = cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a handler panicked");
    Refusal(Problem::new(Code::Internal, "the request could not be handled; the log says why")).into_response()
}
