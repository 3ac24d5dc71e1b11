//! The shop's own page, and time that passes when told to.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{Html, IntoResponse, Response};
use fanvine_web::prefers_chinese;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shop, Sorry};
use crate::ambient;

const HOUR: i64 = 3_600_000_000;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../pages/dist"]
#[allow_missing = true]
struct Built;

/// The one page of the shop, in the language the browser prefers: its script looks at the address.
pub async fn page(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Response {
    let fanvine = &shop.api.url;
    let policy = format!("default-src 'self' {fanvine}; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'");
    let (language, title) = if prefers_chinese(&headers) { ("zh", "云茶") } else { ("en", "Cloud Tea") };
    let page = Html(format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\n\
        <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
        <link rel=\"stylesheet\" href=\"/assets/pages.css\">\n\
        <script type=\"application/json\" id=\"told\">{{\"language\":\"{language}\"}}</script>\n\
        <script defer src=\"/assets/shop.js\"></script>\n</head>\n\
        <body><main id=\"page\" aria-busy=\"true\"></main></body>\n</html>\n"
    ));
    ([(header::CONTENT_SECURITY_POLICY, policy)], page).into_response()
}

/// A file the page is made of, or a picture of a product.
pub async fn file(Path(name): Path<String>, request: Request) -> Response {
    if let Some(product) = name.strip_suffix(".svg") {
        return picture(product);
    }
    let Some(file) = Built::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = crate::http::serve_file(&name, &file, &request);
    // Its name does not change with it.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A tin of tea in a colour of its own.
fn picture(product: &str) -> Response {
    let hue = product.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 360;
    let drawn = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 400\" width=\"400\" height=\"400\">\
        <rect width=\"400\" height=\"400\" fill=\"hsl({hue} 45% 92%)\"/>\
        <rect x=\"110\" y=\"120\" width=\"180\" height=\"200\" rx=\"18\" fill=\"hsl({hue} 45% 42%)\"/>\
        <rect x=\"100\" y=\"96\" width=\"200\" height=\"44\" rx=\"14\" fill=\"hsl({hue} 45% 30%)\"/>\
        <circle cx=\"200\" cy=\"232\" r=\"46\" fill=\"hsl({hue} 45% 92%)\"/>\
        <path d=\"M200 262c-26-14-26-44 0-60 26 16 26 46 0 60z\" fill=\"hsl({hue} 45% 42%)\"/></svg>"
    );
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, drawn).into_response()
}

#[derive(Deserialize)]
pub struct Later {
    hours: i64,
}

/// Lets hours pass: the program's clock goes ahead, so that what is due falls due.
pub async fn later(State(shop): State<Arc<Shop>>, Json(Later { hours }): Json<Later>) -> Result<Json<Value>, Sorry> {
    if !(1..=24 * 30).contains(&hours) {
        return Err(Sorry::new(StatusCode::UNPROCESSABLE_ENTITY, "1 to 720 hours may pass at once"));
    }
    let ahead = ambient::ahead().saturating_add(hours.saturating_mul(HOUR));
    // Kept first: a clock that stood behind what happened would be worse than one that is ahead.
    super::Keys { ahead_micros: ahead, ..shop.keys.clone() }.save(&shop.data_dir)?;
    ambient::set_ahead(ahead);
    Ok(Json(json!({ "hours_ahead": ahead / HOUR })))
}
