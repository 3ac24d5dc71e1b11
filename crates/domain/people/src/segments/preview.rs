//! Who a rule takes at this moment, though nobody has saved it: counted from the lake and from what is known in memory.
//!
//! What costs least is asked first, of everybody; what costs more only of those whom it leaves open: what the narrow
//! columns of the lake tell, then wider columns, then what profiles count, then what the store has and what tags weigh.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fanvine_kernel::Timestamp;
use fanvine_lake::{Run, Snapshot, Visitor, Walk};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::Rule;
use super::definition::SegmentError;
use super::facts::{KnownPerson, Sources};
use super::grouped::Grouped;
use super::live::{Program, States};
use super::narrow::{Counting, Narrow};
use super::numbers::{NOBODY, Places};
use super::past::{self, Reading};
use super::ranks::{Models, ranked_in};
use super::sieve::{Bits, Sieve, bit};
use super::stated::{Ask, Stated};
use super::value::{Facts, Reading as Valued};
use crate::People;

/// People asked about under one lock: events wait meanwhile …
const SLICE: usize = 512;
/// … and at once, where the store is asked.
const PAGE: usize = 2_048;

/// Whoever a rule takes.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// The numbers of their first keys, ascending.
    pub(crate) people: Vec<u32>,
    /// How many keys they have.
    pub(crate) keys: u64,
}

/// Nobody is known by anything but their events.
struct Unknown;

impl Facts for Unknown {
    fn trait_value(&self, _: &str) -> Valued<'_> {
        Valued::default()
    }
    fn computed(&self, _: &str) -> Valued<'_> {
        Valued::default()
    }
    fn tag(&self, _: &str, _: Option<&str>, _: f64) -> (f64, Option<Timestamp>) {
        (0.0, None)
    }
    fn in_segment(&self, _: &str) -> bool {
        false
    }
    fn in_list(&self, _: &str) -> bool {
        false
    }
}

/// A rule being asked about everybody.
struct Sifting<'s> {
    people: &'s People,
    sieve: &'s Sieve,
    /// Each clause as a rule, by its place.
    program: &'s Program,
    snapshot: Snapshot,
    places: Arc<Places>,
    grouped: Arc<Grouped>,
    stop: &'s Arc<AtomicBool>,
    now: Timestamp,
    /// The clauses that were asked …
    known: Bits,
    /// … and of each person by number those of them that hold.
    holding: Vec<Bits>,
    /// Who is not decided yet, ascending …
    open: Vec<u32>,
    /// … and who belongs to it.
    taken: Vec<u32>,
}

impl People {
    /// Whoever a rule takes at this moment. Blocks, on several threads; `stated` waits for the store. Ends early, with
    /// whatever it has, when `stop` is set.
    pub(crate) fn taken_by(
        &self,
        rule: &Rule,
        stop: &Arc<AtomicBool>,
        stated: &Ask<'_>,
    ) -> Result<Taken, SegmentError> {
        let sieve = Sieve::of(rule);
        // No segment has such an id: none of them is taken for another's part.
        let clauses = sieve.clauses().iter().enumerate().map(|(place, clause)| (format!("#{place}"), clause));
        let program = Program::compile(clauses, self.zone).unwrap_or_default();
        let mut sifting = Sifting::new(self, &sieve, &program, stop)?;
        sifting.ask_sets();
        sifting.count_narrowly()?;
        sifting.read_events()?;
        sifting.ask_profiles()?;
        sifting.ask_the_rest(stated)?;
        let keys = sifting.taken.iter().map(|first| sifting.grouped.numbers_of(first).len() as u64).sum();
        let mut people = sifting.taken;
        people.sort_unstable();
        Ok(Taken { people, keys })
    }
}

impl<'s> Sifting<'s> {
    fn new(
        people: &'s People,
        sieve: &'s Sieve,
        program: &'s Program,
        stop: &'s Arc<AtomicBool>,
    ) -> Result<Self, SegmentError> {
        let snapshot = people.lake.snapshot()?;
        let places = people.segments.numbers.of_lake(&people.lake, people)?;
        let grouped = people.grouped(&snapshot);
        let (now, len, erased) = {
            let shoppers = people.shoppers();
            let erased: RoaringBitmap = shoppers.erased_numbers().into_iter().collect();
            (shoppers.watch.moment(people.clock.now()), shoppers.len() as u32, erased)
        };
        let nobody = &grouped.others | erased;
        let open = (0..len).filter(|number| !nobody.contains(*number)).collect();
        let holding = vec![0; len as usize];
        let (known, taken) = (0, Vec::new());
        let mut sifting =
            Self { people, sieve, program, snapshot, places, grouped, stop, now, known, holding, open, taken };
        // A rule without clauses is decided by itself.
        sifting.settle(0);
        Ok(sifting)
    }

    /// These clauses are known too: decides whomever they decide.
    fn settle(&mut self, clauses: Bits) {
        self.known |= clauses;
        let Self { sieve, known, holding, taken, .. } = self;
        self.open.retain(|person| {
            let decided = sieve.decide(*known, holding.get(*person as usize).copied().unwrap_or_default());
            taken.extend(decided.filter(|belongs| *belongs).map(|_| *person));
            decided.is_none()
        });
    }

    /// Keeps what was found of people for these clauses; of whom nothing was found, `idle` is.
    fn keep(&mut self, clauses: Bits, idle: Bits, found: impl Iterator<Item = (u32, Bits)>) {
        self.holding.iter_mut().for_each(|holding| *holding |= idle);
        for (person, bits) in found {
            if let Some(holding) = self.holding.get_mut(person as usize) {
                *holding = *holding & !clauses | bits;
            }
        }
        self.settle(clauses);
    }

    /// The clauses among these that are still to be asked, if anybody is.
    fn still(&self, wanted: impl Fn(&Rule) -> bool) -> Bits {
        if self.open.is_empty() || self.stop.load(Ordering::Relaxed) {
            return 0;
        }
        self.sieve.those(wanted) & !self.known
    }

    fn places_of(&self, clauses: Bits) -> impl Iterator<Item = usize> + use<> {
        (0..self.sieve.clauses().len()).filter(move |place| clauses & bit(*place) != 0)
    }

    /// Whether they are in other segments and on lists.
    fn ask_sets(&mut self) {
        let clauses = self.still(|clause| matches!(clause, Rule::Segment(_) | Rule::List(_)));
        for place in self.places_of(clauses) {
            let members = match self.sieve.clauses().get(place) {
                Some(Rule::Segment(id)) => self.people.segments.membership().of(id).map(|held| held.members.clone()),
                Some(Rule::List(id)) => self.people.segments.lists().get(id).map(|list| list.numbers.clone()),
                _ => None,
            };
            for person in self.grouped.people_with(&members.unwrap_or_default()) {
                self.holding.get_mut(person as usize).into_iter().for_each(|holding| *holding |= bit(place));
            }
        }
        self.settle(clauses);
    }

    /// Asks what names and moments of events answer.
    fn count_narrowly(&mut self) -> Result<(), SegmentError> {
        let sieve = self.sieve;
        let narrow = Narrow::of(sieve.clauses(), &self.snapshot, self.now, self.people.zone);
        let clauses = narrow.clauses();
        if clauses == 0 || self.open.is_empty() {
            return Ok(());
        }
        let walk = self.every_person(narrow.walk());
        let person = |shopper: u32| self.person(shopper);
        let part = |_| Count { counting: Counting::new(&narrow), person: &person, found: Vec::new() };
        let parts = self.snapshot.walk(&walk, part)?;
        let found: Vec<_> = parts.into_iter().map(|part| part.found).collect();
        self.keep(clauses, narrow.idle(), found.into_iter().flatten());
        Ok(())
    }

    /// Asks the other clauses about events.
    fn read_events(&mut self) -> Result<(), SegmentError> {
        let of_events = |clause: &Rule| matches!(clause, Rule::Event(_) | Rule::LastOf(_) | Rule::Sequence(_));
        let clauses = self.still(of_events);
        if clauses == 0 {
            return Ok(());
        }
        let (program, now) = (self.program, self.now);
        let rules: Vec<usize> = self.places_of(clauses).collect();
        let places = program.places_under(&rules);
        let holding = |states: &States| {
            let holds = |rule: &&usize| program.evaluate(**rule, states, &Unknown, now).holds;
            rules.iter().filter(holds).fold(0, |bits, rule| bits | bit(*rule))
        };
        let walk = self.every_person(Walk { micros: true, ..past::walk(program, &places, &self.places, false) });
        let reading = Reading::new(program, &places, now);
        let open = RoaringBitmap::from_sorted_iter(self.open.iter().copied()).unwrap_or_default();
        let person = |shopper: u32| self.person(shopper).filter(|person| open.contains(*person));
        let part = |_| Read { reading: &reading, person: &person, holding: &holding, found: Vec::new() };
        let parts = self.snapshot.walk(&walk, part)?;
        let found: Vec<_> = parts.into_iter().map(|part| part.found).collect();
        self.keep(clauses, holding(&States::default()), found.into_iter().flatten());
        Ok(())
    }

    /// A walk that shows people as they are now.
    fn every_person(&self, walk: Walk) -> Walk {
        let since = (!self.places.since.is_empty()).then(|| Arc::clone(&self.places.since));
        Walk { merges: self.grouped.merges.clone(), since, stop: Some(self.stop.clone()), ..walk }
    }

    /// Whom a run of a walk is about.
    fn person(&self, shopper: u32) -> Option<u32> {
        let one = || Some(self.places.cell(shopper)).filter(|cell| *cell != NOBODY);
        self.grouped.of_lake(shopper).or_else(one)
    }

    /// Asks what profiles count.
    fn ask_profiles(&mut self) -> Result<(), SegmentError> {
        let clauses = self.still(|clause| matches!(clause, Rule::Computed(_)));
        let clause = |place: &usize| clauses & bit(*place) != 0;
        let asked = self.sieve.clauses().iter().enumerate().filter(|(place, _)| clause(place));
        let ranked: Vec<&str> = asked.flat_map(|(_, clause)| ranked_in(clause)).collect();
        if !ranked.is_empty() {
            self.people.take_ranks(Models::giving(ranked))?;
        }
        self.ask(clauses, SLICE, &|_| Ok(Stated::default()))
    }

    /// Asks what people and models say, and tags.
    fn ask_the_rest(&mut self, stated: &Ask<'_>) -> Result<(), SegmentError> {
        let clauses = self.still(|_| true);
        self.ask(clauses, PAGE, &|numbers| Ok(stated(self.program, numbers)?))
    }

    /// Asks clauses about facts of those who are open, so many at a time, on all processors.
    fn ask(
        &mut self,
        clauses: Bits,
        at_once: usize,
        stated: &(dyn Fn(Vec<u32>) -> Result<Stated, SegmentError> + Sync),
    ) -> Result<(), SegmentError> {
        if clauses == 0 {
            return Ok(());
        }
        let rules: Vec<usize> = self.places_of(clauses).collect();
        let slices: Vec<&[u32]> = self.open.chunks(at_once).collect();
        let (next, this) = (AtomicUsize::new(0), &*self);
        let work = || {
            let mut found = Vec::new();
            while let Some(slice) = slices.get(next.fetch_add(1, Ordering::Relaxed)) {
                if !this.stop.load(Ordering::Relaxed) {
                    this.ask_slice(&rules, slice, stated, &mut found)?;
                }
            }
            Ok::<_, SegmentError>(found)
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(slices.len());
        let found = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut parts = vec![work()];
            parts.extend(others.into_iter().map(|other| other.join().unwrap_or(Err(SegmentError::Ended("a preview")))));
            parts.into_iter().collect::<Result<Vec<_>, _>>()
        })?;
        self.keep(clauses, 0, found.into_iter().flatten());
        Ok(())
    }

    fn ask_slice(
        &self,
        rules: &[usize],
        slice: &[u32],
        stated: &(dyn Fn(Vec<u32>) -> Result<Stated, SegmentError> + Sync),
        found: &mut Vec<(u32, Bits)>,
    ) -> Result<(), SegmentError> {
        let numbers = || slice.iter().flat_map(|first| self.grouped.numbers_of(first));
        let said = stated(numbers().copied().collect())?;
        let (lists, ranks) = (self.people.segments.lists(), self.people.segments.ranks());
        let (none, segments) = (States::default(), FxHashMap::default());
        for slice in slice.chunks(SLICE) {
            let shoppers = self.people.shoppers();
            let sources = Sources {
                shoppers: &shoppers,
                lists: &lists,
                ranks: ranks.as_deref(),
                segments: &segments,
                days: &[],
                now: self.now,
                zone: self.people.zone,
            };
            for first in slice {
                let numbers = self.grouped.numbers_of(first);
                let said = said.of(numbers);
                let person = KnownPerson::new(&sources, numbers, &said);
                let holds = |rule: &&usize| self.program.evaluate(**rule, &none, &person, self.now).holds;
                found.push((*first, rules.iter().filter(holds).fold(0, |bits, rule| bits | bit(*rule))));
            }
        }
        Ok(())
    }
}

/// Counts what narrow columns tell of the shoppers of a part of the lake.
struct Count<'w> {
    counting: Counting<'w>,
    person: &'w (dyn Fn(u32) -> Option<u32> + Sync),
    found: Vec<(u32, Bits)>,
}

impl Visitor for Count<'_> {
    fn visit(&mut self, run: &Run<'_>) {
        if let Some(person) = (self.person)(run.shopper) {
            self.found.push((person, self.counting.holding(run)));
        }
    }
}

/// Reads the events of the shoppers of a part of the lake.
struct Read<'w> {
    reading: &'w Reading<'w>,
    person: &'w (dyn Fn(u32) -> Option<u32> + Sync),
    holding: &'w (dyn Fn(&States) -> Bits + Sync),
    found: Vec<(u32, Bits)>,
}

impl Visitor for Read<'_> {
    fn visit(&mut self, run: &Run<'_>) {
        if let Some(person) = (self.person)(run.shopper) {
            self.found.push((person, (self.holding)(&self.reading.states(run))));
        }
    }
}
