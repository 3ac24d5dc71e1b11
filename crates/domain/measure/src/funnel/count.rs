//! Counting a funnel over everybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_lake::{Run, Visitor};

use super::chain::{Chains, MOST_STEPS, Moment, Order, Reached, Steps};
use crate::walks::field::Field;

/// What an event means to a funnel, by its code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Meaning {
    /// As which steps it may serve.
    pub steps: Steps,
    /// Which exclusions it is.
    pub excludes: u32,
}

/// How a funnel is counted.
#[derive(Debug)]
pub struct Plan {
    pub chains: Chains,
    pub meanings: Vec<Meaning>,
    /// For a plain funnel, where an event is at most one step: which, by code, counted from 1.
    pub straight: Option<Vec<u8>>,
    pub same: Option<Field>,
    pub break_down: Option<Field>,
    /// Whose numbers are kept: those who reached exactly so many steps.
    pub listed: Option<usize>,
}

impl Plan {
    /// Finds out whether the funnel is a plain one.
    pub fn of(
        chains: Chains,
        meanings: Vec<Meaning>,
        same: Option<Field>,
        break_down: Option<Field>,
        listed: Option<usize>,
    ) -> Self {
        let plain =
            chains.order == Order::Ordered && chains.optional == 0 && chains.excluded.is_empty() && same.is_none();
        let single = meanings.iter().all(|meaning| meaning.steps.count_ones() <= 1);
        let step = |meaning: &Meaning| meaning.steps.checked_ilog2().map_or(0, |step| step as u8 + 1);
        let straight = (plain && single).then(|| meanings.iter().map(step).collect());
        Self { chains, meanings, straight, same, break_down, listed }
    }
}

/// So many people are listed at most.
pub const MOST_LISTED: usize = 1_000;

/// What a funnel counted of some shoppers.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Shoppers who reached each step.
    pub shoppers: [u64; MOST_STEPS],
    /// For each step the seconds it took each of them, in no order.
    pub after_s: Vec<Vec<u32>>,
    /// The same by the value of the field that cuts the funnel; empty for those without a value.
    pub parts: BTreeMap<String, [u64; MOST_STEPS]>,
    /// The numbers of those who are listed.
    pub listed: Vec<u32>,
}

/// Counts shoppers as they come by.
pub struct Counting {
    plan: Arc<Plan>,
    pub tally: Tally,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let tally = Tally { after_s: vec![Vec::new(); plan.chains.steps], ..Tally::default() };
        Self { plan, tally }
    }

    fn moment(&self, run: &Run<'_>, event: usize) -> Moment {
        let code = usize::from(run.event(event));
        let meaning = self.plan.meanings.get(code).copied().unwrap_or_default();
        Moment { at_s: run.at_s(event), steps: meaning.steps, excludes: meaning.excludes }
    }

    /// How far they got: with a field that must stay the same, by the value with which they got furthest.
    fn reached(&self, run: &Run<'_>) -> Reached {
        let chains = &self.plan.chains;
        if let Some(steps) = &self.plan.straight {
            return chains.straight(run.seconds(), run.events(), steps);
        }
        let Some(same) = &self.plan.same else {
            return chains.reached((0..run.len()).map(|event| self.moment(run, event)));
        };
        let mut by_value: BTreeMap<String, Vec<Moment>> = BTreeMap::new();
        for event in 0..run.len() {
            if let Some(value) = same.value(run, event) {
                by_value.entry(value.into_owned()).or_default().push(self.moment(run, event));
            }
        }
        let reached = by_value.values().map(|moments| chains.reached(moments.iter().copied()));
        let furthest = reached.reduce(|best, next| if next.steps > best.steps { next } else { best });
        furthest.unwrap_or_else(|| chains.reached(std::iter::empty()))
    }

    /// The value by which a shopper is told apart.
    fn part(&self, field: &Field, run: &Run<'_>) -> String {
        let first = (0..run.len()).find(|event| self.moment(run, *event).steps & 1 != 0);
        first.and_then(|event| field.value(run, event)).map(|value| value.into_owned()).unwrap_or_default()
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        let reached = self.reached(run);
        if reached.steps == 0 {
            return;
        }
        let counted = (0..self.plan.chains.steps).filter(|step| reached.steps & (1 << step) != 0);
        for step in counted.clone() {
            self.tally.shoppers[step] += 1;
            self.tally.after_s[step].push(reached.after_s[step]);
        }
        if let Some(field) = &self.plan.break_down {
            let part = self.tally.parts.entry(self.part(field, run)).or_default();
            counted.clone().for_each(|step| part[step] += 1);
        }
        let depth = counted.max().map_or(0, |step| step + 1);
        if self.plan.listed == Some(depth) && self.tally.listed.len() < MOST_LISTED {
            self.tally.listed.push(run.shopper);
        }
    }
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.shoppers.iter_mut().zip(other.shoppers).for_each(|(sum, more)| *sum += more);
        self.after_s.resize(self.after_s.len().max(other.after_s.len()), Vec::new());
        self.after_s.iter_mut().zip(other.after_s).for_each(|(all, more)| all.extend(more));
        for (value, counts) in other.parts {
            let part = self.parts.entry(value).or_default();
            part.iter_mut().zip(counts).for_each(|(sum, more)| *sum += more);
        }
        self.listed.extend(other.listed);
        self.listed.truncate(MOST_LISTED);
    }
}
