//! `POST /api/v1/redemptions`: quotes a cart once more and sets aside what its offers use, until the order is paid.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::RedemptionId;
use fanvine_kernel::{Code, Problem};
use fanvine_ledger::{Command, LedgerError, Refusal};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, ProblemBody};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::quote_cart::{QuoteForm, check_text, quoted};
use super::store::{self, Kept};
use super::{Redemption, Status, legs};
use crate::Promote;
use crate::announce;
use crate::offers::store::json;
use crate::quote::{CartError, ReturnError};

/// Longest order number, in bytes.
const LONGEST_ORDER: usize = 200;
const HOLD_S: i64 = 900;
const LONGEST_HOLD_S: i64 = 7 * 86_400;
/// How often a reservation is tried anew when somebody else was faster.
const TRIES: usize = 12;
/// The header that names a request.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// What to reserve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveForm {
    /// What somebody is about to buy.
    pub cart: crate::quote::Cart,
    /// Who.
    #[serde(default)]
    pub shopper: super::quote_cart::Shopper,
    /// Coupon codes.
    #[serde(default)]
    pub codes: Vec<String>,
    /// What the shopper was shown they would pay, in minor units. If it costs anything else by now, nothing is reserved.
    #[serde(default)]
    pub expect_payable_minor: Option<i64>,
    /// How long to set it aside, in seconds; 15 minutes if absent.
    #[serde(default)]
    pub hold_s: Option<i64>,
    /// The shop's number for the order.
    #[serde(default)]
    pub order_id: Option<String>,
}

/// Why a checkout went no further.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The cart cannot be quoted.
    #[error(transparent)]
    Cart(#[from] CartError),
    /// A text too short or too long.
    #[error("{field} has {bytes} bytes, where 1 to {most} can be")]
    Text {
        /// Which text.
        field: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it can be.
        most: usize,
    },
    /// Too many codes.
    #[error("{given} codes are given, where {most} can be")]
    Codes {
        /// How many are given.
        given: usize,
        /// How many can be.
        most: usize,
    },
    /// No header that names the request.
    #[error("the request needs the header Idempotency-Key, of 1 to 200 bytes")]
    NoKey,
    /// The name was used for another request.
    #[error("the idempotency key `{0}` was used before with another request")]
    KeyReused(String),
    /// A hold too short or too long.
    #[error("hold_s is {0}, where 1 to {LONGEST_HOLD_S} can be")]
    Hold(i64),
    /// It costs something else by now.
    #[error("the cart costs {costs_minor} minor units now, not {expected_minor}")]
    PriceChanged {
        /// What it costs.
        costs_minor: i64,
        /// What was expected.
        expected_minor: i64,
    },
    /// No such redemption.
    #[error("there is no redemption {0}")]
    Unknown(String),
    /// The redemption has come too far, or not far enough.
    #[error("redemption {redemption_id} is {status}, which cannot be {wanted}")]
    Over {
        /// Which.
        redemption_id: String,
        /// What became of it.
        status: String,
        /// What was to be done.
        wanted: &'static str,
    },
    /// The goods cannot come back.
    #[error("redemption {redemption_id}: {source}")]
    Return {
        /// Which.
        redemption_id: String,
        /// Why.
        source: ReturnError,
    },
    /// The quote was given up: the program ends, or the quote met a fault of its own.
    #[error("a quote was given up before it was made")]
    Ended,
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CheckoutError> for Problem {
    fn from(error: CheckoutError) -> Self {
        let code = match error {
            CheckoutError::Ledger(error) => return error.into(),
            CheckoutError::Store(error) => return error.into(),
            CheckoutError::NoKey => return Problem::new(Code::InvalidParameter, error.to_string()).at(IDEMPOTENCY_KEY),
            CheckoutError::Cart(_) | CheckoutError::Text { .. } | CheckoutError::Codes { .. } => Code::InvalidCart,
            CheckoutError::Ended => Code::Internal,
            CheckoutError::Hold(_) => Code::InvalidParameter,
            CheckoutError::KeyReused(_) => Code::IdempotencyKeyReused,
            CheckoutError::PriceChanged { .. } => Code::PriceChanged,
            CheckoutError::Unknown(_) => Code::NotFound,
            CheckoutError::Over { .. } => Code::ReservationOver,
            CheckoutError::Return { .. } => Code::RefundExceedsOrder,
        };
        Problem::new(code, error.to_string())
    }
}

/// The idempotency key of a request, empty if there is none.
pub(crate) fn key_of(headers: &HeaderMap) -> String {
    headers.get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Refuses a key that cannot be kept.
pub(crate) fn check_key(key: &str) -> Result<(), CheckoutError> {
    if key.is_empty() || key.len() > 200 { Err(CheckoutError::NoKey) } else { Ok(()) }
}

/// Reserve offers for an order
///
/// Quotes the cart once more and sets aside what its offers use, until it is redeemed, rolled back or over. The same key
/// with the same request answers the same redemption.
#[utoipa::path(
    post, path = "/api/v1/redemptions", tag = "promote", operation_id = "reserve_offers",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = ReserveForm,
    responses(
        (status = 200, description = "The redemption", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn reserve_offers(
    State(promote): State<Arc<Promote>>,
    headers: HeaderMap,
    Body(form): Body<ReserveForm>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.reserve(key_of(&headers), form).await?))
}

impl Promote {
    /// Reserves what the offers of a cart use.
    pub async fn reserve(&self, key: String, form: ReserveForm) -> Result<Redemption, CheckoutError> {
        check_key(&key)?;
        let hold_s = form.hold_s.unwrap_or(HOLD_S);
        if !(1..=LONGEST_HOLD_S).contains(&hold_s) {
            return Err(CheckoutError::Hold(hold_s));
        }
        let asked = QuoteForm { cart: form.cart.clone(), shopper: form.shopper.clone(), codes: form.codes.clone() };
        asked.check()?;
        form.order_id.iter().try_for_each(|id| check_text("order_id", id, LONGEST_ORDER))?;
        let request = json(&form);
        if let Some(before) = self.reserved_before(&key, &request).await? {
            return Ok(before);
        }
        let mut exhausted: BTreeSet<String> = BTreeSet::new();
        let mut refused: BTreeSet<String> = BTreeSet::new();
        let mut last = None;
        for _ in 0..TRIES {
            let kept = self.made(&key, &request, &form, &asked, &exhausted, hold_s).await?;
            let (kept, command) = match kept {
                Ok(made) => made,
                // A request of the same name may have taken what this one is missing.
                Err(changed) => return self.reserved_before(&key, &request).await?.ok_or(changed),
            };
            let told = announce::redemption(&kept.redemption, Status::Reserved, self.clock.now());
            match self.lane.carry_out_and_tell(vec![command], vec![store::row(&kept)], vec![told]).await {
                Ok(_) => break,
                Err(LedgerError::Refused(Refusal::Full { account, kind, room, wanted })) => {
                    // Somebody was faster. Look again; if it is refused again, the offer is no longer counted on.
                    let offer = account.split('/').nth(1).unwrap_or_default().to_owned();
                    if !refused.insert(offer.clone()) {
                        exhausted.insert(offer);
                    }
                    last = Some(Refusal::Full { account, kind, room, wanted });
                }
                Err(LedgerError::Refused(Refusal::KeyReused { .. })) => break,
                Err(error) => return Err(error.into()),
            }
        }
        let found = self.reserved_before(&key, &request).await?;
        found.ok_or_else(|| last.map_or(CheckoutError::KeyReused(key), |refusal| LedgerError::from(refusal).into()))
    }

    /// The redemption of that key, if there is one for the same request.
    async fn reserved_before(&self, key: &str, request: &str) -> Result<Option<Redemption>, CheckoutError> {
        let (wanted, now) = (key.to_owned(), self.clock.now());
        let found = self.store.read(|tx| Box::pin(async move { store::of_key(tx, &wanted, now).await })).await;
        match found? {
            Some(kept) if kept.request == request => Ok(Some(kept.redemption)),
            Some(_) => Err(CheckoutError::KeyReused(key.to_owned())),
            None => Ok(None),
        }
    }

    /// A redemption as it would be by now, and the command that reserves it; or why it would not be what was expected.
    async fn made(
        &self,
        key: &str,
        request: &str,
        form: &ReserveForm,
        asked: &QuoteForm,
        exhausted: &BTreeSet<String>,
        hold_s: i64,
    ) -> Result<Result<(Kept, Command), CheckoutError>, CheckoutError> {
        let (book, now) = (self.offers(), self.clock.now());
        let known = self.know(&book, asked, exhausted, now).await?;
        let quote = quoted(&book, &form.cart, known.facts, now).await?;
        if let Some(expected_minor) = form.expect_payable_minor.filter(|expected| *expected != quote.payable_minor) {
            return Ok(Err(CheckoutError::PriceChanged { costs_minor: quote.payable_minor, expected_minor }));
        }
        let shopper_id = form.shopper.shopper_id.as_deref();
        let (uses, legs) = legs(&quote, &book, &known.codes, shopper_id, self.zone.date_of(now));
        let deadline = now.plus_micros(hold_s.saturating_mul(1_000_000));
        let redemption = Redemption {
            redemption_id: RedemptionId::new(now, self.entropy.as_ref()).to_string(),
            status: Status::Reserved,
            shopper_id: shopper_id.map(str::to_owned),
            order_id: form.order_id.clone(),
            reserved_at: now,
            deadline,
            quote,
            returns: Vec::new(),
            refunded_minor: 0,
        };
        let command = Command::reserve(format!("reserve/{key}"), legs, deadline);
        let (idempotency_key, request) = (key.to_owned(), request.to_owned());
        Ok(Ok((Kept { redemption, idempotency_key, request, uses }, command)))
    }
}
