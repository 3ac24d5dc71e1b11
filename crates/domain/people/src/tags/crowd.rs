//! Who is looked at to see how a tag spreads: everybody, or where there are many, as many as can be looked at in a
//! moment, drawn by their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fanvine_kernel::Timestamp;

use super::catalogue::{Behaviours, Catalogue, Definition};
use super::given::merged;
use super::versions::TagError;
use super::{Given, Person, Scoring, Shop, Tag, assign, rescore};
use crate::People;
use crate::kept::away;
use crate::profile::Trait;
use crate::shoppers::Counted;
use crate::shoppers::walk::{Gathering, Met};

/// At most so many people are looked at.
pub(crate) const MOST: usize = 20_000;
/// People whose tags are assigned under one lock.
const SLICE: usize = 256;
/// Parts of 0 to 1 in which weights are counted.
pub(crate) const TENTHS: usize = 10;

/// People, with all that their tags are made of.
#[derive(Debug)]
pub(crate) struct Crowd {
    /// When they were asked.
    pub taken_at: Timestamp,
    /// All events of the log before this offset are in it.
    pub offset: u64,
    /// Everybody heard of, looked at or not.
    pub persons: u64,
    people: Vec<Somebody>,
}

#[derive(Debug)]
struct Somebody {
    met: Met,
    traits: Vec<Trait>,
    given: Vec<Given>,
}

/// How a tag spreads over a crowd.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Spread {
    /// Those of the crowd who have it.
    pub having: u64,
    /// By their strongest weight: 0 to 0.1, 0.1 to 0.2 …
    pub histogram: [u64; TENTHS],
    /// How many have each term.
    pub terms: BTreeMap<String, u64>,
    /// Places in the crowd of some who have it, with the strongest tag: the weightiest first.
    pub strongest: Vec<(usize, Tag)>,
}

/// At most so many people have their interests scored anew for a preview, so many at a time …
const RESCORED: usize = 2_000;
const GROUP: usize = 250;
/// … until so many events were read.
const MOST_EVENTS: usize = 200_000;
/// So many of those who have it most are kept.
const STRONGEST: usize = 20;

impl Crowd {
    /// Asks them, away from threads that others wait for.
    pub async fn take(people: &Arc<People>) -> Result<Self, TagError> {
        let taken_at = people.clock.now();
        let asking = people.clone();
        let Gathering { offset, persons, met } =
            away("looking at people", move || Ok::<_, TagError>(asking.meet_some(MOST)?)).await?;
        let numbers = met.iter().flat_map(|one| one.numbers.iter().copied());
        let all_keys = people.keys_of(numbers);
        let keys: BTreeSet<String> = all_keys.iter().cloned().collect();
        let said = people.traits_by_key(&keys).await?;
        let given = people.given(keys.iter()).await?;
        let mut keys = all_keys.iter();
        let somebody = |met: Met| {
            let own: Vec<&String> = keys.by_ref().take(met.numbers.len()).collect();
            let mut traits: Vec<Trait> = own.iter().filter_map(|key| said.get(*key)).flatten().cloned().collect();
            traits.sort_unstable();
            traits.dedup();
            let given = merged(own.iter().filter_map(|key| given.get(*key)).flatten());
            Somebody { met, traits, given }
        };
        Ok(Self { taken_at, offset, persons, people: met.into_iter().map(somebody).collect() })
    }

    /// How many are looked at.
    pub fn len(&self) -> u64 {
        self.people.len() as u64
    }

    /// What a count over those looked at means for everybody.
    pub fn of_all(&self, count: u64) -> u64 {
        match self.len() {
            0 => 0,
            len => (u128::from(count) * u128::from(self.persons) / u128::from(len)) as u64,
        }
    }

    /// The numbers of the shopper keys of one, the first heard of first.
    pub fn numbers(&self, place: usize) -> &[u32] {
        self.people.get(place).map_or(&[], |one| &one.met.numbers)
    }

    /// Who one is: the person's id and one of their keys.
    pub fn who(&self, people: &People, place: usize) -> (String, String) {
        let id = self.people.get(place).map(|one| one.met.id.to_string());
        let key = people.keys_of(self.numbers(place).iter().take(1).copied()).pop();
        (id.unwrap_or_default(), key.unwrap_or_default())
    }

    /// How the tags of a catalogue spread, in its order; their interests scored by `scoring` if it is given. Long work.
    pub fn spread(&self, people: &People, catalogue: &Catalogue, scoring: Option<&Scoring>) -> Vec<Spread> {
        let mut spreads = vec![Spread::default(); catalogue.tags.len()];
        let place_of: BTreeMap<&str, usize> =
            catalogue.tags.iter().enumerate().map(|(place, tag)| (tag.id.as_str(), place)).collect();
        let now = people.clock.now();
        for (slice, some) in self.people.chunks(SLICE).enumerate() {
            let shoppers = people.shoppers();
            let shop = shoppers.shop(catalogue, people.zone);
            let shop = scoring.map_or(shop, |scoring| Shop { scoring, ..shop });
            for (within, one) in some.iter().enumerate() {
                let (state, weights) = (&one.met.counted.state, &one.met.counted.weights);
                let person = Person { state, weights, traits: &one.traits, given: &one.given };
                let mut tags = assign(&person, &shop, now).into_iter().peekable();
                while let Some(first) = tags.next() {
                    let Some(spread) = place_of.get(first.id.as_str()).and_then(|place| spreads.get_mut(*place)) else {
                        continue;
                    };
                    spread.count_term(&first);
                    let mut strongest = first;
                    while let Some(next) = tags.next_if(|tag| tag.id == strongest.id) {
                        spread.count_term(&next);
                        strongest = if next.weight > strongest.weight { next } else { strongest };
                    }
                    spread.count(slice * SLICE + within, strongest);
                }
            }
        }
        spreads
    }

    /// The same of one definition, which need not be saved.
    pub fn spread_of(&self, people: &People, tag: Definition, scoring: Option<&Scoring>) -> Spread {
        let catalogue = Catalogue { version: 0, behaviours: Behaviours::default(), tags: vec![tag] };
        self.spread(people, &catalogue, scoring).pop().unwrap_or_default()
    }

    /// Some of them, with their interests scored anew from their events, as a definition says that nothing is scored by
    /// yet.
    pub async fn rescored(&self, people: &People, scoring: &Scoring) -> Result<Self, TagError> {
        let mut some = Self { people: Vec::new(), ..*self };
        let mut events = 0;
        for group in self.people.chunks(GROUP).take(RESCORED / GROUP) {
            if events >= MOST_EVENTS {
                break;
            }
            let keys: Vec<String> =
                group.iter().flat_map(|one| people.keys_of(one.met.numbers.iter().copied())).collect();
            let (told, mut weights) = rescore::weights(people, &keys, scoring, MOST_EVENTS).await?;
            events += told;
            let mut keys = keys.iter();
            for one in group {
                let mut counted = Counted { state: one.met.counted.state.clone(), ..Counted::default() };
                for key in keys.by_ref().take(one.met.numbers.len()) {
                    counted.weights.merge(&weights.remove(key).unwrap_or_default());
                }
                let met = Met { counted, numbers: one.met.numbers.clone(), id: one.met.id };
                some.people.push(Somebody { met, traits: Vec::new(), given: Vec::new() });
            }
        }
        Ok(some)
    }
}

impl Spread {
    fn count_term(&mut self, tag: &Tag) {
        if let Some(term) = &tag.term {
            *self.terms.entry(term.clone()).or_default() += 1;
        }
    }

    fn count(&mut self, place: usize, strongest: Tag) {
        self.having += 1;
        let tenth = ((strongest.weight * TENTHS as f64) as usize).min(TENTHS - 1);
        self.histogram.get_mut(tenth).into_iter().for_each(|count| *count += 1);
        let behind = self.strongest.partition_point(|(_, other)| other.weight >= strongest.weight);
        if behind < STRONGEST {
            self.strongest.insert(behind, (place, strongest));
            self.strongest.truncate(STRONGEST);
        }
    }

    /// The mean of the tenths' middles, weighted by their counts; 0 where nobody has it.
    pub fn mean_weight(&self) -> f64 {
        let middle = |tenth: usize| (tenth as f64 + 0.5) / TENTHS as f64;
        let sum: f64 = self.histogram.iter().enumerate().map(|(tenth, count)| middle(tenth) * *count as f64).sum();
        if self.having == 0 { 0.0 } else { sum / self.having as f64 }
    }
}
