//! A coupon comes into a wallet: within the limits of receiving, once for each key.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanvine_kernel::event::names;
use fanvine_kernel::ids::CouponId;
use fanvine_kernel::{Code, Entropy, Event, Problem, Timestamp, Zone};
use fanvine_ledger::{Account, Along, Command, Kind, LedgerError, Leg, Refusal, any_new};
use fanvine_store::StoreError;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Coupon, Source, dates, store};
use crate::checkout::realm::Realm;
use crate::checkout::{CheckoutError, issued_for};
use crate::offers::{Claim, Offer};
use crate::points::{UNIT, points_account};
use crate::{Promote, announce};

/// Why no coupon came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WalletError {
    /// There is no such offer, or it is not published.
    #[error("there is no published offer {0}")]
    Unknown(String),
    /// It is not a coupon.
    #[error("offer {0} is no coupon")]
    NoCoupon(String),
    /// Shoppers may not take it by themselves.
    #[error("coupons of offer {0} are not given out on the storefront")]
    NotOpen(String),
    /// It ended.
    #[error("offer {offer_id} ended at {ended_at}")]
    Over {
        /// Which.
        offer_id: String,
        /// When.
        ended_at: Timestamp,
    },
    /// A limit of receiving is reached.
    #[error("no more coupons of offer {offer_id}: {limit} is reached")]
    Limit {
        /// The offer.
        offer_id: String,
        /// Which limit.
        limit: &'static str,
    },
    /// It costs more points than the shopper may spend.
    #[error("a coupon of offer {offer_id} costs {points} points, more than this shopper may spend")]
    Points {
        /// The offer.
        offer_id: String,
        /// What a coupon costs.
        points: i64,
    },
    /// A campaign does not let the shopper have it.
    #[error("offer {offer_id} {why}")]
    Campaign {
        /// Which.
        offer_id: String,
        /// Why.
        why: String,
    },
    /// A link that is not to be believed, or is over.
    #[error("the link {0}")]
    Link(&'static str),
    /// What was asked for cannot be.
    #[error("{0}")]
    Form(String),
    /// Something of a request, as in a checkout.
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    /// The ledger refused, or the store failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WalletError> for Problem {
    fn from(error: WalletError) -> Self {
        let code = match error {
            WalletError::Checkout(error) => return error.into(),
            WalletError::Ledger(error) => return error.into(),
            WalletError::Store(error) => return error.into(),
            WalletError::Unknown(_) => Code::NotFound,
            WalletError::NoCoupon(_) => Code::InvalidOffer,
            WalletError::Form(_) => Code::InvalidBody,
            WalletError::NotOpen(_) | WalletError::Link(_) => Code::Forbidden,
            WalletError::Over { .. }
            | WalletError::Limit { .. }
            | WalletError::Points { .. }
            | WalletError::Campaign { .. } => Code::Conflict,
        };
        Problem::new(code, error.to_string())
    }
}

/// A coupon about to come: what is saved with it, once its receipt fits.
pub(crate) struct Receipt {
    pub key: String,
    pub coupon: Coupon,
    pub command: Command,
    pub along: Along,
    pub event: Event,
}

/// The key of a receipt: what names it, of any length.
pub(crate) fn receipt_key(source: Source, parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    format!("{}/{}", source.as_str(), URL_SAFE_NO_PAD.encode(digest.finalize()))
}

/// What a coupon for anybody takes of what there is of its offer: what is set aside of it while nobody knows whose it will be.
pub(crate) fn quota_legs(offer: &Offer) -> Vec<Leg> {
    let (receive, id) = (&offer.terms.receive, &offer.offer_id);
    let account = |name: String, kind, limit: Option<i64>| Account {
        ceiling: limit,
        ..Account::new(name, format!("receipts of {id}"), kind)
    };
    let total = (account(format!("received/{id}"), Kind::CouponQuota, receive.total), 1);
    let worth = offer.terms.worth().filter(|worth| receive.budget_minor.is_some() && *worth > 0);
    let worth = worth.map(|worth| (account(format!("received_worth/{id}"), Kind::Budget, receive.budget_minor), worth));
    let live = Realm::default();
    let legs = std::iter::once(total).chain(worth);
    legs.map(|(to, amount)| Leg::new(issued_for(&live, &to), to, amount)).collect()
}

/// By what coupons are made where no room is at hand.
#[derive(Clone)]
pub(crate) struct Making {
    pub now: Timestamp,
    pub zone: Zone,
    pub entropy: Arc<dyn Entropy>,
}

impl Making {
    /// A coupon of an offer for a shopper, with the row and the event by which it comes. What it takes in the ledger is another
    /// matter.
    pub fn coupon(&self, offer: &Offer, shopper: &str, source: Source, key: &str) -> (Coupon, Along, Event) {
        let (now, receive) = (self.now, &offer.terms.receive);
        let (opens_at, expires_at) = dates(receive, offer.terms.ends_at, now, self.zone);
        let coupon = Coupon {
            coupon_id: CouponId::new(now, self.entropy.as_ref()).to_string(),
            offer_id: offer.offer_id.clone(),
            shopper_id: shopper.to_owned(),
            source,
            received_at: now,
            opens_at,
            expires_at,
        };
        let about = json!({
            "coupon_id": coupon.coupon_id, "offer_id": coupon.offer_id, "name": offer.terms.name,
            "source": source, "opens_at": opens_at, "expires_at": expires_at,
            "points": receive.points.filter(|_| source.takes()),
        });
        let name = names::COUPON_RECEIVED;
        let event = announce::event(name, format!("{name}/{}", coupon.coupon_id), now, &about);
        let along = store::row(&coupon, key);
        (coupon, along, Event { user_id: Some(shopper.to_owned()), ..event })
    }
}

impl Promote {
    /// By what coupons are made now.
    pub(crate) fn making(&self) -> Making {
        Making { now: self.clock.now(), zone: self.zone, entropy: self.entropy.clone() }
    }

    /// A published offer whose coupons may be given out now.
    pub(crate) fn coupon_offer(&self, offer_id: &str, now: Timestamp) -> Result<Offer, WalletError> {
        let book = self.offers();
        let offer = book.offer(offer_id).ok_or_else(|| WalletError::Unknown(offer_id.chars().take(100).collect()))?;
        if offer.terms.claim != Claim::Coupon {
            return Err(WalletError::NoCoupon(offer.offer_id.clone()));
        }
        if let Some(ended_at) = offer.terms.ends_at.filter(|ends| *ends <= now) {
            return Err(WalletError::Over { offer_id: offer.offer_id.clone(), ended_at });
        }
        Ok(offer.clone())
    }

    /// A coupon of an offer for a shopper, under a key, as it would be received now.
    pub(crate) fn receipt(
        &self,
        offer: &Offer,
        shopper: &str,
        source: Source,
        key: String,
        link: Option<Account>,
    ) -> Receipt {
        let making = self.making();
        let (coupon, along, event) = making.coupon(offer, shopper, source, &key);
        Receipt {
            command: Command::transfer(
                format!("receive/{key}"),
                self.receipt_legs(offer, shopper, source, link, making.now),
            ),
            along,
            event,
            coupon,
            key,
        }
    }

    /// What a coupon for a shopper takes of what limits its offer.
    pub(crate) fn receipt_legs(
        &self,
        offer: &Offer,
        shopper: &str,
        source: Source,
        link: Option<Account>,
        now: Timestamp,
    ) -> Vec<Leg> {
        let (receive, id) = (&offer.terms.receive, &offer.offer_id);
        let account = |name: String, kind, limit: Option<i64>| {
            let account = Account::new(name, format!("receipts of {id}"), kind);
            Account { ceiling: limit, ..account }
        };
        let day = self.zone.date_of(now);
        let by_shopper = format!("received_by/{id}/{shopper}");
        let by_day = format!("received_day/{id}/{day}/{shopper}");
        let mut to = vec![(account(format!("received/{id}"), Kind::CouponQuota, receive.total), 1)];
        // Whoever takes coupons by themselves takes one, unless the offer says otherwise.
        let takes = source.takes();
        if let Some(most) = receive.per_shopper.or(takes.then_some(1)) {
            to.push((account(by_shopper, Kind::RedemptionLimit, Some(most)), 1));
        }
        to.extend(link.map(|link| (link, 1)));
        if receive.per_shopper_per_day.is_some() {
            to.push((account(by_day, Kind::RedemptionLimit, receive.per_shopper_per_day), 1));
        }
        if let Some(worth) = offer.terms.worth().filter(|worth| receive.budget_minor.is_some() && *worth > 0) {
            to.push((account(format!("received_worth/{id}"), Kind::Budget, receive.budget_minor), worth));
        }
        let live = Realm::default();
        let paid = receive.points.filter(|_| takes).map(|points| {
            let spent = Account::new("spent/points", UNIT, Kind::Gone);
            Leg::new(points_account(&live, shopper), spent, points)
        });
        to.into_iter().map(|(to, amount)| Leg::new(issued_for(&live, &to), to, amount)).chain(paid).collect()
    }

    /// Puts a coupon into a shopper's wallet, once for each key; and whether it was there already.
    pub(crate) async fn receive(
        &self,
        offer: &Offer,
        shopper: &str,
        source: Source,
        key: String,
        link: Option<Account>,
    ) -> Result<(Coupon, bool), WalletError> {
        if let Some(before) = self.coupon_of_key(&key).await? {
            return Ok((before, true));
        }
        if let Some(why) = self.refused_coupon(&offer.offer_id, shopper).await.map_err(CheckoutError::Asked)? {
            return Err(WalletError::Campaign { offer_id: offer.offer_id.clone(), why });
        }
        let Receipt { key, coupon, command, along, event } = self.receipt(offer, shopper, source, key, link);
        match self.lane.carry_out_and_tell(vec![command], vec![along], vec![event]).await {
            Ok(receipts) if any_new(&receipts) => Ok((coupon, false)),
            // Somebody asked the same at the same time; on another day it may even have other accounts.
            Ok(_) | Err(LedgerError::Refused(Refusal::KeyReused { .. })) => {
                let found = self.coupon_of_key(&key).await?;
                Ok((found.ok_or_else(|| CheckoutError::KeyReused(key))?, true))
            }
            Err(LedgerError::Refused(Refusal::Short { .. })) => {
                let points = offer.terms.receive.points.unwrap_or_default();
                Err(WalletError::Points { offer_id: offer.offer_id.clone(), points })
            }
            Err(LedgerError::Refused(Refusal::Full { account, .. })) => {
                Err(WalletError::Limit { offer_id: offer.offer_id.clone(), limit: limit_of(&account) })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn coupon_of_key(&self, key: &str) -> Result<Option<Coupon>, StoreError> {
        let wanted = key.to_owned();
        self.store.read(|tx| Box::pin(async move { store::of_key(tx, &wanted).await })).await
    }

    /// Uses up a coupon that an order granted and that was not deserved after all, unless it was used already.
    pub(crate) async fn take_back_reward(&self, redemption_id: &str, offer_id: &str) -> Result<(), WalletError> {
        let key = receipt_key(Source::Reward, &[redemption_id, offer_id]);
        let Some(coupon) = self.coupon_of_key(&key).await? else { return Ok(()) };
        let to = crate::checkout::coupon_account(&coupon);
        let leg = Leg::new(issued_for(&Realm::default(), &to), to, 1);
        let revoke = Command::transfer(format!("revoke/{}", coupon.coupon_id), vec![leg]);
        match self.lane.carry_out(vec![revoke], Vec::new()).await {
            Ok(_) | Err(LedgerError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn limit_of(account: &str) -> &'static str {
    match account.split('/').next() {
        Some("received") => "receive.total",
        Some("received_by") => "receive.per_shopper",
        Some("received_day") => "receive.per_shopper_per_day",
        Some("link") => "most of the link",
        _ => "receive.budget_minor",
    }
}
