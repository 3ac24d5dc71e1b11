//! What the shop as a whole does, kept as it happens: how many shoppers have a term, what things cost.
//!
//! All of it are sums, so the order of events does not matter. Terms are counted once per shopper key that ever had
//! them; a person of several keys counts with each, which tilts no comparison of terms.

use std::collections::BTreeMap;

use fanvine_kernel::Currency;
use rustc_hash::FxHashMap;

use super::weights::{Key, Weights};
use crate::profile::codec::{Reader, put, put_signed};
use crate::profile::{DecodeError, Deed, Fact, PriceBand, Terms, Word};

const VERSION: u8 = 1;

/// How often each price band was seen.
type Bands = [u32; PriceBand::COUNT];

/// Orders and what they brought in, of one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Orders {
    count: u64,
    sum_minor: i64,
}

/// The shop-wide counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Population {
    shoppers: u64,
    having: FxHashMap<Key, u32>,
    prices: FxHashMap<Word, Box<Bands>>,
    orders: BTreeMap<Currency, Orders>,
}

impl Population {
    /// Takes in the prices and the order of an event. Terms are counted by [`Weights::observe`].
    pub fn observe(&mut self, fact: &Fact<'_>, terms: &Terms) {
        if matches!(fact.deed, Deed::Browse | Deed::Favourite | Deed::Cart | Deed::Order) {
            for (item, words) in fact.items.iter().zip(&terms.items) {
                let (Some(category), Some(_)) = (words.category, item.price) else { continue };
                let bands = self.prices.entry(category).or_insert_with(|| Box::new([0; PriceBand::COUNT]));
                if let Some(count) = bands.get_mut(item.band().number()) {
                    *count = count.saturating_add(1);
                }
            }
        }
        if let (Deed::Order, Some(money)) = (fact.deed, fact.revenue) {
            let orders = self.orders.entry(money.currency).or_default();
            orders.count += 1;
            orders.sum_minor = orders.sum_minor.saturating_add(money.minor);
        }
    }

    /// A shopper key got its first term.
    pub(super) fn meet(&mut self) {
        self.shoppers += 1;
    }

    /// A shopper key has a term it did not have.
    pub(super) fn gain(&mut self, key: Key) {
        *self.having.entry(key).or_default() += 1;
    }

    /// Takes back what the terms of an erased shopper key counted.
    pub fn forget(&mut self, weights: &Weights) {
        let mut met = 0;
        for key in weights.keys() {
            met = 1;
            if let Some(count) = self.having.get_mut(&key) {
                *count = count.saturating_sub(1);
            }
        }
        self.having.retain(|_, count| *count > 0);
        self.shoppers = self.shoppers.saturating_sub(met);
    }

    /// How many shopper keys have any term.
    pub fn shoppers(&self) -> u64 {
        self.shoppers
    }

    /// How many shopper keys have the term `word` of the scored tag `slot`.
    pub fn having(&self, slot: u32, word: Word) -> u32 {
        self.having.get(&Key::new(slot, word)).copied().unwrap_or(0)
    }

    /// How telling it is to have a term, above 0 and at most 1: the smoothed inverse document frequency of TF-IDF,
    /// `(1 + ln((1 + N) / (1 + n))) / (1 + ln(1 + N))` for n of N shopper keys. What everybody has still says a
    /// little, so a small shop's only category does not vanish.
    pub fn specificity(&self, slot: u32, word: Word) -> f64 {
        let all = 1.0 + self.shoppers as f64;
        let having = (1.0 + f64::from(self.having(slot, word))).min(all);
        (1.0 + (all / having).ln()) / (1.0 + all.ln())
    }

    /// Where a price band stands among the prices of its category, 0 for the cheapest to 1 for the dearest: the part
    /// that lies below, with half of what is equal. Prices of all currencies stand on one scale of minor units, so a
    /// shop that sells in several gets a rougher place. None without prices of that category.
    pub fn price_position(&self, category: Word, band: PriceBand) -> Option<f64> {
        let bands = self.prices.get(&category)?;
        let sum = |counts: &[u32]| counts.iter().map(|count| f64::from(*count)).sum::<f64>();
        let (below, rest) = bands.split_at_checked(band.number())?;
        let equal = rest.first().copied().map_or(0.0, f64::from);
        let all = sum(below) + sum(rest);
        (all > 0.0).then(|| (sum(below) + equal / 2.0) / all)
    }

    /// What an order of that currency brings in on average, in minor units.
    pub fn mean_order_minor(&self, currency: Currency) -> Option<f64> {
        let orders = self.orders.get(&currency)?;
        (orders.count > 0 && orders.sum_minor > 0).then(|| orders.sum_minor as f64 / orders.count as f64)
    }

    /// Adds what `other` counted, of other shopper keys.
    pub fn merge(&mut self, other: &Self) {
        self.shoppers += other.shoppers;
        for (key, count) in &other.having {
            *self.having.entry(*key).or_default() += count;
        }
        for (category, bands) in &other.prices {
            let own = self.prices.entry(*category).or_insert_with(|| Box::new([0; PriceBand::COUNT]));
            own.iter_mut().zip(bands.iter()).for_each(|(own, more)| *own = own.saturating_add(*more));
        }
        for (currency, more) in &other.orders {
            let own = self.orders.entry(*currency).or_default();
            own.count += more.count;
            own.sum_minor = own.sum_minor.saturating_add(more.sum_minor);
        }
    }

    /// Appends its bytes: the same for the same counts.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        put(out, self.shoppers);
        let mut having: Vec<_> = self.having.iter().collect();
        having.sort_unstable();
        put(out, having.len() as u64);
        let mut before = 0;
        for (key, count) in having {
            put(out, u64::from(key.number() - before));
            put(out, u64::from(*count));
            before = key.number();
        }
        let mut prices: Vec<_> = self.prices.iter().collect();
        prices.sort_unstable();
        put(out, prices.len() as u64);
        for (category, bands) in prices {
            put(out, u64::from(category.number()));
            bands.iter().for_each(|count| put(out, u64::from(*count)));
        }
        put(out, self.orders.len() as u64);
        for (currency, orders) in &self.orders {
            out.extend_from_slice(currency.code().as_bytes());
            put(out, orders.count);
            put_signed(out, orders.sum_minor);
        }
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// The bytes are of another version or form.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("population", bytes);
        reader.version(VERSION)?;
        let mut read = Self { shoppers: reader.number()?, ..Self::default() };
        let mut before = 0u32;
        for _ in 0..reader.length()? {
            let step = reader.small("step of terms")?;
            before = before.checked_add(step).ok_or_else(|| reader.wrong("step of terms", u64::from(step)))?;
            read.having.insert(Key::from_number(before), reader.small("shoppers of a term")?);
        }
        for _ in 0..reader.length()? {
            let number = reader.small("category")?;
            let category = Word::new(number).ok_or_else(|| reader.wrong("category", u64::from(number)))?;
            let mut bands = Box::new([0; PriceBand::COUNT]);
            for count in bands.iter_mut() {
                *count = reader.small("count of a price band")?;
            }
            read.prices.insert(category, bands);
        }
        for _ in 0..reader.length()? {
            let letters: [u8; 3] = reader.array()?;
            let currency = std::str::from_utf8(&letters).ok().and_then(|code| code.parse().ok());
            let currency = currency.ok_or_else(|| reader.wrong("currency", u64::from(letters[0])))?;
            let orders = Orders { count: reader.number()?, sum_minor: reader.signed()? };
            read.orders.insert(currency, orders);
        }
        reader.finish()?;
        Ok(read)
    }
}
