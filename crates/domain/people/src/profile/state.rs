//! What is known of one shopper key by counting. Everything in it is a sum, a minimum, a maximum or a set.

use fanvine_kernel::Timestamp;

use super::codec::{DecodeError, Reader, put, put_signed};
use super::deed::Deed;
use super::fact::{Fact, Terms};
use super::purchases::{Placed, Purchases};
use super::tallies::{Facet, PriceBand, Tallies, bought, priced, unbought};
use super::visits::{Visits, seconds};
use super::vocabulary::Word;

const VERSION: u8 = 1;

/// The word of the latest second; of the same second, the greater number.
pub(super) type Latest = Option<(u32, Word)>;

/// What one shopper key did, in about 200 bytes for a typical one.
///
/// Observing is commutative, and states merge: a person's state is the merge of those of their shopper keys, in any
/// order. An event is to be observed once; the log sees to that. An order told by browser and server is one order;
/// only what was bought in it, by category and brand, counts with each telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) visits: Visits,
    pub(super) tallies: Tallies,
    pub(super) device: Latest,
    pub(super) region: Latest,
    pub(super) purchases: Option<Box<Purchases>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            first: i64::MAX,
            last: i64::MIN,
            visits: Visits::default(),
            tallies: Tallies::default(),
            device: None,
            region: None,
            purchases: None,
        }
    }
}

impl State {
    /// Takes in an event of this shopper; `terms` are the fact's own.
    pub fn observe(&mut self, fact: &Fact<'_>, terms: &Terms) {
        self.tallies.add(Facet::Deed, fact.deed as u32, 1);
        if fact.is_presence() {
            self.first = self.first.min(fact.at.micros());
            self.last = self.last.max(fact.at.micros());
            self.visits.add(fact.at);
            let latest = |word: Option<Word>| word.map(|word| (seconds(fact.at), word));
            self.device = self.device.max(latest(terms.device));
            self.region = self.region.max(latest(terms.region));
            if let Some(channel) = terms.channel {
                self.tallies.add(Facet::Channel, channel.number(), 1);
            }
        }
        if let Some(circle) = terms.circle {
            self.tallies.add(Facet::Circle, circle.number(), 1);
        }
        match fact.deed {
            Deed::Browse | Deed::Favourite | Deed::Cart | Deed::Order => self.observe_items(fact, terms),
            _ => {}
        }
        if matches!(fact.deed, Deed::Order | Deed::OrderChange | Deed::Cancel | Deed::Refund) {
            self.purchases.get_or_insert_default().add(fact);
        }
    }

    fn observe_items(&mut self, fact: &Fact<'_>, terms: &Terms) {
        for (item, words) in fact.items.iter().zip(&terms.items) {
            if let Some(category) = words.category {
                self.tallies.add(Facet::Category, category.number(), 1);
                if fact.deed == Deed::Order {
                    self.tallies.add(Facet::BoughtCategory, bought(category, item.band()), 1);
                }
            }
            if let Some(brand) = words.brand {
                self.tallies.add(Facet::Brand, brand.number(), 1);
                if fact.deed == Deed::Order {
                    self.tallies.add(Facet::BoughtBrand, brand.number(), 1);
                }
            }
            if let Some(price) = item.price {
                self.tallies.add(Facet::Price, priced(price.currency, item.band()), 1);
            }
        }
    }

    /// Takes in what another shopper did to this one ([`Fact::echo`]). It makes nobody seen.
    pub fn receive(&mut self, deed: Deed) {
        if deed.is_received() {
            self.tallies.add(Facet::Deed, deed as u32, 1);
        }
    }

    /// Adds all that `other` knows.
    pub fn merge(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.visits.merge(&other.visits);
        self.tallies.merge(&other.tallies);
        self.device = self.device.max(other.device);
        self.region = self.region.max(other.region);
        if let Some(purchases) = &other.purchases {
            self.purchases.get_or_insert_default().merge(purchases);
        }
    }

    /// When the shopper was first there themselves.
    pub fn first_seen(&self) -> Option<Timestamp> {
        (self.first <= self.last).then_some(Timestamp::from_micros(self.first))
    }

    /// When the shopper was last there themselves.
    pub fn last_seen(&self) -> Option<Timestamp> {
        (self.first <= self.last).then_some(Timestamp::from_micros(self.last))
    }

    /// How often.
    pub fn count(&self, deed: Deed) -> u32 {
        self.tallies.count(Facet::Deed, deed as u32)
    }

    /// How many events, without what was received from others.
    pub fn events(&self) -> u64 {
        Deed::ALL.iter().filter(|deed| !deed.is_received()).map(|deed| u64::from(self.count(*deed))).sum()
    }

    /// How many visits, by the 30-minute rule.
    pub fn sessions(&self) -> usize {
        self.visits.len()
    }

    /// When each visit began, in seconds since 1970, the earliest first.
    pub fn visits_began(&self) -> impl Iterator<Item = u32> {
        self.visits.iter().map(|visit| visit.first)
    }

    /// How many visits began or went on after `since`.
    pub fn sessions_since(&self, since: Timestamp) -> usize {
        let since = seconds(since);
        self.visits.iter().rev().take_while(|visit| visit.last > since).count()
    }

    /// The orders that stand, earliest first.
    pub fn orders(&self) -> Vec<Placed> {
        self.purchases.as_ref().map(|purchases| purchases.placed()).unwrap_or_default()
    }

    /// Products bought, by category and price band.
    pub fn bought_categories(&self) -> impl Iterator<Item = (Word, PriceBand, u32)> {
        self.tallies.of(Facet::BoughtCategory).filter_map(|(value, count)| {
            let (category, band) = unbought(value)?;
            Some((category, band, count))
        })
    }

    /// Products bought, by brand.
    pub fn bought_brands(&self) -> impl Iterator<Item = (Word, u32)> + Clone {
        self.tallies.words(Facet::BoughtBrand)
    }

    /// How many different groups and group buys were joined.
    pub fn circles(&self) -> usize {
        self.tallies.of(Facet::Circle).count()
    }

    /// The region last told, and when.
    pub fn region(&self) -> Option<(Word, Timestamp)> {
        self.region.map(|(at, word)| (word, Timestamp::from_seconds(i64::from(at))))
    }

    /// How much memory it takes, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let purchases = self.purchases.as_ref().map_or(0, |purchases| purchases.heap_bytes());
        size_of::<Self>() + self.visits.heap_bytes() + self.tallies.heap_bytes() + purchases
    }

    /// Appends its bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        let seen = self.first <= self.last;
        let marks = [seen, self.device.is_some(), self.region.is_some(), self.purchases.is_some()];
        out.push(marks.iter().rev().fold(0, |bits, mark| bits << 1 | u8::from(*mark)));
        if seen {
            put_signed(out, self.first);
            put(out, self.last.abs_diff(self.first));
        }
        for (at, word) in self.device.iter().chain(&self.region) {
            put(out, u64::from(*at));
            put(out, u64::from(word.number()));
        }
        self.visits.encode(out);
        self.tallies.encode(out);
        if let Some(purchases) = &self.purchases {
            purchases.encode(out);
        }
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// The bytes are of another version or form.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("profile", bytes);
        reader.version(VERSION)?;
        let [marks] = reader.array()?;
        if marks >= 1 << 4 {
            return Err(reader.wrong("marks", u64::from(marks)));
        }
        let has = |bit: u8| marks >> bit & 1 == 1;
        let mut state = Self::default();
        if has(0) {
            state.first = reader.signed()?;
            let span = reader.number()?;
            let last = state.first.checked_add_unsigned(span);
            state.last = last.ok_or_else(|| reader.wrong("time from first to last", span))?;
        }
        let latest = |reader: &mut Reader<'_>| {
            let (at, number) = (reader.small("moment")?, reader.small("word")?);
            Word::new(number).map(|word| (at, word)).ok_or_else(|| reader.wrong("word", u64::from(number)))
        };
        state.device = if has(1) { Some(latest(&mut reader)?) } else { None };
        state.region = if has(2) { Some(latest(&mut reader)?) } else { None };
        state.visits = Visits::decode(&mut reader)?;
        state.tallies = Tallies::decode(&mut reader)?;
        state.purchases = if has(3) { Some(Box::new(Purchases::decode(&mut reader)?)) } else { None };
        reader.finish()?;
        Ok(state)
    }
}
