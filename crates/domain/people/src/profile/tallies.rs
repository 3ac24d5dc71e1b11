//! Exact counts per shopper: how often of each kind, category, brand, price band, channel.
//!
//! Every distinct value has its count, for ever: sums are commutative, and the top of a list is exact. What bounds a
//! list is how many values a shop has, not how many events. Eight bytes a value.

use fanvine_kernel::Currency;

use super::codec::{DecodeError, Reader, put};
use super::vocabulary::{Vocabulary, Word};

/// What is counted. The numbers are written to the store and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Facet {
    /// Events by deed.
    Deed = 0,
    /// Products seen, kept, carted or bought, by category.
    Category = 1,
    /// … by brand.
    Brand = 2,
    /// … by currency and price band.
    Price = 3,
    /// Events by channel.
    Channel = 4,
    /// Products bought by category and price band.
    BoughtCategory = 5,
    /// Products bought by brand.
    BoughtBrand = 6,
    /// Words of groups joined.
    Circle = 7,
}

/// The bits of a value below the facet.
const VALUE_BITS: u32 = 28;
/// The bits of a price band.
const BAND_BITS: u32 = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tally {
    key: u32,
    count: u32,
}

/// Counts by facet and value, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tallies(Vec<Tally>);

impl Tallies {
    /// Adds to the count of `value`, which has 28 bits.
    pub(super) fn add(&mut self, facet: Facet, value: u32, count: u32) {
        self.add_key((facet as u32) << VALUE_BITS | value & ((1 << VALUE_BITS) - 1), count);
    }

    fn add_key(&mut self, key: u32, count: u32) {
        match self.0.binary_search_by_key(&key, |tally| tally.key) {
            Ok(place) => {
                if let Some(tally) = self.0.get_mut(place) {
                    tally.count = tally.count.saturating_add(count);
                }
            }
            Err(place) => {
                if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact(self.0.len() / 4 + 1);
                }
                self.0.insert(place, Tally { key, count });
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for tally in &other.0 {
            self.add_key(tally.key, tally.count);
        }
    }

    /// The values of a facet with their counts, ascending by value.
    pub(super) fn of(&self, facet: Facet) -> impl Iterator<Item = (u32, u32)> + Clone {
        let from = self.0.partition_point(|tally| tally.key >> VALUE_BITS < facet as u32);
        let rest = self.0.get(from..).unwrap_or_default();
        rest.iter()
            .take_while(move |tally| tally.key >> VALUE_BITS == facet as u32)
            .map(|tally| (tally.key & ((1 << VALUE_BITS) - 1), tally.count))
    }

    pub(super) fn count(&self, facet: Facet, value: u32) -> u32 {
        let key = (facet as u32) << VALUE_BITS | value;
        let place = self.0.binary_search_by_key(&key, |tally| tally.key).ok();
        place.and_then(|place| self.0.get(place)).map_or(0, |tally| tally.count)
    }

    /// The words of a facet with their counts.
    pub(super) fn words(&self, facet: Facet) -> impl Iterator<Item = (Word, u32)> + Clone {
        self.of(facet).filter_map(|(value, count)| Some((Word::new(value)?, count)))
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Tally>()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.0.len() as u64);
        let mut before = 0;
        for tally in &self.0 {
            put(out, u64::from(tally.key - before));
            put(out, u64::from(tally.count));
            before = tally.key;
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length()?;
        let mut tallies: Vec<Tally> = Vec::with_capacity(length);
        let mut before = 0u32;
        for place in 0..length {
            let (step, count) = (reader.small("step of counts")?, reader.small("count")?);
            let key = before.checked_add(step).filter(|_| place == 0 || step > 0);
            let key = key.ok_or_else(|| reader.wrong("step of counts", u64::from(step)))?;
            tallies.push(Tally { key, count });
            before = key;
        }
        Ok(Self(tallies))
    }
}

/// A step on the scale of prices 1, 2, 5, 10, 20, 50 … minor units; 0 is "no price".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceBand(u8);

impl PriceBand {
    /// How many bands there are, with that of no price.
    pub const COUNT: usize = 64;
    /// The band of what has no price.
    pub const NONE: Self = Self(0);

    /// The band of a price in minor units.
    ///
    /// ```
    /// # use fanvine_people::profile::PriceBand;
    /// assert_eq!(PriceBand::of(7_999).edges(), Some((5_000, Some(10_000))));
    /// assert_eq!(PriceBand::of(0).edges(), None);
    /// ```
    pub fn of(minor: i64) -> Self {
        let Some(decade) = minor.checked_ilog10() else { return Self::NONE };
        let first_digit = minor / 10i64.pow(decade);
        Self(decade as u8 * 3 + 1 + u8::from(first_digit >= 2) + u8::from(first_digit >= 5))
    }

    /// The lower edge of the band above `below` others; none beyond 63 bits.
    fn edge(below: u8) -> Option<i64> {
        let step = [1i64, 2, 5].get(usize::from(below % 3)).copied()?;
        10i64.checked_pow(u32::from(below / 3))?.checked_mul(step)
    }

    /// The band's number, from 0 to 63.
    pub fn number(self) -> usize {
        usize::from(self.0)
    }

    /// The first price in it and the first above it, in minor units; none for [`Self::NONE`].
    pub fn edges(self) -> Option<(i64, Option<i64>)> {
        Some((Self::edge(self.0.checked_sub(1)?)?, Self::edge(self.0)))
    }
}

/// A price band of a currency as a value of [`Facet::Price`].
pub(super) fn priced(currency: Currency, band: PriceBand) -> u32 {
    let letters = currency.code().bytes().fold(0u32, |sum, letter| sum * 26 + u32::from(letter.saturating_sub(b'A')));
    letters << BAND_BITS | u32::from(band.0)
}

/// The currency and band of a value of [`Facet::Price`].
pub(super) fn unpriced(value: u32) -> Option<(Currency, PriceBand)> {
    let letters = value >> BAND_BITS;
    let letter = |place: u32| char::from_u32(u32::from(b'A') + letters / 26u32.pow(place) % 26);
    let code: String = [letter(2)?, letter(1)?, letter(0)?].into_iter().collect();
    Some((code.parse().ok()?, PriceBand((value & ((1 << BAND_BITS) - 1)) as u8)))
}

/// A category and price band as a value of [`Facet::BoughtCategory`].
pub(super) fn bought(category: Word, band: PriceBand) -> u32 {
    category.number() << BAND_BITS | u32::from(band.0)
}

/// The category and price band of a value of [`Facet::BoughtCategory`].
pub(super) fn unbought(value: u32) -> Option<(Word, PriceBand)> {
    Some((Word::new(value >> BAND_BITS)?, PriceBand((value & ((1 << BAND_BITS) - 1)) as u8)))
}

const _: () = assert!((Vocabulary::CAPACITY - 1) << BAND_BITS < 1 << VALUE_BITS);
const _: () = assert!((26 * 26 * 26 - 1) << BAND_BITS < 1 << VALUE_BITS);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_fall_between_the_edges_of_their_band() {
        for minor in [1, 2, 4, 5, 9, 10, 99, 100, 1_234_567, i64::MAX] {
            let (from, below) = PriceBand::of(minor).edges().unwrap();
            assert!(from <= minor && below.is_none_or(|below| minor < below), "{minor}: {from} {below:?}");
            assert!(PriceBand::of(minor).number() < PriceBand::COUNT);
        }
        let cny: Currency = "CNY".parse().unwrap();
        assert_eq!(unpriced(priced(cny, PriceBand::of(7_999))), Some((cny, PriceBand::of(7_999))));
        let last = Word::new(Vocabulary::CAPACITY - 1).unwrap();
        assert_eq!(unbought(bought(last, PriceBand::of(3))), Some((last, PriceBand::of(3))));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_plain_map(added in prop::collection::vec((0u32..3, 0u32..9, 1u32..4), 0..60)) {
            let facets = [Facet::Deed, Facet::Brand, Facet::Circle];
            let mut tallies = Tallies::default();
            let mut plain = std::collections::BTreeMap::new();
            for (facet, value, count) in added {
                tallies.add(facets[facet as usize], value, count);
                *plain.entry((facet, value)).or_insert(0) += count;
            }
            let mut read = Vec::new();
            for (facet, at) in facets.iter().zip(0u32..) {
                read.extend(tallies.of(*facet).map(|(value, count)| ((at, value), count)));
            }
            prop_assert_eq!(read, plain.into_iter().collect::<Vec<_>>());
            let mut bytes = Vec::new();
            tallies.encode(&mut bytes);
            prop_assert_eq!(Tallies::decode(&mut Reader::new("counts", &bytes)), Ok(tallies));
        }
    }
}
