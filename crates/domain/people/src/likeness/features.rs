//! What makes people alike, in a few numbers that a person can read.

use std::collections::BTreeMap;

use fanvine_kernel::{Currency, Timestamp};

use crate::People;
use crate::identity::PersonId;
use crate::profile::{Bilingual, DecodeError, Deed, State, days_between};

/// One of the numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feature {
    /// Its stable name.
    pub name: &'static str,
    pub label: (&'static str, &'static str),
    /// What to call people who have much of it.
    high: (&'static str, &'static str),
    /// What to call people who have little of it.
    low: (&'static str, &'static str),
    /// Whether 1 and 2 differ as much as 10 and 20: counts and amounts.
    is_amount: bool,
}

const fn amount(
    name: &'static str,
    label: (&'static str, &'static str),
    high: (&'static str, &'static str),
    low: (&'static str, &'static str),
) -> Feature {
    Feature { name, label, high, low, is_amount: true }
}

/// All of them.
pub(crate) const FEATURES: [Feature; 11] = [
    amount("orders", ("orders", "订单数"), ("many orders", "订单多"), ("few orders", "订单少")),
    amount("spend", ("spend less refunds", "净消费额"), ("spend much", "消费高"), ("spend little", "消费低")),
    amount("average_order", ("average order", "客单价"), ("large orders", "客单价高"), ("small orders", "客单价低")),
    amount(
        "days_since_seen",
        ("days since seen", "距上次到访天数"),
        ("long away", "久未到访"),
        ("here lately", "近期到访"),
    ),
    amount("days_known", ("days since first seen", "距首次到访天数"), ("known for long", "老顾客"), ("new", "新顾客")),
    amount("visits", ("visits", "访问次数"), ("many visits", "到访频繁"), ("few visits", "到访少")),
    amount(
        "views_per_visit",
        ("products viewed per visit", "每次访问浏览商品数"),
        ("browse much", "浏览多"),
        ("browse little", "浏览少"),
    ),
    amount(
        "cart_adds",
        ("products put into the cart", "加购次数"),
        ("fill carts", "加购多"),
        ("rarely fill carts", "加购少"),
    ),
    amount("searches", ("searches", "搜索次数"), ("search much", "搜索多"), ("search little", "搜索少")),
    amount(
        "voice",
        ("shares, reviews and comments", "分享、评价与评论次数"),
        ("share and review", "爱分享评价"),
        ("silent", "不发声"),
    ),
    Feature {
        name: "deal_share",
        label: ("share of orders with a deal", "优惠订单占比"),
        high: ("buy on deals", "优惠驱动"),
        low: ("pay full price", "原价购买"),
        is_amount: false,
    },
];

/// How many there are.
pub(crate) const COLUMNS: usize = FEATURES.len();

impl Feature {
    pub fn label(&self) -> Bilingual {
        Bilingual::new(self.label.0, self.label.1)
    }

    /// What to call people by how they differ from others in this.
    pub fn word(&self, difference: f64) -> Bilingual {
        let (en, zh) = if difference > 0.0 { self.high } else { self.low };
        Bilingual::new(en, zh)
    }

    /// As it is compared.
    fn scaled(&self, value: f64) -> f64 {
        if self.is_amount { value.max(0.0).ln_1p() } else { value }
    }
}

/// Everybody's numbers, person by person in the order of their ids.
#[derive(Debug)]
pub(crate) struct Features {
    pub taken_at: Timestamp,
    pub offset: u64,
    pub currency: Option<Currency>,
    who: Vec<(PersonId, u32)>,
    values: Vec<f64>,
}

impl Features {
    /// Reads them. See [`People::walk`] for how long it takes.
    pub fn take(people: &People, now: Timestamp) -> Result<Self, DecodeError> {
        let (mut who, mut values) = (Vec::new(), Vec::new());
        let mut spends: Vec<(Currency, f64, f64)> = Vec::new();
        let mut orders: BTreeMap<Currency, usize> = BTreeMap::new();
        let mut spender: Vec<usize> = Vec::new();
        let offset = people.walk(|person| {
            if let Some((currency, spend, count)) = spend_of(&person.state) {
                *orders.entry(currency).or_default() += count;
                spender.push(who.len());
                spends.push((currency, spend, spend / count.max(1) as f64));
            }
            who.push((person.id, person.number));
            values.extend(row(&person.state, now));
        })?;
        let currency = orders.iter().rev().max_by_key(|(_, count)| **count).map(|(currency, _)| *currency);
        for (place, (of, spend, mean)) in spender.into_iter().zip(spends) {
            // Money of other currencies is not added to it.
            if let Some([_, total, average, ..]) = values.get_mut(place * COLUMNS..).filter(|_| Some(of) == currency) {
                (*total, *average) = (spend, mean);
            }
        }
        Ok(Self { taken_at: now, offset, currency, who, values })
    }

    /// How many people.
    pub fn len(&self) -> usize {
        self.who.len()
    }

    /// One person's numbers.
    pub fn row(&self, place: usize) -> &[f64] {
        self.values.get(place * COLUMNS..(place + 1) * COLUMNS).unwrap_or_default()
    }

    /// The numbers as they are compared, of the first `most` people, row after row.
    pub fn scaled(&self, most: usize) -> Vec<f64> {
        let columns = FEATURES.iter().cycle();
        self.values.iter().take(most * COLUMNS).zip(columns).map(|(value, feature)| feature.scaled(*value)).collect()
    }

    /// One person's numbers as they are compared.
    pub fn scaled_row(&self, place: usize) -> Vec<f64> {
        self.row(place).iter().zip(&FEATURES).map(|(value, feature)| feature.scaled(*value)).collect()
    }

    /// Where a person is.
    pub fn place_of(&self, id: PersonId) -> Option<usize> {
        self.who.binary_search_by_key(&id, |(id, _)| *id).ok()
    }

    /// Where those behind a person begin.
    pub fn first_after(&self, id: PersonId) -> usize {
        self.who.partition_point(|(other, _)| *other <= id)
    }

    /// The person's id and one of their shopper keys, for each of these places.
    pub fn who(&self, people: &People, places: impl Iterator<Item = usize>) -> Vec<(String, String)> {
        let (ids, numbers): (Vec<_>, Vec<u32>) = places.filter_map(|place| self.who.get(place).copied()).unzip();
        let keys = people.keys_of(numbers.into_iter());
        ids.into_iter().map(|id| id.to_string()).zip(keys).collect()
    }
}

impl People {
    /// The shopper keys of a segment's members; none if there is no such segment.
    pub(crate) fn members_of(&self, segment: &str) -> Option<Vec<String>> {
        let members = self.segments.membership().of(segment)?.members.clone();
        Some(self.keys_of(members.iter()))
    }
}

/// What a person spent in the currency of most of their orders, in its major units, and in how many orders.
fn spend_of(state: &State) -> Option<(Currency, f64, usize)> {
    let mut sums: BTreeMap<Currency, (i64, usize)> = BTreeMap::new();
    for order in state.orders() {
        let Some(amount) = order.amount else { continue };
        let (minor, count) = sums.entry(amount.currency).or_default();
        (*minor, *count) = (minor.saturating_add(amount.minor.saturating_sub(order.refunded_minor)), *count + 1);
    }
    let (currency, (minor, count)) = sums.into_iter().rev().max_by_key(|(_, (_, count))| *count)?;
    Some((currency, minor.max(0) as f64 / 10f64.powi(currency.minor_digits() as i32), count))
}

/// In the order of [`FEATURES`]; money is filled in later.
fn row(state: &State, now: Timestamp) -> [f64; COLUMNS] {
    let count = |deed| f64::from(state.count(deed));
    let (orders, visits) = (state.orders(), state.sessions() as f64);
    let days = |moment: Option<Timestamp>| moment.map_or(0.0, |moment| days_between(moment, now));
    let deals = orders.iter().filter(|order| order.is_deal()).count() as f64;
    [
        orders.len() as f64,
        0.0,
        0.0,
        days(state.last_seen()),
        days(state.first_seen()),
        visits,
        count(Deed::Browse) / visits.max(1.0),
        count(Deed::Cart),
        count(Deed::Search),
        count(Deed::Share) + count(Deed::Review) + count(Deed::Comment),
        deals / orders.len().max(1) as f64,
    ]
}
