//! Orders and refunds of a shopper, each once however often it was told.
//!
//! An order is known by its id, so the browser's and the server's word for it are one order. It was placed at the
//! earliest `Order Completed`; its amount is the latest one stated (of one moment, the largest). All of that is
//! minimum, maximum and "ever", so words may come in any order, twice, and from several merged shoppers.

use std::collections::BTreeMap;

use fanvine_kernel::{Currency, Money, Timestamp};

use super::codec::{DecodeError, Reader, put, put_signed};
use super::deed::Deed;
use super::fact::Fact;

/// Not yet told to be completed.
const NEVER: i64 = i64::MAX;

/// What an order is said to cost; the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stated {
    at: i64,
    minor: i64,
    currency: Currency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Order {
    id: u64,
    placed: i64,
    stated: Option<Stated>,
    discount: i64,
    coupon: bool,
    cancelled: bool,
}

/// Money that went back; the whole order where no amount is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refund {
    /// The order, 0 where none is told, and the refund's own id.
    key: (u64, u64),
    stated: Option<Stated>,
}

/// All of them, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Purchases {
    orders: Vec<Order>,
    refunds: Vec<Refund>,
}

/// An order that was placed and not cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// When.
    pub at: Timestamp,
    /// What it cost, if that was told.
    pub amount: Option<Money>,
    /// What of it went back, in minor units, at most the amount.
    pub refunded_minor: i64,
    /// What was taken off, in minor units.
    pub discount_minor: i64,
    /// Whether there was a coupon.
    pub coupon: bool,
}

impl Placed {
    /// Whether it was bought at a reduced price.
    pub fn is_deal(&self) -> bool {
        self.coupon || self.discount_minor > 0
    }
}

impl Purchases {
    pub(super) fn add(&mut self, fact: &Fact<'_>) {
        let stated = fact.revenue.map(|money| Stated {
            at: fact.at.micros(),
            minor: money.minor.saturating_abs(),
            currency: money.currency,
        });
        match (fact.deed, fact.order, fact.refund) {
            (Deed::Order | Deed::OrderChange | Deed::Cancel, Some(id), _) => self.add_order(Order {
                id,
                placed: if fact.deed == Deed::Order { fact.at.micros() } else { NEVER },
                stated: stated.filter(|_| fact.deed != Deed::Cancel),
                discount: fact.discount_minor,
                coupon: fact.coupon,
                cancelled: fact.deed == Deed::Cancel,
            }),
            (Deed::Refund, order, Some(id)) => self.add_refund(Refund { key: (order.unwrap_or(0), id), stated }),
            _ => {}
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.orders.iter().for_each(|order| self.add_order(*order));
        other.refunds.iter().for_each(|refund| self.add_refund(*refund));
    }

    fn add_order(&mut self, new: Order) {
        match self.orders.binary_search_by_key(&new.id, |order| order.id) {
            Ok(place) => {
                if let Some(order) = self.orders.get_mut(place) {
                    order.placed = order.placed.min(new.placed);
                    order.stated = order.stated.max(new.stated);
                    order.discount = order.discount.max(new.discount);
                    order.coupon |= new.coupon;
                    order.cancelled |= new.cancelled;
                }
            }
            Err(place) => insert(&mut self.orders, place, new),
        }
    }

    fn add_refund(&mut self, new: Refund) {
        match self.refunds.binary_search_by_key(&new.key, |refund| refund.key) {
            Ok(place) => {
                if let Some(refund) = self.refunds.get_mut(place) {
                    refund.stated = refund.stated.max(new.stated);
                }
            }
            Err(place) => insert(&mut self.refunds, place, new),
        }
    }

    /// The orders that stand, earliest first.
    pub(super) fn placed(&self) -> Vec<Placed> {
        let standing = self.orders.iter().filter(|order| order.placed != NEVER && !order.cancelled);
        let mut placed: Vec<Placed> = standing
            .map(|order| Placed {
                at: Timestamp::from_micros(order.placed),
                amount: order.stated.map(|stated| Money::new(stated.minor, stated.currency)),
                refunded_minor: self.refunded(order),
                discount_minor: order.discount,
                coupon: order.coupon,
            })
            .collect();
        placed.sort_by_key(|order| (order.at, order.amount.map(|money| money.minor)));
        placed
    }

    pub(super) fn cancelled(&self) -> usize {
        self.orders.iter().filter(|order| order.cancelled).count()
    }

    fn refunded(&self, order: &Order) -> i64 {
        let Some(cost) = order.stated else { return 0 };
        let from = self.refunds.partition_point(|refund| refund.key.0 < order.id);
        let of_it = self.refunds.iter().skip(from).take_while(|refund| refund.key.0 == order.id);
        let back = of_it.fold(0i64, |sum, refund| {
            // A refund in another currency cannot be set against the order.
            let same = refund.stated.filter(|stated| stated.currency == cost.currency);
            let minor = same.map_or(if refund.stated.is_none() { cost.minor } else { 0 }, |stated| stated.minor);
            sum.saturating_add(minor)
        });
        back.min(cost.minor)
    }

    /// What went back by currency: of the orders that stand, and of orders nobody told of.
    pub(super) fn refunds(&self) -> BTreeMap<Currency, i64> {
        let mut sums = BTreeMap::new();
        let mut add = |currency, minor| {
            if minor > 0 {
                let sum: &mut i64 = sums.entry(currency).or_default();
                *sum = sum.saturating_add(minor);
            }
        };
        for order in self.placed() {
            order.amount.iter().for_each(|money| add(money.currency, order.refunded_minor));
        }
        for refund in &self.refunds {
            let known = self.orders.binary_search_by_key(&refund.key.0, |order| order.id).is_ok();
            refund.stated.iter().filter(|_| !known).for_each(|stated| add(stated.currency, stated.minor));
        }
        sums
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Self>() + self.orders.capacity() * size_of::<Order>() + self.refunds.capacity() * size_of::<Refund>()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.orders.len() as u64);
        for order in &self.orders {
            out.extend_from_slice(&order.id.to_le_bytes());
            let placed = order.placed != NEVER;
            let marks = [placed, order.stated.is_some(), order.discount != 0, order.coupon, order.cancelled];
            out.push(marks.iter().rev().fold(0, |bits, mark| bits << 1 | u8::from(*mark)));
            if placed {
                put_signed(out, order.placed);
            }
            order.stated.iter().for_each(|stated| stated.encode(out));
            if order.discount != 0 {
                put_signed(out, order.discount);
            }
        }
        put(out, self.refunds.len() as u64);
        for refund in &self.refunds {
            out.extend_from_slice(&refund.key.0.to_le_bytes());
            out.extend_from_slice(&refund.key.1.to_le_bytes());
            out.push(u8::from(refund.stated.is_some()));
            refund.stated.iter().for_each(|stated| stated.encode(out));
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut purchases = Self::default();
        for _ in 0..reader.length()? {
            let id = u64::from_le_bytes(reader.array()?);
            let [marks] = reader.array()?;
            let has = |bit: u8| marks >> bit & 1 == 1;
            if marks >= 1 << 5 {
                return Err(reader.wrong("marks of an order", u64::from(marks)));
            }
            let placed = if has(0) { reader.signed()? } else { NEVER };
            let stated = if has(1) { Some(Stated::decode(reader)?) } else { None };
            let discount = if has(2) { reader.signed()? } else { 0 };
            purchases.add_order(Order { id, placed, stated, discount, coupon: has(3), cancelled: has(4) });
        }
        for _ in 0..reader.length()? {
            let key = (u64::from_le_bytes(reader.array()?), u64::from_le_bytes(reader.array()?));
            let [mark] = reader.array()?;
            let stated = match mark {
                0 => None,
                1 => Some(Stated::decode(reader)?),
                other => return Err(reader.wrong("mark of a refund", u64::from(other))),
            };
            purchases.add_refund(Refund { key, stated });
        }
        Ok(purchases)
    }
}

/// Inserts without the room that a growing list leaves: most shoppers order once or twice.
fn insert<T>(list: &mut Vec<T>, place: usize, new: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 4 + 1);
    }
    list.insert(place, new);
}

impl Stated {
    fn encode(&self, out: &mut Vec<u8>) {
        put_signed(out, self.at);
        put_signed(out, self.minor);
        out.extend_from_slice(self.currency.code().as_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (at, minor) = (reader.signed()?, reader.signed()?);
        let letters: [u8; 3] = reader.array()?;
        let currency = std::str::from_utf8(&letters).ok().and_then(|code| code.parse().ok());
        let [a, b, c] = letters.map(u64::from);
        let currency = currency.ok_or_else(|| reader.wrong("currency", a << 16 | b << 8 | c))?;
        Ok(Self { at, minor, currency })
    }
}
