//! `POST /api/v1/redemptions`: quotes a cart once more and sets aside what its offers use, until the order is paid.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::RedemptionId;
use fanvine_kernel::{Code, Problem};
use fanvine_ledger::{Command, LedgerError, Refusal, Standing};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, ProblemBody};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::facts::Fitting;
use super::promise::Promise;
use super::quote_cart::{QuoteForm, check_text};
use super::realm::{Realm, SANDBOX};
use super::store::{self, Kept};
use super::{Redemption, Status};
use crate::Promote;
use crate::announce;
use crate::offers::store::json;
use crate::quote::{CartError, ReturnError};
use crate::settlements::shared_costs;

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
    /// A sandbox that cannot be.
    #[error("`{0}` cannot name a sandbox: 1 to 16 letters, digits, `_` or `-`")]
    Sandbox(String),
    /// Drafts outside of a sandbox.
    #[error("`drafts` are tried in a sandbox alone: name one in the header Fanvine-Sandbox")]
    DraftsLive,
    /// Too many drafts.
    #[error("{given} drafts are given, where {most} can be")]
    Drafts {
        /// How many are given.
        given: usize,
        /// How many can be.
        most: usize,
    },
    /// No such offer.
    #[error("there is no offer {0}")]
    UnknownOffer(String),
    /// Another room could not be asked.
    #[error(transparent)]
    Asked(#[from] Problem),
    /// It is not the time for it.
    #[error("redemption {redemption_id}: {what} may be paid from {from} until {until}, not now")]
    Window {
        /// Which.
        redemption_id: String,
        /// What was to be paid.
        what: &'static str,
        /// From when on.
        from: String,
        /// Until when.
        until: String,
    },
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
    /// The price of a play is not to be had for this order.
    #[error("the price {offer_id} does not apply: {why}")]
    Promise {
        /// The price.
        offer_id: String,
        /// Why.
        why: String,
    },
    /// What the order takes part in is in flight.
    #[error("goods of redemption {redemption_id} cannot come back while {run_id} is in flight; roll it back whole")]
    InFlight {
        /// Which.
        redemption_id: String,
        /// In what.
        run_id: String,
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
            CheckoutError::Asked(problem) => return problem,
            CheckoutError::Sandbox(_) => {
                return Problem::new(Code::InvalidParameter, error.to_string()).at(SANDBOX);
            }
            CheckoutError::NoKey => return Problem::new(Code::InvalidParameter, error.to_string()).at(IDEMPOTENCY_KEY),
            CheckoutError::Cart(_)
            | CheckoutError::Text { .. }
            | CheckoutError::Codes { .. }
            | CheckoutError::Drafts { .. }
            | CheckoutError::DraftsLive => Code::InvalidCart,
            CheckoutError::Ended => Code::Internal,
            CheckoutError::Hold(_) => Code::InvalidParameter,
            CheckoutError::KeyReused(_) => Code::IdempotencyKeyReused,
            CheckoutError::PriceChanged { .. } => Code::PriceChanged,
            CheckoutError::Unknown(_) | CheckoutError::UnknownOffer(_) => Code::NotFound,
            CheckoutError::Over { .. } | CheckoutError::Window { .. } => Code::ReservationOver,
            CheckoutError::Return { .. } => Code::RefundExceedsOrder,
            CheckoutError::Promise { .. } | CheckoutError::InFlight { .. } => Code::PlayRule,
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
    params(
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
        ("Fanvine-Sandbox" = Option<String>, Header, description = "Reserves in the sandbox of that name, beside the shop"),
    ),
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
    let realm = Realm::of(&headers)?;
    Ok(Json(promote.reserve_in(&realm, key_of(&headers), form).await?))
}

impl Promote {
    /// Reserves what the offers of a cart use.
    pub async fn reserve(&self, key: String, form: ReserveForm) -> Result<Redemption, CheckoutError> {
        self.reserve_in(&Realm::default(), key, form).await
    }

    /// Reserves what the offers of a cart use, together with a place in a play. The caller has looked whether it was reserved
    /// before, if the promise does anything first.
    pub(crate) async fn reserve_promised(
        &self,
        key: String,
        request: String,
        form: ReserveForm,
        promise: &Promise,
    ) -> Result<Reserved, CheckoutError> {
        self.reserve_with(&Realm::default(), key, request, form, Some(promise)).await
    }

    async fn reserve_in(&self, realm: &Realm, key: String, form: ReserveForm) -> Result<Redemption, CheckoutError> {
        let request = json(&form);
        Ok(self.reserve_with(realm, key, request, form, None).await?.redemption)
    }

    async fn reserve_with(
        &self,
        realm: &Realm,
        key: String,
        request: String,
        form: ReserveForm,
        promise: Option<&Promise>,
    ) -> Result<Reserved, CheckoutError> {
        check_key(&key)?;
        let key = realm.own(key);
        let hold_s = form.hold_s.unwrap_or(promise.map_or(HOLD_S, |promise| promise.hold_s));
        if !(1..=promise.map_or(LONGEST_HOLD_S, |promise| promise.hold_s)).contains(&hold_s) {
            return Err(CheckoutError::Hold(hold_s));
        }
        let (cart, shopper, codes) = (form.cart.clone(), form.shopper.clone(), form.codes.clone());
        let asked = QuoteForm { cart, shopper, codes, drafts: BTreeSet::new() };
        asked.check()?;
        form.order_id.iter().try_for_each(|id| check_text("order_id", id, LONGEST_ORDER))?;
        let request = Request { realm, key: &key, text: &request, form: &form, asked: &asked, hold_s, promise };
        let refused = match self.reserve_now(&request).await {
            Ok(Some(reserved)) => return Ok(reserved),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        // What was answered stands. Nothing of a request is done twice: the ledger knows its key.
        match self.reserved_before(&key, request.text).await? {
            Some(redemption) => Ok(Reserved { redemption, standings: None }),
            None => Err(refused.unwrap_or(CheckoutError::KeyReused(key))),
        }
    }

    /// Reserves what a cart uses by now; none if the ledger has seen the request before.
    async fn reserve_now(&self, request: &Request<'_>) -> Result<Option<Reserved>, CheckoutError> {
        let promise = request.promise;
        let mut exhausted: BTreeSet<String> = BTreeSet::new();
        let mut refused: BTreeSet<String> = BTreeSet::new();
        let mut last = None;
        for _ in 0..TRIES {
            let Made { kept, command, of_account } = self.made(request, &exhausted).await?;
            let told = announce::redemption(&kept.redemption, Status::Reserved, self.clock.now());
            let told = request.realm.is_live().then_some(told).into_iter().collect();
            let (mut commands, mut rows) = (Vec::new(), store::rows(&kept));
            if let Some(promise) = promise {
                commands.extend(promise.before.iter().cloned());
                rows.extend(promise.rows(&kept.redemption));
            }
            commands.push(command);
            let look = promise.map(|promise| promise.look.clone()).unwrap_or_default();
            match self.lane.carry_out_and_look(commands, rows, told, look).await {
                Ok(done) if done.is_new() => {
                    return Ok(Some(Reserved { redemption: kept.redemption, standings: Some(done.standings) }));
                }
                Ok(_) => return Ok(None),
                Err(LedgerError::Refused(refusal)) if promise.is_some_and(|one| one.is_refused_by(&refusal)) => {
                    return Err(LedgerError::Refused(refusal).into());
                }
                Err(LedgerError::Refused(refusal)) => match &refusal {
                    Refusal::Full { account, .. } | Refusal::Short { account, .. } => {
                        // Somebody was faster. Look again; if it is refused again, the offer is no longer counted on.
                        let offer = of_account.get(account).cloned().unwrap_or_default();
                        if !refused.insert(offer.clone()) {
                            exhausted.insert(offer);
                        }
                        last = Some(refusal);
                    }
                    Refusal::KeyReused { .. } => return Ok(None),
                    _ => return Err(LedgerError::Refused(refusal).into()),
                },
                Err(error) => return Err(error.into()),
            }
        }
        last.map_or(Ok(None), |refusal| Err(LedgerError::from(refusal).into()))
    }

    /// The redemption of that key, if there is one for the same request.
    pub(crate) async fn reserved_before(&self, key: &str, request: &str) -> Result<Option<Redemption>, CheckoutError> {
        let (wanted, now) = (key.to_owned(), self.clock.now());
        let found = self.store.read(|tx| Box::pin(async move { store::of_key(tx, &wanted, now).await })).await;
        match found? {
            Some(kept) if kept.request == request => Ok(Some(kept.redemption)),
            Some(_) => Err(CheckoutError::KeyReused(key.to_owned())),
            None => Ok(None),
        }
    }

    /// A redemption as it would be by now, and the command that reserves it; or why it would not be what was expected.
    async fn made(&self, request: &Request<'_>, exhausted: &BTreeSet<String>) -> Result<Made, CheckoutError> {
        let Request { realm, key, text, form, asked, hold_s, promise } = *request;
        let (mut book, now) = (self.offers(), self.clock.now());
        if let Some(promise) = promise {
            book = Arc::new(book.with(vec![promise.offer.clone()]));
        }
        let Fitting { quote, known, mut uses, mut legs } = self.fitting(&book, realm, asked, exhausted, now).await?;
        if let Some(expected_minor) = form.expect_payable_minor.filter(|expected| *expected != quote.payable_minor) {
            return Err(CheckoutError::PriceChanged { costs_minor: quote.payable_minor, expected_minor });
        }
        let mut deadline = now.plus_micros(hold_s.saturating_mul(1_000_000));
        if let Some(promise) = promise {
            promise.check(&quote)?;
            uses.extend(promise.uses.iter().cloned());
            legs.extend(promise.legs.iter().cloned());
            deadline = deadline.min(promise.until);
        }
        let mut shared = shared_costs(&quote, &book);
        for one in &mut shared {
            one.campaign_id = known.charges.get(&one.offer_id).map(|charge| charge.campaign_id.clone());
        }
        let redemption = Redemption {
            redemption_id: RedemptionId::new(now, self.entropy.as_ref()).to_string(),
            status: Status::Reserved,
            shopper_id: form.shopper.shopper_id.clone(),
            order_id: form.order_id.clone(),
            sandbox: realm.sandbox().map(str::to_owned),
            reserved_at: now,
            deadline,
            quote,
            returns: Vec::new(),
            refunded_minor: 0,
        };
        let ends = uses
            .iter()
            .zip(&legs)
            .flat_map(|(one, leg)| [&leg.from, &leg.to].map(|account| (account.name.clone(), one.offer_id.clone())));
        let of_account = ends.collect();
        let command = Command::reserve(format!("reserve/{key}"), legs, deadline);
        let (idempotency_key, request) = (key.to_owned(), text.to_owned());
        let kept = Kept { redemption, idempotency_key, request, uses, shared };
        Ok(Made { kept, command, of_account })
    }
}

/// A redemption that was reserved.
pub(crate) struct Reserved {
    pub redemption: Redemption,
    /// How the accounts stand that the promise looks at; none if it was reserved before the request came.
    pub standings: Option<BTreeMap<String, Standing>>,
}

/// What is to be reserved.
#[derive(Clone, Copy)]
struct Request<'r> {
    realm: &'r Realm,
    /// The name of the request, and what it was in full.
    key: &'r str,
    text: &'r str,
    form: &'r ReserveForm,
    asked: &'r QuoteForm,
    hold_s: i64,
    promise: Option<&'r Promise>,
}

/// A reservation about to be made.
struct Made {
    kept: Kept,
    command: Command,
    /// Of which offer each account is.
    of_account: BTreeMap<String, String>,
}
