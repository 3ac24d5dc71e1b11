//! What a storefront is told, on every store.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_contracts::storefront::{ShopperTokens, TokenFault};
use fanvine_kernel::{Event, EventKind};
use fanvine_people::storefront::router;
use fanvine_testkit::track;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::shop::{Shop, days_ago, shops};

/// Takes a token for the shopper it names, but for a few.
struct Tokens;

impl ShopperTokens for Tokens {
    fn shopper_of(&self, token: &str) -> Result<String, TokenFault> {
        match token {
            "forged" => Err(TokenFault::Forged),
            "expired" => Err(TokenFault::Expired(0)),
            "odd" => Err(TokenFault::Malformed("it is odd".into())),
            shopper => Ok(shopper.to_owned()),
        }
    }
}

fn story() -> Vec<Event> {
    let traits = r#"{"name":"Ann","email":"ann@example.com","gender":"f","city":"杭州"}"#;
    let tea = r#"{"product_id":"p","category":"tea"}"#;
    vec![
        track("Identify").kind(EventKind::Identify).user("ann").at_moment(days_ago(3)).properties(traits).build(),
        track("Product Viewed").user("ann").at_moment(days_ago(2)).properties(tea).build(),
    ]
}

async fn ask(shop: &Shop, method: &str, path: &str, token: Option<&str>, body: Value) -> (Response<Body>, Value) {
    let (routes, _) = router(shop.people.clone(), Arc::new(Tokens)).split_for_parts();
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request =
        token.into_iter().fold(request, |request, token| request.header("authorization", format!("Bearer {token}")));
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let mut response = routes.oneshot(request.body(body).unwrap()).await.unwrap();
    let bytes = to_bytes(std::mem::take(response.body_mut()), usize::MAX).await.unwrap();
    (response, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

async fn profile(shop: &Shop, shopper: &str) -> Value {
    let (response, told) = ask(shop, "GET", "/v1/profile", Some(shopper), Value::Null).await;
    assert_eq!(response.status(), StatusCode::OK, "{told}");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(response.headers()["cache-control"], "no-store");
    told
}

#[tokio::test]
async fn a_storefront_is_told_what_the_shop_flagged_and_nothing_else() {
    for mut shop in shops().await {
        shop.take_in(story());
        assert_eq!(profile(&shop, "ann").await, json!({"tags": [], "segments": []}), "nothing is public at first");
        let settings = json!({"tags": ["interest.category"], "segments": []});
        let (response, set) = ask(&shop, "PUT", "/api/v1/storefront", None, settings.clone()).await;
        assert_eq!((response.status(), &set), (StatusCode::OK, &settings));
        let told = profile(&shop, "ann").await;
        assert_eq!((&told["tags"][0]["term"], told["tags"].as_array().unwrap().len()), (&json!("tea"), 1));
        let text = told.to_string();
        for secret in ["ann", "Ann", "杭州", "why", "confidence", "score"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert_eq!(profile(&shop, "nobody").await, json!({"tags": [], "segments": []}));
        // Kept in the store, not only in this program.
        let (_, kept) = ask(&shop, "GET", "/api/v1/storefront", None, Value::Null).await;
        assert_eq!(kept, settings);
    }
}

#[tokio::test]
async fn a_token_that_is_not_to_be_believed_is_refused_in_a_way_a_page_can_read() {
    let shop = Shop::sqlite().await;
    let cases = [
        (None, "invalid_shopper_token", "needs a shopper's token"),
        (Some("forged"), "invalid_shopper_token", "not signed with the secret"),
        (Some("odd"), "invalid_shopper_token", "malformed: it is odd"),
        (Some("expired"), "shopper_token_expired", "expired at 1970-01-01"),
    ];
    for (token, code, detail) in cases {
        let (response, problem) = ask(&shop, "GET", "/v1/profile", token, Value::Null).await;
        assert_eq!((response.status(), &problem["code"]), (StatusCode::UNAUTHORIZED, &json!(code)));
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{problem}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
    }
    let (response, _) = ask(&shop, "OPTIONS", "/v1/profile", None, Value::Null).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["access-control-allow-headers"], "Authorization, Content-Type");
    let (_, problem) = ask(&shop, "PUT", "/api/v1/storefront", None, json!({"tags": ["x"], "segments": []})).await;
    assert_eq!((&problem["code"], &problem["pointer"]), (&json!("invalid_body"), &json!("tags[0]")));
    let (_, problem) = ask(&shop, "PUT", "/api/v1/storefront", None, json!({"tags": [], "segments": ["x"]})).await;
    assert_eq!(problem["pointer"], json!("segments[0]"));
}
