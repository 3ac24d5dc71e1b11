//! Counting a funnel over everybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_lake::{Days, Run, Visitor};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::chain::{Chains, MOST_STEPS, Moment, Order, Reached};
use super::entries::{Counted, entries};
use crate::walks::apart::Apart;
use crate::walks::choice::Choice;
use crate::walks::field::Field;
use crate::walks::values::{Telling, Values};

/// The first bit of a choice that is an exclusion; those below are steps.
pub const EXCLUSIONS: usize = 32;

/// How a funnel is counted.
#[derive(Debug)]
pub struct Plan {
    pub chains: Chains,
    /// Which steps and exclusions an event is.
    pub choice: Choice,
    /// For a plain funnel, where an event is at most one step: which, by code, counted from 1.
    pub straight: Option<Vec<u8>>,
    pub same: Option<Field>,
    /// By what shoppers are told apart.
    pub apart: Apart,
    /// The intervals by which chains are told apart by when they begin.
    pub trend: Option<Days>,
    /// Whose numbers are kept.
    pub listed: Option<Listed>,
    /// Whether shoppers or entries.
    pub counted: Counted,
    /// The values they are told apart by.
    pub values: Arc<Values>,
}

/// Whom a funnel lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Who reached so many steps and no further.
    Dropped(usize),
    /// Who reached so many steps, or further.
    Reached(usize),
}

impl Plan {
    /// Finds out whether the funnel is a plain one.
    pub fn with_straight(self) -> Self {
        let chains = &self.chains;
        let plain = chains.order == Order::Ordered
            && chains.optional == 0
            && chains.excluded.is_empty()
            && self.same.is_none()
            && self.choice.is_plain();
        let single = self.choice.table().all(|bits| bits.count_ones() <= 1);
        let step = |bits: u64| bits.checked_ilog2().map_or(0, |step| step as u8 + 1);
        Self { straight: (plain && single).then(|| self.choice.table().map(step).collect()), ..self }
    }
}

/// What a funnel counted of some shoppers.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Shoppers who reached each step.
    pub shoppers: [u64; MOST_STEPS],
    /// For each step the seconds it took each of them, in no order.
    pub after_s: Vec<Vec<u32>>,
    /// The same by the number of the value of the field that cuts the funnel.
    pub parts: FxHashMap<u32, [u64; MOST_STEPS]>,
    /// The same by interval in which chains begin.
    pub trend: Vec<[u64; MOST_STEPS]>,
    /// The numbers of those who are listed.
    pub listed: RoaringBitmap,
}

/// Counts shoppers as they come by.
pub struct Counting {
    plan: Arc<Plan>,
    pub tally: Tally,
    telling: Telling,
    moments: Vec<Moment>,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let intervals = plan.trend.as_ref().map_or(0, Days::len);
        let trend = vec![[0; MOST_STEPS]; intervals];
        let tally = Tally { after_s: vec![Vec::new(); plan.chains.steps], trend, ..Tally::default() };
        Self { telling: Telling::of(plan.values.clone()), plan, tally, moments: Vec::new() }
    }
}

impl Plan {
    fn moment(&self, run: &Run<'_>, event: usize) -> Moment {
        let bits = self.choice.bits(run, event);
        Moment { at_s: run.at_s(event), steps: bits as u32, excludes: (bits >> EXCLUSIONS) as u32 }
    }

    /// How far they got: with a field that must stay the same, by the value with which they got furthest.
    fn reached(&self, run: &Run<'_>, moments: &[Moment]) -> Reached {
        let Some(same) = &self.same else { return self.chains.reached(moments.iter().copied()) };
        let mut by_value: BTreeMap<String, Vec<Moment>> = BTreeMap::new();
        for (event, moment) in moments.iter().enumerate() {
            if let Some(value) = same.value(run, event) {
                by_value.entry(value.into_owned()).or_default().push(*moment);
            }
        }
        let reached = by_value.values().map(|moments| self.chains.reached(moments.iter().copied()));
        let furthest = reached.reduce(|best, next| if next.steps > best.steps { next } else { best });
        furthest.unwrap_or_else(|| self.chains.reached(std::iter::empty()))
    }

    /// Each entry of a shopper, with the place of its first event in the run: with a field that must stay the same, value by
    /// value.
    fn entries(&self, run: &Run<'_>) -> Vec<(usize, Reached)> {
        let mut streams: BTreeMap<String, (Vec<usize>, Vec<Moment>)> = BTreeMap::new();
        for event in 0..run.len() {
            let value = match &self.same {
                None => String::new(),
                Some(same) => match same.value(run, event) {
                    Some(value) => value.into_owned(),
                    None => continue,
                },
            };
            let (places, moments) = streams.entry(value).or_default();
            places.push(event);
            moments.push(self.moment(run, event));
        }
        let of = |(places, moments): (Vec<usize>, Vec<Moment>)| {
            let found = entries(&self.chains, &moments).into_iter();
            found.filter_map(|entry| Some((*places.get(entry.begin)?, entry.reached))).collect::<Vec<_>>()
        };
        streams.into_values().flat_map(of).collect()
    }

    /// Counts every entry of a shopper.
    fn count_entries(&self, run: &Run<'_>, telling: &mut Telling, tally: &mut Tally) {
        for (begin, reached) in self.entries(run) {
            let counted = (0..self.chains.steps).filter(|step| reached.steps & (1 << step) != 0);
            let point = self.trend.as_ref().and_then(|days| days.place(run.at_s(begin)));
            let mut point = point.and_then(|place| tally.trend.get_mut(place));
            for step in counted.clone() {
                tally.shoppers[step] += 1;
                tally.after_s[step].push(reached.after_s[step]);
                point.iter_mut().for_each(|point| point[step] += 1);
            }
            self.apart.of_event(run, Some(begin), telling, |part| {
                let part = tally.parts.entry(part).or_default();
                counted.clone().for_each(|step| part[step] += 1);
            });
            if self.lists(reached) {
                tally.listed.insert(run.shopper);
            }
        }
    }

    /// Whether whoever got so far is listed.
    fn lists(&self, reached: Reached) -> bool {
        match self.listed {
            None => false,
            Some(Listed::Dropped(at)) => reached.steps.checked_ilog2().map_or(0, |step| step as usize + 1) == at,
            Some(Listed::Reached(at)) => reached.steps & (1 << at.saturating_sub(1)) != 0,
        }
    }

    /// Counts the funnel of the chains that begin in each interval.
    fn count_trend(&self, run: &Run<'_>, trend: &mut [[u64; MOST_STEPS]]) {
        let Some(days) = &self.trend else { return };
        let mut last = None;
        for event in 0..run.len() {
            let place = days.place(run.at_s(event));
            if place.is_none() || place == last || self.choice.bits(run, event) & 1 == 0 {
                continue;
            }
            last = place;
            let Some((place, ends)) = place.and_then(|place| Some((place, days.start(place + 1)?))) else { continue };
            let chains = Chains { to_s: ends.min(self.chains.to_s), ..self.chains.clone() };
            let moments: Vec<Moment> = (event..run.len()).map(|event| self.moment(run, event)).collect();
            let reached = chains.reached(moments.into_iter());
            if let Some(counts) = trend.get_mut(place) {
                (0..chains.steps).filter(|step| reached.steps & (1 << step) != 0).for_each(|step| counts[step] += 1);
            }
        }
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        // The plan is borrowed: threads that counted who holds it would wait for one another.
        let Self { plan, tally, telling, moments } = self;
        let plan: &Plan = plan;
        if plan.counted == Counted::Entries {
            return plan.count_entries(run, telling, tally);
        }
        let reached = match &plan.straight {
            Some(steps) => plan.chains.straight(run.seconds(), run.events(), steps),
            None => {
                moments.clear();
                moments.extend((0..run.len()).map(|event| plan.moment(run, event)));
                plan.reached(run, moments)
            }
        };
        if reached.steps == 0 {
            return;
        }
        let counted = (0..plan.chains.steps).filter(|step| reached.steps & (1 << step) != 0);
        for step in counted.clone() {
            tally.shoppers[step] += 1;
            tally.after_s[step].push(reached.after_s[step]);
        }
        if plan.apart.is_asked() {
            let goes_by = plan.apart.field().is_some();
            let first = (0..run.len()).find(|event| goes_by && plan.choice.bits(run, *event) & 1 != 0);
            plan.apart.of_event(run, first, telling, |part| {
                let part = tally.parts.entry(part).or_default();
                counted.clone().for_each(|step| part[step] += 1);
            });
        }
        plan.count_trend(run, &mut tally.trend);
        if plan.lists(reached) {
            tally.listed.insert(run.shopper);
        }
    }
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        let sum = |into: &mut [u64; MOST_STEPS], from: [u64; MOST_STEPS]| {
            into.iter_mut().zip(from).for_each(|(sum, more)| *sum += more);
        };
        sum(&mut self.shoppers, other.shoppers);
        self.after_s.resize(self.after_s.len().max(other.after_s.len()), Vec::new());
        self.after_s.iter_mut().zip(other.after_s).for_each(|(all, more)| all.extend(more));
        other.parts.into_iter().for_each(|(value, counts)| sum(self.parts.entry(value).or_default(), counts));
        self.trend.resize(self.trend.len().max(other.trend.len()), [0; MOST_STEPS]);
        self.trend.iter_mut().zip(other.trend).for_each(|(into, from)| sum(into, from));
        self.listed |= other.listed;
    }
}
