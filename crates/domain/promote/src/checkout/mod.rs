//! From the quote to the order: what a reservation takes of what is limited, and how that stands in the ledger.
//!
//! Every limit of an offer is an account with a ceiling; using the offer moves units into it. So a limit that is raised or
//! lowered holds from the next use on, and nothing must be issued first.

pub(crate) mod deposit;
pub(crate) mod facts;
pub(crate) mod list_redemptions;
pub(crate) mod promise;
pub(crate) mod quote_cart;
pub(crate) mod realm;
pub(crate) mod reserve;
pub(crate) mod return_goods;
pub(crate) mod settle;
mod shopper;
pub(crate) mod store;

use std::collections::BTreeMap;

use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_ledger::{Account, Kind, Leg};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::campaigns;
use crate::codes::Code;
use crate::offers::{Benefit, Offer};
use crate::plays::Seat;
use crate::points;
use crate::quote::{Applied, Granted, Quote, Rulebook};
use crate::wallet::Coupon;
use facts::Known;
use realm::Realm;

pub use quote_cart::{CodeFound, QuoteAnswer, QuoteForm, Shopper};
pub use reserve::{CheckoutError, ReserveForm};
pub use return_goods::ReturnForm;

/// What became of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// What it uses is set aside.
    Reserved,
    /// The deposit of its pre-sale was paid, and what it uses is set aside until the balance is due.
    Deposited,
    /// It was not redeemed in time, and what it would have used is free again.
    Lapsed,
    /// The order stands.
    Redeemed,
    /// It was given up, and what it used is free again.
    RolledBack,
}

/// Offers in use with an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Redemption {
    /// Its identifier.
    pub redemption_id: String,
    /// What became of it.
    pub status: Status,
    /// Whose it is.
    pub shopper_id: Option<String>,
    /// The order it belongs to, if that was told.
    pub order_id: Option<String>,
    /// The sandbox it was made in; none if it is live.
    pub sandbox: Option<String>,
    /// When it was reserved.
    #[schema(value_type = String, format = DateTime)]
    pub reserved_at: Timestamp,
    /// When it releases itself unless it is redeemed.
    #[schema(value_type = String, format = DateTime)]
    pub deadline: Timestamp,
    /// The price, frozen to every unit.
    pub quote: Quote,
    /// What came back, in order.
    pub returns: Vec<Returned>,
    /// What was refunded for that in all, in minor units.
    pub refunded_minor: i64,
}

/// Goods that came back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Returned {
    /// Which.
    pub lines: Vec<crate::quote::ReturnLine>,
    /// What was refunded for them, in minor units.
    pub refund_minor: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub returned_at: Timestamp,
}

/// What a leg of a reservation counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Counts {
    /// The order itself: the one leg every reservation has.
    Order,
    /// An offer's use, once an order.
    Use,
    /// Units at a base price, of one product if it is told.
    Units(Option<String>),
    /// Points it is paid with.
    Points,
    /// A place in a play.
    Seat(Seat),
    /// What it costs the campaign it counts on, in minor units.
    Campaign,
}

/// A leg of a reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Use {
    pub offer_id: String,
    pub counts: Counts,
    pub amount: i64,
}

/// Everything limited about one offer for one shopper: each limit's account.
pub(crate) struct Accounts<'a> {
    pub offer: &'a Offer,
    pub shopper_id: Option<&'a str>,
    pub today: LocalDate,
    pub realm: &'a Realm,
}

impl Accounts<'_> {
    fn uses(&self, name: String, kind: Kind, limit: i64) -> Account {
        Account::new(self.realm.own(name), format!("uses of {}", self.offer.offer_id), kind).at_most(limit)
    }

    pub fn total(&self) -> Option<Account> {
        let limit = self.offer.terms.limits.total?;
        Some(self.uses(format!("uses/{}", self.offer.offer_id), Kind::CouponQuota, limit))
    }

    pub fn of_shopper(&self) -> Option<Account> {
        let (limit, shopper) = (self.offer.terms.limits.per_shopper?, self.shopper_id?);
        Some(self.uses(format!("shopper_uses/{}/{shopper}", self.offer.offer_id), Kind::RedemptionLimit, limit))
    }

    pub fn of_day(&self) -> Option<Account> {
        let (limit, shopper) = (self.offer.terms.limits.per_shopper_per_day?, self.shopper_id?);
        let name = format!("day_uses/{}/{}/{shopper}", self.offer.offer_id, self.today);
        Some(self.uses(name, Kind::RedemptionLimit, limit))
    }

    pub fn of_product(&self, product_id: &str) -> Option<Account> {
        let limit = *self.offer.terms.limits.per_product.get(product_id)?;
        Some(self.uses(format!("sold/{}/{product_id}", self.offer.offer_id), Kind::FlashStock, limit))
    }

    pub fn budget(&self, currency: &str) -> Option<Account> {
        let limit = self.offer.terms.limits.budget_minor?;
        let name = format!("budget/{}/{currency}", self.offer.offer_id);
        Some(Account::new(self.realm.own(name), currency, Kind::Budget).at_most(limit))
    }

    /// A birthday offer is good once on the birthday.
    pub fn of_birthday(&self) -> Option<Account> {
        let shopper = self.shopper_id.filter(|_| self.offer.terms.audience.birthday)?;
        let name = format!("birthday/{}/{}/{shopper}", self.offer.offer_id, self.today);
        Some(self.uses(name, Kind::RedemptionLimit, 1))
    }

    /// Of a shopper's orders, reserved ones included, only the first may use offers for first orders.
    pub fn of_first_order(&self) -> Option<Account> {
        let shopper = self.shopper_id.filter(|_| self.offer.terms.audience.first_order)?;
        Some(orders_of(self.realm, shopper).at_most(1))
    }

    /// Whether it is limited by shopper and nobody knows whose cart it is.
    pub fn lacks_shopper(&self) -> bool {
        let (limits, audience) = (&self.offer.terms.limits, &self.offer.terms.audience);
        let by_shopper = limits.per_shopper.is_some() || limits.per_shopper_per_day.is_some();
        self.shopper_id.is_none() && (by_shopper || audience.first_order || audience.birthday)
    }
}

/// How many orders of a shopper are reserved or redeemed.
fn orders_of(realm: &Realm, shopper: &str) -> Account {
    Account::new(realm.own(format!("orders/{shopper}")), "orders", Kind::Gone)
}

/// By what a shopper may use an offer that is a coupon: a code or a coupon of the wallet. Without an account it is good
/// without end.
pub(crate) struct Held {
    pub offer_id: String,
    pub account: Option<Account>,
}

/// The account of a code.
pub(crate) fn code_account(realm: &Realm, code: &Code) -> Option<Account> {
    let uses = format!("uses of {}", code.offer_id);
    let name = realm.own(format!("code/{}", code.code));
    Some(Account::new(name, uses, Kind::CouponQuota).at_most(code.most_uses?))
}

/// The account of a coupon in a wallet.
pub(crate) fn coupon_account(coupon: &Coupon) -> Account {
    let uses = format!("uses of {}", coupon.offer_id);
    Account::new(format!("coupon/{}", coupon.coupon_id), uses, Kind::CouponQuota).at_most(1)
}

/// Where what comes into an account is issued.
pub(crate) fn issued_for(realm: &Realm, to: &Account) -> Account {
    Account::new(realm.own(format!("issue/{}/{}", to.kind.as_str(), to.unit)), to.unit.clone(), Kind::Issue)
}

/// What a quote takes of what is limited: its legs in the ledger, and what each stands for.
pub(crate) fn legs(
    quote: &Quote,
    book: &Rulebook,
    known: &Known,
    realm: &Realm,
    shopper_id: Option<&str>,
    today: LocalDate,
) -> (Vec<Use>, Vec<Leg>) {
    let mut both = (Vec::new(), Vec::new());
    let mut add = |offer_id: &str, counts: Counts, to: Option<Account>, amount: i64| {
        let Some(to) = to.filter(|_| amount > 0) else { return };
        both.0.push(Use { offer_id: offer_id.to_owned(), counts, amount });
        both.1.push(Leg::new(issued_for(realm, &to), to, amount));
    };
    let used: Vec<_> =
        quote.applied.iter().filter_map(|applied| Some((applied, book.offer(&applied.offer_id)?))).collect();
    let first = used.iter().find(|(_, offer)| offer.terms.audience.first_order && shopper_id.is_some());
    let orders = match shopper_id {
        Some(shopper) => orders_of(realm, shopper),
        None => Account::new(realm.own("orders"), "orders", Kind::Gone),
    };
    match first {
        Some((applied, _)) => add(&applied.offer_id, Counts::Order, Some(orders.at_most(1)), 1),
        None => add("", Counts::Order, Some(orders), 1),
    }
    for (applied, offer) in used {
        let accounts = Accounts { offer, shopper_id, today, realm };
        let base_price = matches!(offer.terms.benefit, Benefit::BasePrice { .. });
        let (count, amount) = match applied.units.filter(|_| base_price) {
            Some(units) => (Counts::Units(None), units),
            None => (Counts::Use, 1),
        };
        for account in [accounts.total(), accounts.of_shopper(), accounts.of_day()] {
            add(&offer.offer_id, count.clone(), account, amount);
        }
        add(&offer.offer_id, Counts::Use, accounts.of_birthday(), 1);
        let cost = applied.off_minor + applied.freight_off_minor;
        add(&offer.offer_id, Counts::Use, accounts.budget(quote.currency.code()), cost);
        if base_price {
            for (product, units) in units_by_product(quote, &offer.offer_id) {
                let account = accounts.of_product(&product);
                add(&offer.offer_id, Counts::Units(Some(product)), account, units);
            }
        }
        let account = known.charges.get(&offer.offer_id).map(campaigns::account);
        add(&offer.offer_id, Counts::Campaign, account, cost + points_worth(applied, book));
        if let Some(held) = known.held.iter().find(|held| held.offer_id == offer.offer_id) {
            add(&offer.offer_id, Counts::Use, held.account.clone(), 1);
        }
    }
    if let Some(shopper) = shopper_id.filter(|_| quote.points_spent > 0) {
        let spent = Account::new(realm.own("spent/points"), points::UNIT, Kind::Gone);
        both.0.push(Use { offer_id: String::new(), counts: Counts::Points, amount: quote.points_spent });
        both.1.push(Leg::new(points::points_account(realm, shopper), spent, quote.points_spent));
    }
    both
}

/// What the points are worth that an offer grants, in minor units.
fn points_worth(applied: &Applied, book: &Rulebook) -> i64 {
    let points =
        applied.granted.iter().map(|granted| if let Granted::Points { points } = granted { *points } else { 0 });
    let minor = book.points().map_or(0, |rule| rule.minor_per_point);
    points.sum::<i64>().saturating_mul(minor)
}

fn units_by_product(quote: &Quote, offer_id: &str) -> BTreeMap<String, i64> {
    let mut units: BTreeMap<String, i64> = BTreeMap::new();
    for line in &quote.lines {
        for run in line.units.iter().filter(|run| run.shares.iter().any(|share| share.offer_id == offer_id)) {
            *units.entry(line.product_id.clone()).or_default() += run.units;
        }
    }
    units
}
