//! What is known of each shopper key, kept up as events arrive.
//!
//! Counted in memory, so that it keeps pace with the log, and saved now and then together with the offset it was counted
//! up to ([`store`]): after a crash the log is read again from there. A person is the merge of its keys, made when asked.

pub(crate) mod cells;
pub mod list_people;
pub mod show_person;
pub mod show_timeline;
mod store;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Timestamp, Zone};

pub use cells::Counted;
use cells::{CHUNK, Cells};
pub use store::LoadError;

use crate::profile::{DecodeError, Fact, Trait, Value, Vocabulary};
use crate::tags::{Catalogue, Person, Population, Scoring, Shop, Tag, assign};

/// How many of the shoppers heard of last are remembered.
const RECENT: usize = 200;

/// Every shopper key, and what is counted over all of them.
#[derive(Debug)]
pub struct Shoppers {
    cells: Cells,
    words: Vocabulary,
    population: Population,
    catalogue: Catalogue,
    scoring: Scoring,
    /// Numbers of those heard of last, the last first.
    recent: VecDeque<u32>,
    /// The offset of the log it wants next.
    next: u64,
    unsaved: Unsaved,
}

/// What was learnt and is not in the store yet.
#[derive(Debug, Clone, Default)]
struct Unsaved {
    chunks: BTreeSet<usize>,
    /// How many words are saved.
    words: usize,
    /// By shopper key, name and source.
    traits: BTreeMap<(String, String, String), Trait>,
}

impl Shoppers {
    /// Nobody yet.
    pub fn new(catalogue: Catalogue) -> Self {
        Self {
            cells: Cells::default(),
            words: Vocabulary::default(),
            population: Population::default(),
            scoring: Scoring::of(&catalogue),
            catalogue,
            recent: VecDeque::with_capacity(RECENT),
            next: 0,
            unsaved: Unsaved::default(),
        }
    }

    /// The offset of the log it wants next.
    pub fn next_offset(&self) -> u64 {
        self.next
    }

    /// How many shopper keys were heard of.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether nobody was heard of.
    pub fn is_empty(&self) -> bool {
        self.cells.len() == 0
    }

    /// Takes in events of the log, each with its offset, in order; `next` is the offset behind them. Those taken in
    /// before are passed over.
    ///
    /// # Errors
    /// What is kept of a shopper cannot be read.
    pub fn take_in(&mut self, events: &[(u64, EventRef<'_>)], next: u64) -> Result<(), DecodeError> {
        let from = self.next;
        for (offset, event) in events.iter().filter(|(offset, _)| *offset >= from) {
            self.observe(event)?;
            self.next = offset + 1;
        }
        self.next = self.next.max(next);
        Ok(())
    }

    fn observe(&mut self, event: &EventRef<'_>) -> Result<(), DecodeError> {
        let Some(key) = event.shopper_id() else { return Ok(()) };
        let fact = Fact::read(*event);
        let terms = fact.terms(&mut self.words);
        self.population.observe(&fact, &terms);
        let number = self.cells.number(key);
        let mut counted = self.cells.get(number)?;
        counted.state.observe(&fact, &terms);
        counted.weights.observe(&fact, &terms, &self.scoring, &mut self.population);
        self.set(number, &counted);
        self.meet(number);
        if let Some((other, deed)) = fact.echo() {
            let other = self.cells.number(other);
            let mut counted = self.cells.get(other)?;
            counted.state.receive(deed);
            self.set(other, &counted);
        }
        for said in Trait::read(*event) {
            let place = (key.to_owned(), said.name.clone(), said.source.clone());
            let latest = self.unsaved.traits.entry(place).or_insert_with(|| said.clone());
            if *latest < said {
                *latest = said;
            }
        }
        Ok(())
    }

    /// What is counted of these keys together.
    ///
    /// # Errors
    /// What is kept of one cannot be read.
    pub fn counted(&self, keys: &BTreeSet<String>) -> Result<Counted, DecodeError> {
        let mut all = Counted::default();
        for number in keys.iter().filter_map(|key| self.cells.find(key)) {
            all.merge(&self.cells.get(number)?);
        }
        Ok(all)
    }

    /// Every computed trait, with how it came to be.
    pub fn values(&self, counted: &Counted, now: Timestamp, zone: Zone) -> Vec<Value> {
        counted.state.values(&self.words, now, zone)
    }

    /// Every tag, with how it came to be.
    pub fn tags(&self, counted: &Counted, traits: &[Trait], now: Timestamp, zone: Zone) -> Vec<Tag> {
        let person = Person { state: &counted.state, weights: &counted.weights, traits, given: &[] };
        let (catalogue, scoring, words, population) = (&self.catalogue, &self.scoring, &self.words, &self.population);
        assign(&person, &Shop { catalogue, scoring, words, population, zone }, now)
    }

    /// What is said of these keys and is not saved yet.
    fn unsaved_traits(&self, keys: &BTreeSet<String>) -> Vec<Trait> {
        let said = self.unsaved.traits.iter().filter(|((key, ..), _)| keys.contains(key));
        said.map(|(_, said)| said.clone()).collect()
    }

    fn set(&mut self, number: u32, counted: &Counted) {
        self.cells.set(number, counted);
        self.unsaved.chunks.insert(number as usize / CHUNK);
    }

    fn meet(&mut self, number: u32) {
        if self.recent.front() != Some(&number) {
            self.recent.retain(|other| *other != number);
            self.recent.truncate(RECENT - 1);
            self.recent.push_front(number);
        }
    }
}
