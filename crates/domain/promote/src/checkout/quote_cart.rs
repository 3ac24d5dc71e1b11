//! `POST /api/v1/quotes`: what a cart costs, and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};

use super::reserve::CheckoutError;
use crate::Promote;
use crate::quote::{Cart, Facts, Quote, Rulebook, quote};

/// Longest shopper id, in bytes.
const LONGEST_SHOPPER: usize = 128;
/// Longest code, in bytes; most codes of a cart.
pub(crate) const LONGEST_CODE: usize = 64;
const MOST_CODES: usize = 50;

/// A cart, whose it is, and the codes they gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteForm {
    /// What somebody is about to buy.
    pub cart: Cart,
    /// Who.
    #[serde(default)]
    pub shopper: Shopper,
    /// Coupon codes.
    #[serde(default)]
    pub codes: Vec<String>,
}

/// What the shop knows of the shopper.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Shopper {
    /// The shop's number for them. Offers limited by shopper are for nobody without one.
    pub shopper_id: Option<String>,
    /// Segments they are in.
    pub segments: BTreeSet<String>,
    /// Their level.
    pub level: Option<String>,
    /// Whether this would be their first order.
    pub first_order: bool,
    /// Whether it is their birthday.
    pub birthday: bool,
}

/// The price of a cart, and what became of the codes.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct QuoteAnswer {
    /// The price and how it came about.
    #[serde(flatten)]
    pub quote: Quote,
    /// The codes given.
    pub codes: Vec<CodeFound>,
}

/// A code that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CodeFound {
    /// The code.
    pub code: String,
    /// The offer it is of; null if there is no such code.
    pub offer_id: Option<String>,
    /// Whether it was used as often as it may be.
    pub used_up: bool,
}

impl QuoteForm {
    /// Refuses a form that cannot be answered.
    pub(crate) fn check(&self) -> Result<(), CheckoutError> {
        self.cart.check()?;
        self.shopper.shopper_id.iter().try_for_each(|id| check_text("shopper_id", id, LONGEST_SHOPPER))?;
        self.codes.iter().try_for_each(|code| check_text("codes", code, LONGEST_CODE))?;
        if self.codes.len() > MOST_CODES {
            return Err(CheckoutError::Codes { given: self.codes.len(), most: MOST_CODES });
        }
        Ok(())
    }
}

/// Refuses a text that cannot be kept in an index.
pub(crate) fn check_text(field: &'static str, text: &str, most: usize) -> Result<(), CheckoutError> {
    let good = !text.is_empty() && text.len() <= most && !text.contains('\0');
    if good { Ok(()) } else { Err(CheckoutError::Text { field, bytes: text.len(), most }) }
}

/// A quote, where its search holds up nobody else's request.
pub(crate) async fn quoted(
    book: &Arc<Rulebook>,
    cart: &Cart,
    facts: Facts,
    now: Timestamp,
) -> Result<Quote, CheckoutError> {
    let (book, cart) = (book.clone(), cart.clone());
    let quoted = tokio::task::spawn_blocking(move || quote(&book, &cart, &facts, now)).await;
    Ok(quoted.map_err(|_| CheckoutError::Ended)??)
}

/// Quote a cart
///
/// What it costs, with every offer that was applied and every one that was not, why, and what would unlock it. Nothing is
/// set aside: a reservation does that.
#[utoipa::path(
    post, path = "/api/v1/quotes", tag = "promote", operation_id = "quote_cart",
    request_body = QuoteForm,
    responses(
        (status = 200, description = "The price", body = QuoteAnswer),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn quote_cart(
    State(promote): State<Arc<Promote>>,
    Body(form): Body<QuoteForm>,
) -> Answer<Json<QuoteAnswer>> {
    Ok(Json(promote.quote_cart(&form).await?))
}

impl Promote {
    /// Quotes a cart.
    pub async fn quote_cart(&self, form: &QuoteForm) -> Result<QuoteAnswer, CheckoutError> {
        form.check()?;
        let (book, now) = (self.offers(), self.clock.now());
        let known = self.know(&book, form, &BTreeSet::new(), now).await?;
        Ok(QuoteAnswer { quote: quoted(&book, &form.cart, known.facts, now).await?, codes: known.found })
    }
}
