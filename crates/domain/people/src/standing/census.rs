//! A census: everybody's orders at one moment, in columns, and what of them holds as of a day.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_kernel::{Currency, LocalDate, Timestamp, Zone};
use serde::Serialize;

use crate::People;
use crate::identity::PersonId;
use crate::profile::{DecodeError, Placed};

/// An order that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bought {
    /// When it was placed.
    pub at: Timestamp,
    /// What it cost less what went back, in minor units; 0 if that was not told.
    pub minor: i64,
    /// Whose minor units; none if the cost was not told.
    pub currency: Option<Currency>,
}

impl From<&Placed> for Bought {
    fn from(order: &Placed) -> Self {
        let minor = order.amount.map_or(0, |amount| amount.minor.saturating_sub(order.refunded_minor));
        Self { at: order.at, minor, currency: order.amount.map(|amount| amount.currency) }
    }
}

/// What all buyers bought, buyer by buyer in the order of their ids.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// All events of the log before this offset are in it.
    pub offset: u64,
    /// Everybody heard of, buyers or not.
    pub persons: u64,
    buyers: Vec<Buyer>,
    orders: Vec<Bought>,
    /// The seconds since 1970 in which visits of buyers began, the earliest first of each.
    visits: Vec<u32>,
}

/// One who ever ordered.
#[derive(Debug, Clone, Copy)]
struct Buyer {
    id: PersonId,
    number: u32,
    /// Where their orders begin; they end where the next buyer's begin.
    from: usize,
    /// The same of their visits.
    visits_from: usize,
}

impl Census {
    /// Counts everybody. See [`People::walk`] for how long it takes.
    pub fn take(people: &People, now: Timestamp) -> Result<Self, DecodeError> {
        let mut census = Self { taken_at: now, ..Self::default() };
        census.offset = people.walk(|person| {
            census.persons += 1;
            let orders = person.state.orders();
            if !orders.is_empty() {
                let (from, visits_from) = (census.orders.len(), census.visits.len());
                census.buyers.push(Buyer { id: person.id, number: person.number, from, visits_from });
                census.orders.extend(orders.iter().map(Bought::from));
                census.visits.extend(person.state.visits_began());
            }
        })?;
        Ok(census)
    }

    /// The id of a buyer and the number of one of their shopper keys.
    pub fn who(&self, buyer: usize) -> Option<(PersonId, u32)> {
        self.buyers.get(buyer).map(|buyer| (buyer.id, buyer.number))
    }

    /// When the visits of one buyer began, in seconds since 1970, the earliest first.
    pub fn visits_of(&self, buyer: usize) -> &[u32] {
        let Some(from) = self.buyers.get(buyer).map(|buyer| buyer.visits_from) else { return &[] };
        let end = self.buyers.get(buyer + 1).map_or(self.visits.len(), |next| next.visits_from);
        self.visits.get(from..end).unwrap_or_default()
    }

    /// The orders of one buyer up to a moment, the earliest first.
    pub fn orders_of(&self, buyer: usize, moment: Timestamp) -> &[Bought] {
        let Some(from) = self.buyers.get(buyer).map(|buyer| buyer.from) else { return &[] };
        let end = self.buyers.get(buyer + 1).map_or(self.orders.len(), |next| next.from);
        let orders = self.orders.get(from..end).unwrap_or_default();
        orders.get(..orders.partition_point(|order| order.at <= moment)).unwrap_or_default()
    }

    /// The orders of each buyer up to a moment, the earliest first; nothing for those who had not ordered yet.
    pub fn orders_until(&self, moment: Timestamp) -> impl Iterator<Item = &[Bought]> {
        (0..self.buyers.len()).map(move |buyer| self.orders_of(buyer, moment))
    }
}

/// What was bought in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CurrencySpend {
    /// The currency's code.
    pub currency: String,
    /// Orders in it.
    pub orders: u64,
    /// What they cost less what went back, in its minor units.
    pub spend_minor: i64,
}

/// A census as of the end of a day, with money in one currency.
#[derive(Debug)]
pub(crate) struct AsOf {
    pub census: Arc<Census>,
    /// The last moment that counts.
    pub moment: Timestamp,
    /// Its day.
    pub day: LocalDate,
    pub zone: Zone,
    /// The currency money is counted in: the one asked for, else that of most orders; none where no order tells its cost.
    pub currency: Option<Currency>,
    /// What was bought in the others.
    pub others: Vec<CurrencySpend>,
}

impl AsOf {
    /// What of the census holds up to `moment`.
    pub fn new(census: Arc<Census>, moment: Timestamp, zone: Zone, wanted: Option<Currency>) -> Self {
        let mut sums: BTreeMap<Currency, (u64, i64)> = BTreeMap::new();
        for order in census.orders_until(moment).flatten() {
            let Some(currency) = order.currency else { continue };
            let (orders, spend) = sums.entry(currency).or_default();
            (*orders, *spend) = (*orders + 1, spend.saturating_add(order.minor));
        }
        let most = sums.iter().rev().max_by_key(|(_, (orders, _))| *orders).map(|(currency, _)| *currency);
        let currency = wanted.or(most);
        let others = sums.iter().filter(|(other, _)| Some(**other) != currency);
        let others = others
            .map(|(other, (orders, spend))| CurrencySpend {
                currency: other.to_string(),
                orders: *orders,
                spend_minor: *spend,
            })
            .collect();
        Self { moment, day: zone.date_of(moment), zone, currency, others, census }
    }

    /// Those who had ordered, each with their place in the census and their orders, the earliest first.
    pub fn buyers(&self) -> impl Iterator<Item = (usize, &[Bought])> {
        self.census.orders_until(self.moment).enumerate().filter(|(_, orders)| !orders.is_empty())
    }
}
