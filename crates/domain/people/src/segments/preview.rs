//! Who a rule takes at this moment, though nobody has saved it: counted from the lake and from what is known in memory.

use fanvine_kernel::{Timestamp, Zone};
use fanvine_lake::{Run, Visitor};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Rule;
use super::definition::{RANKED, SegmentError};
use super::facts::{KnownPerson, Sources};
use super::live::{Fact, Program, States};
use super::look::SLICE;
use super::numbers::NOBODY;
use super::past::{self, Reading};
use super::stated::Ask;
use super::value::{Facts, Reading as Valued};
use crate::People;

/// The rule itself, and what of it events alone can rule out: by number in the program.
const EXACT: usize = 0;
const LOOSE: usize = 1;

/// What the rule remembers of the people it may take, packed, by number.
type Kept = FxHashMap<u32, Box<[u8]>>;

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

/// A rule to be counted once.
struct Sifting {
    program: Program,
    /// Whether events alone rule anybody out.
    sifts: bool,
    /// Whether events alone decide.
    exact: bool,
    places: Vec<usize>,
    now: Timestamp,
}

impl Sifting {
    fn new(rule: &Rule, zone: Zone, now: Timestamp) -> Self {
        let loose = loosened(rule, true);
        let exact = loose.as_ref() == Some(rule);
        let rules = [Some(("exact".to_owned(), rule)), loose.as_ref().map(|loose| ("loose".to_owned(), loose))];
        // Rules of different ids that name no segment of these fit together.
        let program = Program::compile(rules.into_iter().flatten(), zone).unwrap_or_default();
        let places = (0..program.clauses().len()).collect();
        Self { sifts: loose.is_some(), exact, places, now, program }
    }

    /// Whether the rule may take whoever did this.
    fn may_take(&self, states: &States) -> bool {
        !self.sifts || self.program.evaluate(LOOSE, states, &Unknown, self.now).holds
    }
}

/// What of a rule can be decided by events alone: whoever it takes, this takes too (`wide`), or the reverse. None is
/// everybody, or nobody.
fn loosened(rule: &Rule, wide: bool) -> Option<Rule> {
    let parts = |rules: &[Rule], all: bool| {
        let parts: Vec<Option<Rule>> = rules.iter().map(|rule| loosened(rule, wide)).collect();
        // Of an `all` that is to be wide, and of an `any` that is to be narrow, what is not known may be left out.
        let known: Vec<Rule> = match all == wide {
            true => parts.into_iter().flatten().collect(),
            false => parts.into_iter().collect::<Option<_>>()?,
        };
        Some(known).filter(|known| !known.is_empty())
    };
    match rule {
        Rule::All(rules) => parts(rules, true).map(Rule::All),
        Rule::Any(rules) => parts(rules, false).map(Rule::Any),
        Rule::Not(rule) => loosened(rule, !wide).map(|rule| Rule::Not(Box::new(rule))),
        Rule::Event(_) | Rule::LastOf(_) | Rule::Sequence(_) => Some(rule.clone()),
        _ => None,
    }
}

/// Sifts the shoppers of a part of the lake.
struct Sift<'w> {
    sifting: &'w Sifting,
    reading: &'w Reading<'w>,
    cells: &'w [u32],
    several: &'w RoaringBitmap,
    /// Who did anything the rule looks at.
    seen: Vec<u32>,
    taken: Vec<u32>,
    kept: Vec<(u32, Box<[u8]>)>,
}

impl Visitor for Sift<'_> {
    fn visit(&mut self, run: &Run<'_>) {
        let cell = self.cells.get(run.shopper as usize).copied().unwrap_or(NOBODY);
        if cell == NOBODY {
            return;
        }
        let states = self.reading.states(run);
        self.seen.push(cell);
        let several = self.several.contains(cell);
        let taken = several || self.sifting.may_take(&states);
        if taken && !several {
            self.taken.push(cell);
        }
        if taken && (several || !self.sifting.exact) {
            let mut bytes = Vec::new();
            states.encode(&mut bytes);
            self.kept.push((cell, bytes.into_boxed_slice()));
        }
    }
}

impl People {
    /// The shopper keys, by number, of whoever a rule takes at this moment. Blocks, on several threads; `stated` waits
    /// for the store. Ends early, with whatever it has, when `stop` is set.
    pub(crate) fn taken_by(
        &self,
        rule: &Rule,
        stop: &Arc<AtomicBool>,
        stated: &Ask<'_>,
    ) -> Result<RoaringBitmap, SegmentError> {
        let snapshot = self.lake.snapshot()?;
        let (now, len) = {
            let shoppers = self.shoppers();
            (shoppers.watch.moment(self.clock.now()), shoppers.len() as u32)
        };
        let sifting = Sifting::new(rule, self.zone, now);
        let several = self.segments.membership().several().clone();
        let (mut taken, mut kept) = (RoaringBitmap::new(), Kept::default());
        if !sifting.sifts || sifting.may_take(&States::default()) {
            taken.insert_range(0..len);
            taken -= &several;
        }
        if !sifting.places.is_empty() {
            let cells = self.segments.numbers.of_lake(&self.lake, self)?;
            let reading = Reading::new(&sifting.program, &sifting.places, now);
            let walk =
                fanvine_lake::Walk { stop: Some(stop.clone()), ..past::walk(&sifting.program, &sifting.places, false) };
            let (sifting, reading, cells, several) = (&sifting, &reading, &*cells, &several);
            let part = |_| Sift { sifting, reading, cells, several, seen: vec![], taken: vec![], kept: vec![] };
            for part in snapshot.walk(&walk, part)? {
                taken -= sorted(part.seen);
                taken |= sorted(part.taken);
                kept.extend(part.kept);
            }
        }
        let states = |numbers: &[u32]| {
            let mut merged = States::default();
            for bytes in numbers.iter().filter_map(|number| kept.get(number)) {
                // Written a moment ago, by the same program.
                sifting.program.merge(&mut merged, &States::decode(bytes).unwrap_or_default());
            }
            merged
        };
        let together: Vec<u32> = several.iter().collect();
        for numbers in together.chunks(4 * SLICE).flat_map(|slice| self.persons_of(slice)) {
            if sifting.may_take(&states(&numbers)) {
                taken.extend(numbers);
            }
        }
        if sifting.exact {
            return Ok(taken);
        }
        self.exactly(&sifting, taken, &states, stated)
    }

    /// Of those whom events do not rule out, whoever the rule takes.
    fn exactly(
        &self,
        sifting: &Sifting,
        candidates: RoaringBitmap,
        states: &dyn Fn(&[u32]) -> States,
        stated: &Ask<'_>,
    ) -> Result<RoaringBitmap, SegmentError> {
        let program = &sifting.program;
        let reads = |wanted: fn(&Fact) -> bool| program.facts().any(wanted);
        let ranked = |fact: &Fact| matches!(fact, Fact::Computed(name) if RANKED.contains(&name.as_str()));
        if reads(ranked) && self.segments.ranks().is_none() {
            self.take_ranks()?;
        }
        let named: Vec<String> = program
            .facts()
            .filter_map(|fact| if let Fact::Segment(id) = fact { Some(id.clone()) } else { None })
            .collect();
        let segments: FxHashMap<String, RoaringBitmap> = {
            let membership = self.segments.membership();
            let members = |id: String| Some((membership.of(&id)?.members.clone(), id));
            named.into_iter().filter_map(members).map(|(members, id)| (id, members)).collect()
        };
        let mut taken = RoaringBitmap::new();
        let numbers: Vec<u32> = candidates.iter().collect();
        for slice in numbers.chunks(SLICE) {
            let persons = self.persons_of(slice);
            let said = stated(program, persons.iter().flatten().copied().collect())?;
            let (lists, ranks) = (self.segments.lists(), self.segments.ranks());
            let shoppers = self.shoppers();
            let sources = Sources {
                shoppers: &shoppers,
                lists: &lists,
                ranks: ranks.as_deref(),
                segments: &segments,
                days: &[],
                now: sifting.now,
                zone: self.zone,
            };
            for numbers in persons {
                let said = said.of(&numbers);
                let person = KnownPerson::new(&sources, &numbers, &said);
                if program.evaluate(EXACT, &states(&numbers), &person, sifting.now).holds {
                    taken.extend(&numbers);
                }
            }
        }
        Ok(taken)
    }
}

fn sorted(mut numbers: Vec<u32>) -> RoaringBitmap {
    numbers.sort_unstable();
    numbers.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::text::parse;

    #[test]
    fn what_events_alone_rule_out_is_what_is_left_of_a_rule() {
        let loose = |text: &str| loosened(&parse(text).unwrap(), true).map(|rule| rule.to_string());
        assert_eq!(loose("bought and trait city = \"x\"").as_deref(), Some("all(bought)"));
        assert_eq!(loose("bought or trait city = \"x\""), None);
        assert_eq!(
            loose("viewed and not (bought or trait city = \"x\")").as_deref(),
            Some("viewed and not any(bought)")
        );
        assert_eq!(loose("not (bought and trait city = \"x\")"), None);
        assert_eq!(loose("in segment a"), None);
    }
}
