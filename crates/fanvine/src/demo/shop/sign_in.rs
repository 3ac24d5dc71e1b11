//! Who shops: a name is enough here. On Fanvine's pages the shop vouches for them by a token it signs.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanvine_kernel::{Clock, Entropy};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Shop, Sorry, pages};
use crate::ambient::{SystemClock, SystemEntropy};

/// How long a token is good, in seconds.
const LIFE_S: i64 = 3_600;

#[derive(Deserialize)]
pub struct Name {
    name: String,
}

#[derive(Deserialize)]
pub struct Back {
    #[serde(rename = "return")]
    back: String,
}

/// Who is signed in, and what the page needs to tell of its visit.
pub async fn me(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Json<Value> {
    let (shopper, api) = (shop.shopper(&headers), &shop.api.url);
    Json(json!({ "shopper_id": shopper, "fanvine": api, "write_key": shop.keys.write_key }))
}

/// Signs somebody in by their name.
pub async fn sign_in(State(shop): State<Arc<Shop>>, Json(Name { name }): Json<Name>) -> Result<Response, Sorry> {
    let name = name.trim().to_lowercase();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(fits) {
        return Err(Sorry::new(StatusCode::UNPROCESSABLE_ENTITY, "a name has 1 to 40 letters, digits or hyphens"));
    }
    let mut bytes = [0u8; 18];
    SystemEntropy.fill(&mut bytes);
    let session = URL_SAFE_NO_PAD.encode(bytes);
    shop.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(session.clone(), name.clone());
    let cookie = format!("shop={session}; Path=/; HttpOnly; SameSite=Lax");
    Ok(([(header::SET_COOKIE, cookie)], Json(json!({ "shopper_id": name }))).into_response())
}

/// Hands whoever is signed in over to one of Fanvine's pages; others sign in first.
pub async fn hand_over(
    State(shop): State<Arc<Shop>>,
    Query(Back { back }): Query<Back>,
    headers: HeaderMap,
) -> Result<Response, Sorry> {
    // A token goes to Fanvine's pages and nowhere else.
    if !back.starts_with(&format!("{}/p/", shop.api.url)) {
        return Err(Sorry::new(StatusCode::BAD_REQUEST, "that is no page to come back to"));
    }
    match shop.shopper(&headers) {
        Some(shopper) => {
            let page = back.split('#').next().unwrap_or(&back);
            Ok(Redirect::to(&format!("{page}#token={}", token(&shop, &shopper))).into_response())
        }
        None => Ok(pages::page(State(shop), headers).await),
    }
}

/// A JSON Web Token as `GET /v1/profile` describes it.
fn token(shop: &Shop, shopper: &str) -> String {
    let now = SystemClock.now().micros().div_euclid(1_000_000);
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "HS256", "typ": "JWT", "kid": shop.keys.source_id }));
    let said = format!("{header}.{}", part(json!({ "sub": shopper, "exp": now + LIFE_S })));
    // A key of any length will do.
    let mac = Hmac::<Sha256>::new_from_slice(shop.keys.signing_secret.as_bytes()).map(|mac| mac.chain_update(&said));
    let signature = mac.map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    format!("{said}.{}", signature.unwrap_or_default())
}
