//! `POST /api/v1/quotes`: what a cart costs, and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, ProblemBody};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::realm::Realm;
use super::reserve::CheckoutError;
use crate::Promote;
use crate::offers::{Offer, store as offers};
use crate::quote::{Cart, Facts, Quote, Rulebook, quote};

/// Longest shopper id, in bytes.
pub(crate) const LONGEST_SHOPPER: usize = 128;
/// Longest code, in bytes; most codes of a cart.
pub(crate) const LONGEST_CODE: usize = 64;
const MOST_CODES: usize = 50;
/// Most drafts tried at once.
const MOST_DRAFTS: usize = 50;

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
    /// In a sandbox: offers to try in their latest version, published or not, coupons among them as if the shopper had one.
    #[serde(default)]
    pub drafts: BTreeSet<String>,
}

/// Who the shopper is. All but the number is a claim, and believed in a sandbox alone: for the shop itself, segments are as
/// people are counted, a first order is one before which there is none, and `level` and `birthday` are the traits of that
/// name.
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
    /// The sandbox it was made in; none if it is live.
    pub sandbox: Option<String>,
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
        if self.drafts.len() > MOST_DRAFTS {
            return Err(CheckoutError::Drafts { given: self.drafts.len(), most: MOST_DRAFTS });
        }
        Ok(())
    }
}

/// Refuses a text that cannot be kept in an index.
pub(crate) fn check_text(field: &'static str, text: &str, most: usize) -> Result<(), CheckoutError> {
    let good = !text.is_empty() && text.len() <= most && !text.contains('\0');
    if good { Ok(()) } else { Err(CheckoutError::Text { field, bytes: text.len(), most }) }
}

/// A quote of so few lines and offers takes some microseconds: less than to hand it to another thread.
const FEW: usize = 4;

/// A quote, where its search holds up nobody else's request.
pub(crate) async fn quoted(
    book: &Arc<Rulebook>,
    cart: &Cart,
    facts: Facts,
    now: Timestamp,
) -> Result<Quote, CheckoutError> {
    if cart.lines.len() <= FEW && book.near(cart, &facts.coupons).len() <= FEW {
        return Ok(quote(book, cart, &facts, now)?);
    }
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
    params(("Fanvine-Sandbox" = Option<String>, Header, description = "Quotes in the sandbox of that name, beside the shop")),
    request_body = QuoteForm,
    responses(
        (status = 200, description = "The price", body = QuoteAnswer),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn quote_cart(
    State(promote): State<Arc<Promote>>,
    headers: HeaderMap,
    Body(form): Body<QuoteForm>,
) -> Answer<Json<QuoteAnswer>> {
    let realm = Realm::of(&headers)?;
    Ok(Json(promote.quote_in(&realm, &form).await?))
}

impl Promote {
    /// Quotes a cart.
    pub async fn quote_cart(&self, form: &QuoteForm) -> Result<QuoteAnswer, CheckoutError> {
        self.quote_in(&Realm::default(), form).await
    }

    async fn quote_in(&self, realm: &Realm, form: &QuoteForm) -> Result<QuoteAnswer, CheckoutError> {
        form.check()?;
        if realm.is_live() && !form.drafts.is_empty() {
            return Err(CheckoutError::DraftsLive);
        }
        let (mut book, now) = (self.offers(), self.clock.now());
        if !form.drafts.is_empty() {
            book = Arc::new(book.with(self.drafts(form.drafts.clone()).await?));
        }
        let fitting = self.fitting(&book, realm, form, &BTreeSet::new(), now).await?;
        let sandbox = realm.sandbox().map(str::to_owned);
        Ok(QuoteAnswer { quote: fitting.quote, codes: fitting.known.found, sandbox })
    }

    /// Offers in their latest version.
    async fn drafts(&self, wanted: BTreeSet<String>) -> Result<Vec<Offer>, CheckoutError> {
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let mut offers = Vec::new();
                for offer_id in wanted {
                    let found = offers::one(tx, &offer_id).await?.ok_or(CheckoutError::UnknownOffer(offer_id))?;
                    offers.push(Offer { offer_id: found.offer_id, version: found.version, terms: found.terms });
                }
                Ok::<_, CheckoutError>(offers)
            })
        });
        read.await
    }
}
