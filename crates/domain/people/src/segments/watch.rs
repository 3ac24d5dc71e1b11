//! What live rules look for while events are taken in, and whom they should look at again.
//!
//! It lies with the shoppers, under their lock: a clause remembers exactly the events from the moment it is put here, and
//! is saved with the offset. Each clause has a slot, a number never given out twice, under which cells keep its states. So
//! what a clause remembered in an earlier life, or before a crash that left its past half counted, is never taken for its
//! own; cells lose it when they are packed next.

use std::sync::Arc;

use fanvine_kernel::{Timestamp, Zone};
use fanvine_store::{Value, args};
use rustc_hash::FxHashMap;

use super::Rule;
use super::live::{Fact, Program, ProgramError, States};
use crate::shoppers::Told;

/// How much of the past a clause knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Past {
    /// It must be counted, from a moment that is not fixed yet.
    Wanted,
    /// It is being counted.
    Counting,
    /// All of it.
    Known,
}

/// A clause about events that some live rule has.
#[derive(Debug, Clone, Copy)]
struct Watched {
    slot: u64,
    past: Past,
}

/// Which rules are to look at a shopper again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Touched {
    /// These, by number, ascending, and those that read facts.
    Rules(Vec<usize>),
    /// All.
    All,
}

impl Touched {
    /// Both together.
    pub(crate) fn join(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (_, Self::All) => *self = Self::All,
            (Self::Rules(rules), Self::Rules(more)) => {
                rules.extend(more);
                rules.sort_unstable();
                rules.dedup();
            }
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The live rules.
    pub(crate) program: Arc<Program>,
    /// By the clauses' keys.
    clauses: FxHashMap<u64, Watched>,
    next_slot: u64,
    /// Slots that were given up and are not saved to be so.
    given_up: Vec<(u64, u64)>,
    unsaved: bool,
    saving: bool,
    reads_facts: bool,
    touched: FxHashMap<u32, Touched>,
    /// When the latest event was received: no rule is asked for an earlier moment.
    latest: Timestamp,
}

impl Watch {
    /// As saved: slot, key and whether the past is known, of every clause there ever was.
    pub(crate) fn saved(rows: Vec<(u64, u64, bool)>) -> Self {
        let next_slot = rows.iter().map(|(slot, ..)| slot + 1).max().unwrap_or(1);
        let known = rows.into_iter().filter(|(.., complete)| *complete);
        let clauses = known.map(|(slot, key, _)| (key, Watched { slot, past: Past::Known })).collect();
        Self { clauses, next_slot, ..Self::default() }
    }

    /// Everything is counted anew, without what clauses remembered: all of them want their past.
    pub(crate) fn count_anew(&mut self) {
        self.clauses.values_mut().for_each(|watched| watched.past = Past::Wanted);
        self.unsaved = true;
    }

    /// Nothing is counted yet: whatever clauses there were remember nothing.
    pub(crate) fn forget_all(&mut self) {
        self.given_up.extend(self.clauses.drain().map(|(key, watched)| (watched.slot, key)));
    }

    /// Whether some clause waits for its past to be counted.
    pub(crate) fn is_waiting(&self) -> bool {
        self.clauses.values().any(|watched| watched.past == Past::Wanted)
    }

    /// Puts these rules in force. Clauses that are new want their past, unless there is none: `from_the_start` says that
    /// nothing was counted yet. From which slots on the past is to be counted now, if `counting`; else they wait.
    pub(crate) fn install<'r>(
        &mut self,
        rules: impl IntoIterator<Item = (String, &'r Rule)>,
        zone: Zone,
        from_the_start: bool,
        counting: bool,
    ) -> Result<Vec<u64>, ProgramError> {
        let (mut clauses, mut new) = (FxHashMap::default(), Vec::new());
        let (known, mut next_slot) = (&self.clauses, self.next_slot);
        let program = Program::compile_with(rules, zone, |key| {
            let before = known.get(&key).filter(|before| !counting || before.past != Past::Wanted).copied();
            let watched = before.unwrap_or_else(|| {
                let past = match (from_the_start, counting) {
                    (true, _) => Past::Known,
                    (false, true) => Past::Counting,
                    (false, false) => Past::Wanted,
                };
                next_slot += 1;
                let watched = Watched { slot: next_slot - 1, past };
                if past == Past::Counting {
                    new.push(watched.slot);
                }
                watched
            });
            clauses.insert(key, watched);
            watched.slot
        })?;
        let before = std::mem::replace(&mut self.clauses, clauses);
        let slots = before.into_iter().filter(|(_, watched)| !program.has_slot(watched.slot));
        self.given_up.extend(slots.map(|(key, watched)| (watched.slot, key)));
        self.next_slot = next_slot;
        self.unsaved = true;
        self.reads_facts = program.reads_facts();
        self.program = Arc::new(program);
        // The numbers of rules are others now.
        self.touched.values_mut().for_each(|touched| *touched = Touched::All);
        Ok(new)
    }

    /// How much of the past is known to all clauses that a rule rests on.
    pub(crate) fn past_of(&self, rule: usize) -> Past {
        let pasts = self.program.clauses_of(rule).filter_map(|clause| self.clauses.get(&clause.key));
        let pasts: Vec<Past> = pasts.map(|watched| watched.past).collect();
        match () {
            () if pasts.contains(&Past::Wanted) => Past::Wanted,
            () if pasts.contains(&Past::Counting) => Past::Counting,
            () => Past::Known,
        }
    }

    /// Tells that the past of these slots is counted: of those that did not begin anew meanwhile.
    pub(crate) fn know(&mut self, slots: &[u64]) {
        let counting = |watched: &&mut Watched| watched.past == Past::Counting && slots.contains(&watched.slot);
        for watched in self.clauses.values_mut().filter(counting) {
            watched.past = Past::Known;
            self.unsaved = true;
        }
    }

    /// Tells that the past of these slots could not be counted: it is wanted again.
    pub(crate) fn want(&mut self, slots: &[u64]) {
        for watched in self.clauses.values_mut().filter(|watched| slots.contains(&watched.slot)) {
            watched.past = Past::Wanted;
        }
    }

    /// Takes in an event of a shopper.
    pub(crate) fn observe(&mut self, told: &Told<'_>, number: u32, states: &mut States) {
        self.latest = self.latest.max(told.received_at);
        let mut touched = Vec::new();
        if let Some(occurrence) = told.occurrence() {
            self.program.observe(&occurrence, states, &mut touched);
        }
        if self.reads_facts || !touched.is_empty() {
            self.touch(number, Touched::Rules(touched));
        }
    }

    /// Something was counted of a shopper that did nothing themselves.
    pub(crate) fn heard_of(&mut self, number: u32) {
        if self.reads_facts {
            self.touch(number, Touched::Rules(Vec::new()));
        }
    }

    /// Has rules look at a shopper again.
    pub(crate) fn touch(&mut self, number: u32, touched: Touched) {
        match self.touched.get_mut(&number) {
            Some(before) => before.join(touched),
            None => drop(self.touched.insert(number, touched)),
        }
    }

    /// Who is to be looked at again, for each the rules; nobody from then on.
    pub(crate) fn take_touched(&mut self) -> FxHashMap<u32, Touched> {
        std::mem::take(&mut self.touched)
    }

    /// The moment to ask rules for: now, but never before something they have seen.
    pub(crate) fn moment(&self, now: Timestamp) -> Timestamp {
        now.max(self.latest)
    }

    /// Forgets what clauses remember that are no longer in force.
    pub(crate) fn forget_unused(&self, states: &mut States) {
        states.retain(|slot| self.program.has_slot(slot));
    }

    /// What is to be saved of the clauses is on its way, until [`Watch::clauses_saved`] is told.
    pub(crate) fn begin_saving(&mut self) {
        self.saving |= self.unsaved;
        self.unsaved = false;
    }

    /// The rows of the clauses, if they changed.
    pub(crate) fn unsaved_clauses(&self) -> Vec<Vec<Value>> {
        if !self.saving {
            return Vec::new();
        }
        let row = |slot: u64, key: u64, known: bool| args![slot as i64, key.cast_signed(), known];
        let live = self.clauses.iter().map(|(key, watched)| row(watched.slot, *key, watched.past == Past::Known));
        self.given_up.iter().map(|(slot, key)| row(*slot, *key, false)).chain(live).collect()
    }

    /// Tells that they are saved.
    pub(crate) fn clauses_saved(&mut self) {
        self.saving = false;
        if !self.unsaved {
            self.given_up.clear();
        }
    }
}

impl Program {
    /// Whether some rule depends on what is counted or said of a person.
    pub(crate) fn reads_facts(&self) -> bool {
        self.facts().any(|fact| matches!(fact, Fact::Trait(_) | Fact::Computed(_) | Fact::Tag(_)))
    }
}
