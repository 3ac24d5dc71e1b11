//! `POST /api/v1/orders/{order_id}/refunds`: refunds an order, or part of it, once for each idempotency key.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::response::{IntoResponse, Response};
use fanvine_kernel::event::names;
use fanvine_kernel::ids::RefundId;
use fanvine_kernel::{Code, Money, Problem};
use fanvine_store::{StoreError, Tx, args};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::facts::{Fact, FactKind};
use super::wording::{Envelope, Item, Properties, event, exact};
use super::{Order, OrderStatus, Refund, fold, store};
use crate::Commerce;
use crate::payload::{PayloadError, Said};

/// The header that names a request, so that sending it again refunds nothing twice.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// What to refund: all that is left if neither an amount nor products are given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundForm {
    /// How much goes back, in minor units of the order's currency; worked out if absent.
    #[serde(default)]
    pub amount_minor: Option<i64>,
    /// Which units come back.
    #[serde(default)]
    pub products: Vec<RefundLineForm>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Units of a product that come back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundLineForm {
    /// The product.
    pub product_id: String,
    /// Which variant of it; any if absent.
    #[serde(default)]
    pub variant: Option<String>,
    /// Units, at least 1.
    pub quantity: i64,
}

/// A refund and the order after it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OrderRefunded {
    /// The refund.
    pub refund: Refund,
    /// The order after it.
    pub order: Order,
}

/// Why nothing was refunded.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// The request has no name.
    #[error("the header Idempotency-Key must name this request in 1 to 255 printable characters")]
    NoKey,
    /// The name was given to another request.
    #[error("the idempotency key {0} was used before with another refund")]
    KeyReused(String),
    /// The order is not known.
    #[error("there is no order {0}")]
    UnknownOrder(String),
    /// An amount or a quantity is below 1.
    #[error("{field} is {number}; it must be at least 1")]
    TooSmall {
        /// The field.
        field: &'static str,
        /// What it is.
        number: i64,
    },
    /// More money than is left.
    #[error("a refund of {wanted_minor} is more than the {left_minor} left of order {order_id} (minor units)")]
    Exceeds {
        /// The order.
        order_id: String,
        /// What was asked for.
        wanted_minor: i64,
        /// What is left.
        left_minor: i64,
    },
    /// More units than are left.
    #[error("{wanted} of product {product_id} cannot come back to order {order_id}: {left} are left")]
    ExceedsUnits {
        /// The order.
        order_id: String,
        /// The product.
        product_id: String,
        /// What was asked for.
        wanted: i64,
        /// What is left.
        left: i64,
    },
    /// The refund cannot be put into words.
    #[error("refund of order {order_id}: {source}")]
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

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Self {
        let code = match error {
            RefundError::Store(error) => return error.into(),
            RefundError::NoKey => return Problem::new(Code::InvalidParameter, error.to_string()).at(IDEMPOTENCY_KEY),
            RefundError::KeyReused(_) => Code::IdempotencyKeyReused,
            RefundError::UnknownOrder(_) => Code::NotFound,
            RefundError::TooSmall { .. } | RefundError::Payload { .. } => Code::InvalidOrder,
            RefundError::Exceeds { .. } | RefundError::ExceedsUnits { .. } => Code::RefundExceedsOrder,
        };
        Problem::new(code, error.to_string())
    }
}

/// Refund an order, or part of it
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/refunds", tag = "commerce", operation_id = "refund_order",
    params(
        ("order_id" = String, Path, description = "The shop's number for the order"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = RefundForm,
    responses(
        (status = 200, description = "The refund and the order after it", body = OrderRefunded),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn refund_order(
    State(commerce): State<Arc<Commerce>>,
    Segment(order_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<RefundForm>,
) -> Answer<Response> {
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let answer = commerce.refund_order(key, order_id, form).await?;
    Ok(([(CONTENT_TYPE, "application/json")], answer).into_response())
}

impl Commerce {
    /// Refunds an order, or part of it; the answer ([`OrderRefunded`]) as JSON, word for word the same for the
    /// same key.
    pub async fn refund_order(&self, key: String, order_id: String, form: RefundForm) -> Result<String, RefundError> {
        check(&key, &form)?;
        // Plain data: writing it as JSON cannot fail.
        let request = serde_json::to_string(&(&order_id, &form)).unwrap_or_default();
        let now = self.clock.now();
        let (source, refund_id) = (self.source.clone(), RefundId::new(now, self.entropy.as_ref()));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(crate::LOCK).await?;
                    if let Some(answer) = answered_before(tx, &key, &request).await? {
                        return Ok(answer);
                    }
                    let facts = store::facts_of(tx, [&order_id]).await?.remove(&order_id).unwrap_or_default();
                    let order = fold::fold(&order_id, facts)
                        .filter(|order| order.status != OrderStatus::RefundOnly)
                        .ok_or_else(|| RefundError::UnknownOrder(order_id.clone()))?;
                    let amount = decide(&order, &form)?;
                    let money = order.currency.map(|currency| Money::new(amount, currency));
                    let envelope = Envelope {
                        message_id: format!("refund:{refund_id}"),
                        name: names::ORDER_REFUNDED,
                        source,
                        occurred_at: now,
                        received_at: now,
                        user_id: order.shopper_id.clone().filter(|_| order.shopper_id != order.anonymous_id),
                        anonymous_id: order.anonymous_id.clone(),
                        channel: order.channel.clone(),
                        campaign: order.campaign.clone(),
                        revenue: money,
                    };
                    let event = event(envelope, &properties(&order, &form, &refund_id, money));
                    let refused = |source| RefundError::Payload { order_id: order_id.clone(), source };
                    let said = Said::read(event.properties.as_ref().map_or("{}", |raw| raw.get())).map_err(refused)?;
                    let (_, fact) = Fact::read(&event.borrowed(), FactKind::Refunded, &said, None).map_err(refused)?;
                    let order = store::learn(tx, vec![(order_id.clone(), fact)])
                        .await?
                        .pop()
                        .ok_or_else(|| RefundError::UnknownOrder(order_id.clone()))?;
                    let refund = order
                        .refunds
                        .iter()
                        .find(|refund| refund.refund_id == refund_id.as_str())
                        .cloned()
                        .ok_or_else(|| RefundError::UnknownOrder(order_id.clone()))?;
                    let answer = serde_json::to_string(&OrderRefunded { refund, order }).unwrap_or_default();
                    remember(tx, key, request, &answer).await?;
                    tx.emit(&event).await?;
                    Ok(answer)
                })
            })
            .await
    }
}

fn check(key: &str, form: &RefundForm) -> Result<(), RefundError> {
    if key.is_empty() || key.len() > 255 {
        return Err(RefundError::NoKey);
    }
    if let Some(number) = form.amount_minor.filter(|&amount| amount < 1) {
        return Err(RefundError::TooSmall { field: "amount_minor", number });
    }
    match form.products.iter().map(|line| line.quantity).find(|&quantity| quantity < 1) {
        Some(number) => Err(RefundError::TooSmall { field: "quantity", number }),
        None => Ok(()),
    }
}

async fn answered_before(tx: &mut Tx, key: &str, request: &str) -> Result<Option<String>, RefundError> {
    const SELECT: &str = "SELECT request, answer FROM refund_requests WHERE idempotency_key = $1";
    let Some(row) = tx.one(SELECT, args![key]).await? else { return Ok(None) };
    if row.get::<String>("request")? != request {
        return Err(RefundError::KeyReused(key.to_owned()));
    }
    Ok(Some(row.get("answer")?))
}

async fn remember(tx: &mut Tx, key: String, request: String, answer: &str) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO refund_requests (idempotency_key, request, answer) VALUES ($1, $2, $3)";
    tx.execute(INSERT, args![key, request, answer]).await?;
    Ok(())
}

/// How much goes back, in minor units, or why it cannot.
fn decide(order: &Order, form: &RefundForm) -> Result<i64, RefundError> {
    let mut wanted: BTreeMap<(&str, Option<&str>), i64> = BTreeMap::new();
    for line in &form.products {
        let units = wanted.entry((&line.product_id, line.variant.as_deref())).or_default();
        *units = units.saturating_add(line.quantity);
    }
    for ((product_id, variant), wanted) in wanted {
        let matching = order.lines.iter().filter(|line| {
            line.product_id.as_deref() == Some(product_id) && (variant.is_none() || line.variant.as_deref() == variant)
        });
        let left = matching.fold(0i64, |sum, line| sum.saturating_add((line.quantity - line.refunded_quantity).max(0)));
        if wanted > left {
            let (order_id, product_id) = (order.order_id.clone(), product_id.to_owned());
            return Err(RefundError::ExceedsUnits { order_id, product_id, wanted, left });
        }
    }
    let left = order.total_minor.saturating_sub(order.refunded_minor).max(0);
    let of_products = order.revenue_minor.saturating_sub(order.refunded_minor).max(0);
    let amount = match form.amount_minor {
        Some(amount) => amount,
        None if form.products.is_empty() => of_products,
        None => fold::worth_of_units(order, &form.products),
    };
    let nothing = amount == 0 && form.products.is_empty();
    if amount > left || nothing || order.status == OrderStatus::Cancelled {
        let left_minor = if order.status == OrderStatus::Cancelled { 0 } else { left };
        return Err(RefundError::Exceeds { order_id: order.order_id.clone(), wanted_minor: amount, left_minor });
    }
    Ok(amount)
}

fn properties(order: &Order, form: &RefundForm, refund_id: &RefundId, amount: Option<Money>) -> Properties {
    let products = form.products.iter().map(|line| {
        let bought = order.lines.iter().find(|bought| {
            bought.product_id.as_deref() == Some(&line.product_id)
                && (line.variant.is_none() || bought.variant == line.variant)
        });
        let price = bought.and_then(|bought| bought.unit_price_minor).zip(order.currency);
        Item {
            product_id: line.product_id.clone(),
            variant: line.variant.clone(),
            name: bought.and_then(|bought| bought.name.clone()),
            category: bought.and_then(|bought| bought.category.clone()),
            quantity: line.quantity,
            price: price.and_then(|(minor, currency)| exact(Money::new(minor, currency))),
            discount: None,
        }
    });
    Properties {
        order_id: order.order_id.clone(),
        refund_id: Some(refund_id.as_str().to_owned()),
        currency: order.currency,
        total: amount.and_then(exact),
        reason: form.reason.clone(),
        products: products.collect(),
        ..Properties::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_needs_a_name_and_numbers_above_zero() {
        assert!(matches!(check("", &RefundForm::default()), Err(RefundError::NoKey)));
        let form = RefundForm { amount_minor: Some(0), ..RefundForm::default() };
        assert_eq!(check("k", &form).unwrap_err().to_string(), "amount_minor is 0; it must be at least 1");
    }
}
