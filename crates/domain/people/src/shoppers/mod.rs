//! What is known of each shopper key, kept up as events arrive.
//!
//! Counted in memory, so that it keeps pace with the log, and saved now and then together with the offset it was counted
//! up to ([`store`]): after a crash the log is read again from there. A person is the merge of its keys, made when asked.

pub(crate) mod cells;
pub(crate) mod chunks;
pub mod list_people;
mod said_of;
pub mod show_person;
pub mod show_timeline;
pub(crate) mod store;
mod told;
mod told_traits;
pub(crate) mod walk;

use std::collections::{BTreeMap, BTreeSet, btree_map, hash_map};
use std::sync::Arc;

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Timestamp, Zone};
use rustc_hash::{FxHashMap, FxHashSet};

pub use cells::Counted;
use cells::{CHUNK, Cells};
use chunks::Save;
pub use store::LoadError;
pub(crate) use told::Told;

use crate::erasing::{Erasure, Fate, Tombstones};
use crate::identity::{Index, Moved};
use crate::profile::{DecodeError, State, Trait, Typed, Value, Vocabulary};
use crate::segments::live::States;
use crate::segments::watch::{Touched, Watch};
use crate::tags::given::key_digest;
use crate::tags::{Catalogue, Given, Person, Population, Scoring, Shop, Tag, assign};

/// How many of the shoppers heard of last are remembered.
const RECENT: usize = 200;

/// Every shopper key, and what is counted over all of them.
#[derive(Debug)]
pub struct Shoppers {
    cells: Cells,
    words: Vocabulary,
    population: Population,
    /// The tags in force.
    catalogue: Arc<Catalogue>,
    /// By which tags interests are counted: those in force, or those before while everything is counted anew.
    scoring: Scoring,
    /// Whether nothing of what the store has is to be kept.
    anew: bool,
    /// Numbers of those heard of last, the last first.
    recent: Vec<u32>,
    /// The offset of the log it wants next.
    next: u64,
    /// Up to which offset identity has learnt: further than `next` while people are counted anew.
    identified: u64,
    /// How many words are saved.
    words_saved: usize,
    unsaved: Unsaved,
    /// What is on its way to the store, and not known to be there.
    saving: Unsaved,
    save: Save,
    /// Who was erased.
    erased: Tombstones,
    /// What live rules look for, and whom they should look at again.
    pub(crate) watch: Watch,
}

/// What was learnt and is not in the store yet.
#[derive(Debug, Clone, Default)]
struct Unsaved {
    chunks: BTreeSet<usize>,
    traits: Said,
    erasures: Vec<Erasure>,
}

/// What is said of shoppers, by number, name and source.
#[derive(Debug, Clone, Default)]
struct Said(BTreeMap<(u32, String, String), Trait>);

impl Said {
    /// Of several words on one thing the latest; of one moment, the greatest; of what is set once, the earliest.
    fn say(&mut self, number: u32, said: Trait) {
        match self.0.entry((number, said.name.clone(), said.source.clone())) {
            btree_map::Entry::Occupied(latest) if !said.outdoes(latest.get()) => {}
            place => drop(place.insert_entry(said)),
        }
    }

    /// Forgets what is said of a number.
    fn forget(&mut self, number: u32) {
        self.0.retain(|(of, ..), _| *of != number);
    }

    fn of(&self, number: u32) -> impl Iterator<Item = &Trait> {
        let from = (number, String::new(), String::new());
        self.0.range(from..).take_while(move |((of, ..), _)| *of == number).map(|(_, said)| said)
    }
}

impl Shoppers {
    /// Nobody yet.
    pub fn new(catalogue: impl Into<Arc<Catalogue>>) -> Self {
        let catalogue = catalogue.into();
        Self {
            cells: Cells::default(),
            words: Vocabulary::default(),
            population: Population::default(),
            scoring: Scoring::of(&catalogue),
            catalogue,
            anew: false,
            recent: Vec::new(),
            next: 0,
            identified: 0,
            words_saved: 0,
            unsaved: Unsaved::default(),
            saving: Unsaved::default(),
            save: Save::default(),
            erased: Tombstones::default(),
            watch: Watch::default(),
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

    /// Takes in what events tell, in the order of the log; `next` is the offset behind them. Those taken in before are
    /// passed over. Everybody heard of is unpacked and packed once, however much they did.
    ///
    /// # Errors
    /// What is kept of a shopper cannot be read. Then nothing was counted.
    pub(crate) fn take_in(&mut self, told: &[Told<'_>], next: u64) -> Result<(), DecodeError> {
        let told = told.get(told.partition_point(|one| one.offset < self.next)..).unwrap_or_default();
        let mut heard = FxHashMap::default();
        let mut numbers = Vec::with_capacity(told.len());
        for one in told {
            let echo = one.fact.echo();
            let Some(number) = self.unpack(one.key, one, &mut heard)? else {
                // Whoever was first heard of by what an erased shopper did keeps the number they got by it.
                let erased = matches!(self.erased.fate(one.key, one.offset, one.fact.at), Fate::Erased(_));
                if let Some((other, _)) = echo.filter(|_| erased) {
                    self.unpack(other, one, &mut heard)?;
                }
                numbers.push(None);
                continue;
            };
            let other = echo.map(|(other, deed)| Ok((self.unpack(other, one, &mut heard)?, deed))).transpose()?;
            numbers.push(Some((number, other.and_then(|(other, deed)| Some((other?, deed))))));
        }
        // From here on nothing fails.
        for (one, heard_of) in told.iter().zip(&numbers) {
            let Some((number, other)) = heard_of else { continue };
            let terms = one.fact.terms(&mut self.words);
            self.population.observe(&one.fact, &terms);
            if let Some(counted) = heard.get_mut(number) {
                counted.state.observe(&one.fact, &terms);
                counted.weights.observe(&one.fact, &terms, &self.scoring, &mut self.population);
                self.watch.observe(one, *number, &mut counted.live);
            }
            if let Some((other, deed)) = other
                && let Some(counted) = heard.get_mut(other)
            {
                counted.state.receive(*deed);
                self.watch.heard_of(*other);
            }
            one.traits.iter().for_each(|said| self.unsaved.traits.say(*number, said.clone()));
        }
        for (number, counted) in &mut heard {
            self.watch.forget_unused(&mut counted.live);
            self.cells.set(*number, counted);
        }
        self.meet(numbers.iter().rev().flatten().map(|(number, _)| *number));
        self.next = self.next.max(next);
        Ok(())
    }

    /// The number of a key whose cell is to be written, because of what is told; none of one that was erased.
    fn unpack(
        &mut self,
        key: &str,
        told: &Told<'_>,
        heard: &mut FxHashMap<u32, Counted>,
    ) -> Result<Option<u32>, DecodeError> {
        let known = self.cells.len();
        let number = match self.erased.fate(key, told.offset, told.fact.at) {
            Fate::Counted => self.cells.number(key),
            Fate::Late => return Ok(None),
            Fate::Erased(name) => {
                // Given out, so that everybody behind it has the number they had.
                self.unsaved.chunks.insert(self.cells.number(&name) as usize / CHUNK);
                return Ok(None);
            }
        };
        if self.cells.len() > known && !self.watch.program.is_empty() {
            // Rules that ask for nothing done hold for somebody new, whatever the event.
            self.watch.touch(number, Touched::All);
        }
        if let hash_map::Entry::Vacant(place) = heard.entry(number) {
            // Also if the batch fails: a number once given out must not be missing among those saved.
            self.will_change(number);
            place.insert(self.cells.get(number)?);
        }
        Ok(Some(number))
    }

    /// Whether what an event tells of who is who counts: not if its shopper was erased since.
    pub(crate) fn is_heard(&self, offset: u64, event: &EventRef<'_>) -> bool {
        let fate = event.shopper_id().map(|key| self.erased.fate(key, offset, event.occurred_at));
        fate.is_none_or(|fate| fate == Fate::Counted)
    }

    /// When a key was last erased, if it was.
    pub(crate) fn erased_at(&self, key: &str) -> Option<Timestamp> {
        self.erased.last_of(key)
    }

    /// The numbers of cells that were erased.
    pub(crate) fn erased_numbers(&self) -> Vec<u32> {
        self.erased.names().filter_map(|name| self.cells.find(&name)).collect()
    }

    /// Empties the cells of these keys, for good; their numbers.
    pub(crate) fn erase(&mut self, keys: &[String], at: Timestamp) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(keys.len());
        for key in keys {
            let name = self.erased.add(key_digest(key), self.next, at);
            let Some(number) = self.cells.find(key) else { continue };
            // What cannot be read is forgotten too.
            let counted = self.cells.get(number).unwrap_or_default();
            self.population.forget(&counted.weights);
            self.will_change(number);
            self.cells.erase(number, &name);
            self.unsaved.traits.forget(number);
            self.saving.traits.forget(number);
            numbers.push(number);
        }
        self.recent.retain(|number| !numbers.contains(number));
        numbers
    }

    /// What is to go from the store with the next save.
    pub(crate) fn have_erased(&mut self, erasure: Erasure) {
        self.unsaved.erasures.push(erasure);
    }

    /// Nobody yet, for counting anew what the log holds of those who were not erased.
    pub(crate) fn beside(&self) -> Self {
        Self { erased: self.erased.clone(), ..Self::new(self.catalogue.clone()) }
    }

    /// Remembers who was heard of, the last first.
    fn meet(&mut self, heard: impl Iterator<Item = u32>) {
        let mut met = FxHashSet::default();
        let before = std::mem::take(&mut self.recent);
        self.recent = heard.chain(before).filter(|number| met.insert(*number)).take(RECENT).collect();
    }

    /// The number of a key, if it was heard of.
    pub(crate) fn number_of(&self, key: &str) -> Option<u32> {
        self.cells.find(key)
    }

    /// The key of a number; empty for a number never given out.
    pub(crate) fn key_of(&self, number: u32) -> &str {
        self.cells.key(number)
    }

    /// What live rules remember of a number.
    ///
    /// # Errors
    /// What is kept of it cannot be read.
    pub(crate) fn remembered(&self, number: u32) -> Result<States, DecodeError> {
        self.cells.live(number)
    }

    /// What is counted of a number.
    ///
    /// # Errors
    /// What is kept of it cannot be read.
    pub(crate) fn counted_of(&self, number: u32) -> Result<Counted, DecodeError> {
        self.cells.get(number)
    }

    /// What a number did.
    ///
    /// # Errors
    /// What is kept of it cannot be read.
    pub(crate) fn state_of(&self, number: u32) -> Result<State, DecodeError> {
        self.cells.state(number)
    }

    /// A computed trait by its name.
    pub(crate) fn value(&self, state: &State, name: &str, now: Timestamp, zone: Zone) -> Option<Typed> {
        state.value(name, &self.words, now, zone).map(|value| value.value)
    }

    /// Adds what live rules remember of an earlier past, found for this number since.
    ///
    /// # Errors
    /// What is kept of it cannot be read. Then nothing was added.
    pub(crate) fn remember(&mut self, number: u32, past: &States) -> Result<(), DecodeError> {
        let mut counted = self.cells.get(number)?;
        self.watch.program.merge(&mut counted.live, past);
        self.watch.forget_unused(&mut counted.live);
        self.will_change(number);
        self.cells.set(number, &counted);
        Ok(())
    }

    /// Has all rules look again at whoever is another person now.
    pub(crate) fn moved(&mut self, moved: &[Moved], index: &Index) {
        for one in moved {
            let left = index.keys_of(one.from).into_iter();
            for key in left.chain([one.key.clone()]) {
                if let Some(number) = self.cells.find(&key) {
                    self.watch.touch(number, Touched::All);
                }
            }
        }
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

    /// Every tag, with how it came to be; `given` is what models say.
    pub fn tags(&self, counted: &Counted, traits: &[Trait], given: &[Given], now: Timestamp, zone: Zone) -> Vec<Tag> {
        let person = Person { state: &counted.state, weights: &counted.weights, traits, given };
        assign(&person, &self.shop(&self.catalogue, zone), now)
    }

    /// What is known of the shop, with the tags of `catalogue`.
    pub(crate) fn shop<'a>(&'a self, catalogue: &'a Catalogue, zone: Zone) -> Shop<'a> {
        let (scoring, words, population) = (&self.scoring, &self.words, &self.population);
        Shop { catalogue, scoring, words, population, zone }
    }

    /// The tags in force.
    pub(crate) fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Whether a shopper key was heard of.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.cells.find(key).is_some()
    }

    /// By which tags interests are counted.
    pub(crate) fn scoring(&self) -> &Scoring {
        &self.scoring
    }

    /// The words that categories, brands … are numbered by.
    pub(crate) fn words(&self) -> &Vocabulary {
        &self.words
    }

    /// Puts other tags in force. What their interests score is counted by the tags before until all is counted anew.
    pub(crate) fn set_catalogue(&mut self, catalogue: Arc<Catalogue>) {
        self.catalogue = catalogue;
    }

    /// Whether interests are counted by the tags in force.
    pub(crate) fn is_counted(&self) -> bool {
        self.scoring.fingerprint() == self.catalogue.fingerprint()
    }

    /// What was counted anew takes the place of this, which is no further: what is not saved of traits is kept, and
    /// everything else is to be saved again.
    pub(crate) fn replace(&mut self, anew: Self) {
        let before = std::mem::replace(self, anew);
        (self.catalogue, self.identified, self.recent) = (before.catalogue, before.identified, before.recent);
        for ((number, ..), said) in before.saving.traits.0.into_iter().chain(before.unsaved.traits.0) {
            self.unsaved.traits.say(number, said);
        }
        self.erased = before.erased;
        self.unsaved.erasures = before.saving.erasures.into_iter().chain(before.unsaved.erasures).collect();
        self.watch = before.watch;
        self.watch.count_anew();
        self.unsaved.chunks = (0..self.cells.len().div_ceil(CHUNK)).collect();
        self.save = before.save;
        (self.words_saved, self.anew) = (0, true);
    }

    /// What decides on anybody's trait of that name and is not known to be in the store.
    pub(crate) fn unsaved_of_name(&self, name: &str) -> Vec<(u32, Trait)> {
        let (both, names) = (self.saving.traits.0.iter().chain(&self.unsaved.traits.0), Trait::names_deciding(name));
        both.filter(|(_, said)| names.contains(&said.name))
            .map(|((number, ..), said)| (*number, said.clone()))
            .collect()
    }

    /// What is said of these shoppers and may not be in the store yet.
    fn unsaved_traits(&self, numbers: &[u32]) -> Vec<(u32, Trait)> {
        let said_of = |number: &u32| {
            let both = self.saving.traits.of(*number).chain(self.unsaved.traits.of(*number));
            both.map(|said| (*number, said.clone())).collect::<Vec<_>>()
        };
        numbers.iter().flat_map(said_of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_kernel::Event;
    use fanvine_kernel::event::EventRef;
    use fanvine_testkit::track;

    fn take_in(shoppers: &mut Shoppers, first: u64, events: &[Event]) {
        let told = (first..).zip(events);
        let program = shoppers.watch.program.clone();
        let told: Vec<_> =
            told.filter_map(|(offset, event)| Told::read(offset, EventRef::from(event), &program)).collect();
        shoppers.take_in(&told, first + events.len() as u64).unwrap();
    }

    fn seen(user: &str) -> Event {
        track("Product Viewed").user(user).properties(r#"{"product_id":"p","category":"Tea"}"#).build()
    }

    fn met(shoppers: &Shoppers) -> Vec<&str> {
        shoppers.recent.iter().map(|number| shoppers.cells.key(*number)).collect()
    }

    #[test]
    fn who_was_here_last_comes_first_and_once() {
        let mut shoppers = Shoppers::new(Catalogue::builtin());
        take_in(&mut shoppers, 0, &["a", "b", "a", "c"].map(seen));
        assert_eq!(met(&shoppers), ["c", "a", "b"]);
        take_in(&mut shoppers, 4, &["b"].map(seen));
        assert_eq!(met(&shoppers), ["b", "c", "a"]);
        let many: Vec<Event> = (0..300).map(|number| seen(&format!("u{number}"))).collect();
        take_in(&mut shoppers, 5, &many);
        assert_eq!((shoppers.recent.len(), met(&shoppers)[0], met(&shoppers)[RECENT - 1]), (RECENT, "u299", "u100"));
    }

    #[test]
    fn what_is_on_its_way_to_the_store_is_neither_lost_nor_hidden() {
        let mut shoppers = Shoppers::new(Catalogue::builtin());
        let said = |city: &str, at: &str| {
            let call = track("Identify").kind(fanvine_kernel::EventKind::Identify).user("a").at(at);
            call.properties(&format!(r#"{{"city":"{city}"}}"#)).build()
        };
        take_in(&mut shoppers, 0, &[said("old", "2026-01-01")]);
        shoppers.begin_saving();
        let cities = |shoppers: &Shoppers| {
            let said = shoppers.unsaved_traits(&[0]);
            said.into_iter().map(|(_, said)| said.value).collect::<Vec<_>>()
        };
        assert_eq!(cities(&shoppers), ["old"]);
        take_in(&mut shoppers, 1, &[said("new", "2026-01-02")]);
        assert_eq!(cities(&shoppers), ["old", "new"]);
        // Nobody told that the first was saved: it goes with the next.
        shoppers.begin_saving();
        assert_eq!((cities(&shoppers), shoppers.saving.chunks.len()), (vec!["new".to_owned()], 1));
        let snapshot = shoppers.snapshot();
        shoppers.saved(snapshot.words());
        assert!(cities(&shoppers).is_empty() && shoppers.saving.chunks.is_empty());
    }
}
