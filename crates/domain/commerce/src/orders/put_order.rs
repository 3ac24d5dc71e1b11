//! `PUT /api/v1/orders/{order_id}`: reports an order, or what it has become; the same content again changes nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, Currency, Event, Money, Problem, Timestamp};
use fanvine_store::{StoreError, Tx, args};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::facts::{Fact, FactKind};
use super::wording::{Envelope, Item, Properties, event, exact};
use super::{Order, fold, store};
use crate::payload::{PayloadError, Said};
use crate::{Commerce, Outcome};

/// An order. Amounts are in minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderForm {
    /// The currency of all amounts; the shop's if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// When it was placed; now if absent. Only the first report of an order sets it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub placed_at: Option<Timestamp>,
    /// The shop's name for the shopper.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The shopper's name before sign-in.
    #[serde(default)]
    pub anonymous_id: Option<String>,
    /// How the shopper came.
    #[serde(default)]
    pub channel: Option<String>,
    /// The campaign the shopper came by.
    #[serde(default)]
    pub campaign: Option<String>,
    /// The coupon used.
    #[serde(default)]
    pub coupon: Option<String>,
    /// Taken off the order as a whole, shared out over its lines.
    #[serde(default)]
    pub discount_minor: i64,
    /// Shipping.
    #[serde(default)]
    pub shipping_minor: i64,
    /// Tax.
    #[serde(default)]
    pub tax_minor: i64,
    /// What was bought; at least one line.
    pub products: Vec<OrderLineForm>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLineForm {
    /// The product.
    pub product_id: String,
    /// Which variant of it.
    #[serde(default)]
    pub variant: Option<String>,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// Its category.
    #[serde(default)]
    pub category: Option<String>,
    /// Units, at least 1.
    pub quantity: i64,
    /// The price of one unit.
    pub price_minor: i64,
    /// Taken off this line as a whole.
    #[serde(default)]
    pub discount_minor: i64,
}

/// An order as it was set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OrderSet {
    /// Whether that changed anything.
    pub outcome: Outcome,
    /// The order.
    pub order: Order,
}

/// Why an order was not taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The number of the order cannot be kept.
    #[error("an order's number has 1 to 512 bytes, not {0}")]
    Id(usize),
    /// Nothing was bought.
    #[error("order {0} has no products")]
    Empty(String),
    /// A line names no product that could be kept.
    #[error("products[{line}] of order {order_id} must name a product in 1 to 512 bytes")]
    Unnamed {
        /// The order.
        order_id: String,
        /// Which line, from 0.
        line: usize,
    },
    /// Nothing says in which currency its amounts are.
    #[error("order {0} names no currency, and the shop has none set")]
    NoCurrency(String),
    /// A number is out of bounds.
    #[error("{field} of order {order_id} is {number}; it must be at least {least}")]
    TooSmall {
        /// The order.
        order_id: String,
        /// The field, with its line.
        field: String,
        /// What it is.
        number: i64,
        /// The least it may be.
        least: i64,
    },
    /// The order as a whole cannot be used.
    #[error("order {order_id}: {source}")]
    Payload {
        /// The order.
        order_id: String,
        /// Why.
        source: PayloadError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Store(error) => error.into(),
            error => Problem::new(Code::InvalidOrder, error.to_string()),
        }
    }
}

/// Report an order, or what it has become
#[utoipa::path(
    put, path = "/api/v1/orders/{order_id}", tag = "commerce", operation_id = "put_order",
    params(("order_id" = String, Path, description = "The shop's number for the order")),
    request_body = OrderForm,
    responses(
        (status = 200, description = "The order", body = OrderSet),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_order(
    State(commerce): State<Arc<Commerce>>,
    Segment(order_id): Segment<String>,
    Body(form): Body<OrderForm>,
) -> Answer<Json<OrderSet>> {
    Ok(Json(commerce.put_order(order_id, form).await?))
}

impl Commerce {
    /// Reports an order, or what it has become.
    pub async fn put_order(&self, order_id: String, form: OrderForm) -> Result<OrderSet, OrderError> {
        let currency = check(&order_id, &form, self.currency)?;
        // Plain data: writing it as JSON cannot fail.
        let content = serde_json::to_string(&form).unwrap_or_default();
        let (now, source) = (self.clock.now(), self.source.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(crate::LOCK).await?;
                    let put = last_put(tx, &order_id).await?;
                    let facts = store::facts_of(tx, [&order_id]).await?.remove(&order_id).unwrap_or_default();
                    let known = fold::fold(&order_id, facts.clone());
                    if let (Some((_, last)), Some(order)) = (&put, known)
                        && *last == content
                    {
                        return Ok(OrderSet { outcome: Outcome::Unchanged, order });
                    }
                    let version = put.map_or(1, |(version, _)| version + 1);
                    let first = !facts.iter().any(Fact::defines);
                    let occurred_at = if first { form.placed_at.unwrap_or(now) } else { fold::after(&facts, now) };
                    let envelope = Envelope {
                        message_id: format!("order:{version}:{order_id}"),
                        name: if first { names::ORDER_COMPLETED } else { names::ORDER_UPDATED },
                        source,
                        occurred_at,
                        received_at: now,
                        user_id: form.user_id.clone(),
                        anonymous_id: form.anonymous_id.clone(),
                        channel: form.channel.clone(),
                        campaign: form.campaign.clone(),
                        revenue: None,
                    };
                    let kind = if first { FactKind::Completed } else { FactKind::Updated };
                    let mut event = event(envelope, &properties(&order_id, &form, currency));
                    let order = learn_from(tx, &mut event, kind, &order_id).await?;
                    tx.execute(
                        "INSERT INTO order_puts (order_id, version, content) VALUES ($1, $2, $3)
                         ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, content = excluded.content",
                        args![&order_id, version, content],
                    )
                    .await?;
                    tx.emit(&event).await?;
                    let outcome = if first { Outcome::Created } else { Outcome::Updated };
                    Ok(OrderSet { outcome, order })
                })
            })
            .await
    }
}

async fn last_put(tx: &mut Tx, order_id: &str) -> Result<Option<(i64, String)>, StoreError> {
    let row = tx.one("SELECT version, content FROM order_puts WHERE order_id = $1", args![order_id]).await?;
    row.map(|row| Ok((row.get("version")?, row.get("content")?))).transpose()
}

/// Takes the event in just as the projection will when it comes back through the log, and tells it what it brought in.
async fn learn_from(tx: &mut Tx, event: &mut Event, kind: FactKind, order_id: &str) -> Result<Order, OrderError> {
    let refused = |source| OrderError::Payload { order_id: order_id.to_owned(), source };
    let properties = event.properties.as_ref().map_or("{}", |raw| raw.get());
    let said = Said::read(properties).map_err(refused)?;
    let (order_id, fact) = Fact::read(&event.borrowed(), kind, &said, event.currency).map_err(refused)?;
    let mut orders = store::learn(tx, vec![(order_id, fact)]).await?;
    let order = orders.pop().ok_or_else(|| refused(PayloadError::Missing("products")))?;
    event.revenue_minor = Some(order.revenue_minor);
    Ok(order)
}

fn properties(order_id: &str, form: &OrderForm, currency: Currency) -> Properties {
    let amount = |minor| exact(Money::new(minor, currency));
    let products = form.products.iter().map(|line| Item {
        product_id: line.product_id.clone(),
        variant: line.variant.clone(),
        name: line.name.clone(),
        category: line.category.clone(),
        quantity: line.quantity,
        price: amount(line.price_minor),
        discount: amount(line.discount_minor).filter(|_| line.discount_minor > 0),
    });
    Properties {
        order_id: order_id.to_owned(),
        currency: Some(currency),
        shipping: amount(form.shipping_minor),
        tax: amount(form.tax_minor),
        discount: amount(form.discount_minor),
        coupon: form.coupon.clone(),
        products: products.collect(),
        ..Properties::default()
    }
}

/// The order's currency, or why the order cannot be taken.
fn check(order_id: &str, form: &OrderForm, default: Option<Currency>) -> Result<Currency, OrderError> {
    if order_id.is_empty() || order_id.len() > 512 || order_id.trim() != order_id {
        return Err(OrderError::Id(order_id.len()));
    }
    if form.products.is_empty() {
        return Err(OrderError::Empty(order_id.to_owned()));
    }
    let least = |field: &str, line: Option<usize>, number: i64, least: i64| {
        if number >= least {
            return Ok(());
        }
        let field = line.map_or_else(|| field.to_owned(), |line| format!("products[{line}].{field}"));
        Err(OrderError::TooSmall { order_id: order_id.to_owned(), field, number, least })
    };
    least("discount_minor", None, form.discount_minor, 0)?;
    least("shipping_minor", None, form.shipping_minor, 0)?;
    least("tax_minor", None, form.tax_minor, 0)?;
    for (place, line) in form.products.iter().enumerate() {
        if line.product_id.trim().is_empty() || line.product_id.len() > 512 {
            return Err(OrderError::Unnamed { order_id: order_id.to_owned(), line: place });
        }
        least("quantity", Some(place), line.quantity, 1)?;
        least("price_minor", Some(place), line.price_minor, 0)?;
        least("discount_minor", Some(place), line.discount_minor, 0)?;
    }
    form.currency.or(default).ok_or_else(|| OrderError::NoCurrency(order_id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(json: &str) -> OrderForm {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_wrong_with_an_order_is_named() {
        let error = |json: &str| check("o1", &form(json), None).unwrap_err().to_string();
        assert_eq!(error(r#"{"products": []}"#), "order o1 has no products");
        assert_eq!(
            error(r#"{"products": [{"product_id": "p", "quantity": 0, "price_minor": 5}]}"#),
            "products[0].quantity of order o1 is 0; it must be at least 1"
        );
        assert!(
            error(r#"{"products": [{"product_id": " ", "quantity": 1, "price_minor": 5}]}"#)
                .contains("must name a product")
        );
        assert!(
            error(r#"{"products": [{"product_id": "p", "quantity": 1, "price_minor": 5}]}"#).contains("no currency")
        );
    }
}
