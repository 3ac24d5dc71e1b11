//! The built console, inside the program. Any address that is not the API's is a page of it.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::Refusal;
use http::{HeaderValue, Method, StatusCode, header};

use super::sdk;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
struct Built;

const API: [&str; 2] = ["/api/", "/v1/"];

/// The file at the address, or the console's first page, which finds its way from there.
pub async fn page(request: Request) -> Response {
    let path = request.uri().path();
    if API.iter().any(|prefix| path.starts_with(prefix)) {
        return Refusal(Problem::new(Code::NotFound, format!("there is nothing at {path}"))).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let detail = format!("{path} does not answer {}", request.method());
        return Refusal(Problem::new(Code::MethodNotAllowed, detail)).into_response();
    }
    if let Some(name) = path.strip_prefix("/sdk/") {
        return sdk::script(name, &request);
    }
    let name = path.trim_start_matches('/');
    let nested = format!("{}/index.html", name.trim_end_matches('/'));
    // Below a page anything may follow: a shopper's key has dots.
    let looks_like_a_file = name.contains('.') && (!name.contains('/') || name.starts_with("assets/"));
    let found =
        Built::get(name).map(|file| (name, file)).or_else(|| Built::get(&nested).map(|file| ("index.html", file)));
    match found
        .or_else(|| (!looks_like_a_file).then(|| Built::get("index.html")).flatten().map(|file| ("index.html", file)))
    {
        Some((name, file)) => serve(name, &file, &request),
        None if looks_like_a_file => {
            Refusal(Problem::new(Code::NotFound, format!("there is no file at {path}"))).into_response()
        }
        None => (StatusCode::NOT_FOUND, "This build of Fanvine has no console inside; `make build` puts it in.\n")
            .into_response(),
    }
}

/// The file, or that what the browser has of it is the same.
pub fn serve(name: &str, file: &rust_embed::EmbeddedFile, request: &Request) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..12]));
    let fresh = request.headers().get(header::IF_NONE_MATCH).is_some_and(|given| given.as_bytes() == tag.as_bytes());
    let mut response =
        if fresh { StatusCode::NOT_MODIFIED.into_response() } else { file.data.clone().into_owned().into_response() };
    let headers = response.headers_mut();
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let kind = if kind.type_() == mime_guess::mime::TEXT { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    // Names under assets/ carry a hash of their content, so they never change.
    let cache =
        if request.uri().path().contains("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    for (name, value) in [
        (header::CONTENT_TYPE, kind.as_str()),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, tag.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; frame-ancestors 'none'",
        ),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
