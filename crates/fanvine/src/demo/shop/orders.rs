//! The checkout of docs/checkout.md: quote, reserve, pay, give back. The shopper's browser names products and quantities and
//! never a price.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shop, Sorry};
use crate::demo::CURRENCY;
use crate::demo::api::Answered;

/// Units of a product.
#[derive(Deserialize)]
pub struct Wanted {
    product_id: String,
    quantity: i64,
}

/// A cart as the browser tells it.
#[derive(Deserialize)]
pub struct CartForm {
    lines: Vec<Wanted>,
    #[serde(default)]
    points: i64,
    /// What the shopper was shown, and a name for the order.
    #[serde(default)]
    expect_payable_minor: Option<i64>,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
pub struct BackForm {
    line_id: String,
    quantity: i64,
}

impl Shop {
    async fn ask(&self, method: &'static str, path: String, name: Option<String>, body: Value) -> Result<Value, Sorry> {
        let Answered { status, body } = self.api.ask(method, path, name, body).await?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let says = body["detail"].as_str().unwrap_or("Fanvine did not do it").to_owned();
        Err(Sorry(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), says))
    }

    async fn get(&self, path: String) -> Result<Value, Sorry> {
        self.ask("GET", path, None, Value::Null).await
    }

    /// The cart at the catalogue's prices.
    async fn cart(&self, shopper: &str, form: &CartForm) -> Result<Value, Sorry> {
        let mut lines = Vec::new();
        for (at, wanted) in form.lines.iter().enumerate().take(50) {
            let id: String =
                wanted.product_id.chars().filter(|one| one.is_ascii_alphanumeric() || *one == '-').collect();
            let product = self.get(format!("/api/v1/products/{id}")).await?;
            lines.push(json!({ "line_id": at.to_string(), "product_id": id, "category": product["category"],
                "quantity": wanted.quantity, "unit_minor": product["price_minor"] }));
        }
        let cart = json!({ "currency": CURRENCY, "lines": lines, "points": form.points });
        Ok(json!({ "cart": cart, "shopper": { "shopper_id": shopper } }))
    }

    /// An order, if it is this shopper's.
    async fn order(&self, shopper: &str, id: &str) -> Result<Value, Sorry> {
        let plain = id.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
        let unknown = || Sorry::new(StatusCode::NOT_FOUND, "there is no such order of yours");
        if !plain {
            return Err(unknown());
        }
        let found = self.get(format!("/api/v1/redemptions/{id}")).await?;
        if found["shopper_id"] == shopper { Ok(found) } else { Err(unknown()) }
    }
}

/// What is on sale.
pub async fn products(State(shop): State<Arc<Shop>>) -> Result<Json<Value>, Sorry> {
    Ok(Json(shop.get("/api/v1/products?limit=200".to_owned()).await?))
}

/// The plays on, to link their pages.
pub async fn plays(State(shop): State<Arc<Shop>>) -> Result<Json<Value>, Sorry> {
    let listed = shop.get("/api/v1/plays".to_owned()).await?;
    let published = |play: &&Value| !play["published_version"].is_null();
    let plays = listed["plays"].as_array().into_iter().flatten().filter(published);
    let told = plays.map(|play| {
        json!({ "play_id": play["play_id"], "name": play["terms"]["name"], "kind": play["terms"]["rules"]["kind"] })
    });
    Ok(Json(json!({ "plays": told.collect::<Vec<_>>() })))
}

/// What a cart costs.
pub async fn quote(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Json(form): Json<CartForm>,
) -> Result<Json<Value>, Sorry> {
    let shopper = shop.signed_in(&headers)?;
    let cart = shop.cart(&shopper, &form).await?;
    Ok(Json(shop.ask("POST", "/api/v1/quotes".to_owned(), None, cart).await?))
}

/// Sets aside what the order uses, at the price the shopper was shown.
pub async fn reserve(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Json(form): Json<CartForm>,
) -> Result<Json<Value>, Sorry> {
    let shopper = shop.signed_in(&headers)?;
    let mut order = shop.cart(&shopper, &form).await?;
    let name = format!("shop/{shopper}/{}", form.name.chars().take(40).collect::<String>());
    order["expect_payable_minor"] = form.expect_payable_minor.into();
    let reserved = shop.ask("POST", "/api/v1/redemptions".to_owned(), Some(name), order).await?;
    Ok(Json(reserved))
}

/// The shopper's orders, the latest first.
pub async fn list(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Result<Json<Value>, Sorry> {
    let shopper = shop.signed_in(&headers)?;
    Ok(Json(shop.get(format!("/api/v1/redemptions?shopper_id={shopper}&limit=50")).await?))
}

/// One order.
pub async fn one(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Sorry> {
    let shopper = shop.signed_in(&headers)?;
    Ok(Json(shop.order(&shopper, &id).await?))
}

/// Takes the payment, which nobody makes here, and redeems; then reports the order, as any shop does.
pub async fn pay(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Sorry> {
    let shopper = shop.signed_in(&headers)?;
    let order = shop.order(&shopper, &id).await?;
    // A real shop would charge `payable_minor` here, and give it back if the redemption turns out to be over.
    let paid = shop.ask("POST", format!("/api/v1/redemptions/{id}/redeem"), None, json!({})).await?;
    let quote = &order["quote"];
    let products = quote["lines"].as_array().into_iter().flatten().map(|line| {
        let number = |name: &str| line[name].as_i64().unwrap_or(0);
        let quantity = number("quantity").max(1);
        json!({ "product_id": line["product_id"], "quantity": quantity, "price_minor": number("list_minor") / quantity,
            "discount_minor": number("list_minor") - number("paid_minor") })
    });
    let report = json!({ "currency": CURRENCY, "user_id": shopper, "channel": "h5",
        "products": products.collect::<Vec<_>>() });
    shop.ask("PUT", format!("/api/v1/orders/{id}"), None, report).await?;
    Ok(Json(paid))
}

/// Takes units back, and pays back what they cost.
pub async fn give_back(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(form): Json<BackForm>,
) -> Result<Json<Value>, Sorry> {
    let shopper = shop.signed_in(&headers)?;
    let order = shop.order(&shopper, &id).await?;
    let lines = json!({ "lines": [{ "line_id": form.line_id, "quantity": form.quantity }] });
    let name = format!("back/{id}/{}", order["returns"].as_array().map_or(0, Vec::len));
    let after = shop.ask("POST", format!("/api/v1/redemptions/{id}/returns"), Some(name.clone()), lines).await?;
    let amount = after["refunded_minor"].as_i64().unwrap_or(0) - order["refunded_minor"].as_i64().unwrap_or(0);
    if amount > 0 {
        let refund = json!({ "amount_minor": amount });
        shop.ask("POST", format!("/api/v1/orders/{id}/refunds"), Some(name), refund).await?;
    }
    Ok(Json(after))
}
