//! The demonstration's own shop: a small backend that keeps Fanvine's server key to itself, takes payments that are none, and
//! signs its shoppers in on Fanvine's pages. What it does of a checkout is what docs/checkout.md says, call by call.

mod orders;
mod pages;
mod sign_in;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use super::api::Api;
use super::keys::Keys;

/// The shop's server.
pub struct Shop {
    pub api: Api,
    pub keys: Keys,
    /// Where the keys are kept, with how far the clock is ahead.
    pub data_dir: PathBuf,
    /// Who is signed in, by the cookie's value.
    pub sessions: Mutex<HashMap<String, String>>,
}

/// Why the shop did not do something.
pub struct Sorry(StatusCode, String);

impl Sorry {
    fn new(status: StatusCode, says: &str) -> Self {
        Self(status, says.to_owned())
    }
}

impl From<anyhow::Error> for Sorry {
    fn from(error: anyhow::Error) -> Self {
        tracing::warn!(error = format!("{error:#}"), "the shop could not ask");
        Self(StatusCode::BAD_GATEWAY, "the shop is out of order".to_owned())
    }
}

impl IntoResponse for Sorry {
    fn into_response(self) -> Response {
        (self.0, axum::Json(json!({ "says": self.1 }))).into_response()
    }
}

impl Shop {
    /// Who asks, if they are signed in.
    fn shopper(&self, headers: &HeaderMap) -> Option<String> {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
        let session = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("shop="))?;
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned()
    }

    fn signed_in(&self, headers: &HeaderMap) -> Result<String, Sorry> {
        self.shopper(headers).ok_or_else(|| Sorry::new(StatusCode::UNAUTHORIZED, "sign in first"))
    }
}

/// Everything the shop answers.
pub fn router(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/", get(pages::page))
        .route("/pay", get(pages::page))
        .route("/sign-in", get(sign_in::hand_over))
        .route("/assets/{name}", get(pages::file))
        .route("/shop/me", get(sign_in::me))
        .route("/shop/sign-in", post(sign_in::sign_in))
        .route("/shop/products", get(orders::products))
        .route("/shop/plays", get(orders::plays))
        .route("/shop/quote", post(orders::quote))
        .route("/shop/reserve", post(orders::reserve))
        .route("/shop/orders", get(orders::list))
        .route("/shop/orders/{id}", get(orders::one))
        .route("/shop/orders/{id}/pay", post(orders::pay))
        .route("/shop/orders/{id}/return", post(orders::give_back))
        .route("/shop/later", post(pages::later))
        .with_state(shop)
}
