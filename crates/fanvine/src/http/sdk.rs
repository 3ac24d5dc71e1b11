//! Our own tracker, inside the program: any shop's pages load it from `/sdk/fanvine.js`.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::Refusal;
use http::{HeaderValue, header};

use super::console::serve;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../sdk/js/dist"]
#[allow_missing = true]
struct Built;

/// Browsers look for a new tracker once an hour, and go on with the one they have while they look.
const CACHE: &str = "public, max-age=3600, stale-while-revalidate=86400";

/// The script of that name.
pub fn script(name: &str, request: &Request) -> Response {
    // Beside the scripts lie their types and what mini-programs are built with.
    let found = Built::get(name).filter(|_| name.ends_with(".js") && !name.contains('/'));
    let Some(file) = found else {
        let detail = if Built::iter().next().is_none() {
            "this build of Fanvine has no tracker inside; `make build` puts it in".to_owned()
        } else {
            format!("there is no script at /sdk/{name}")
        };
        return Refusal(Problem::new(Code::NotFound, detail)).into_response();
    };
    let mut response = serve(name, &file, request);
    let headers = response.headers_mut();
    // It runs on pages of others, by whose rules.
    headers.remove(header::CONTENT_SECURITY_POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}
