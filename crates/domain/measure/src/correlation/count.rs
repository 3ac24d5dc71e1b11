//! Counting who has what, as shoppers come by.

use std::sync::Arc;

use fanvine_lake::{Run, Visitor};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::walks::events::meaning_of;
use crate::walks::field::Field;

/// So many different values are told apart by one visitor.
const MOST_VALUES: usize = 100_000;

/// What an event is to the question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Meaning {
    pub start: bool,
    pub goal: bool,
    /// The shop's own doing, nothing that a shopper can have.
    pub silent: bool,
}

/// What is counted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// By code.
    pub meanings: Vec<Meaning>,
    /// Whether there is a `start` at all.
    pub started: bool,
    pub fields: Vec<Field>,
    /// Whose numbers are kept.
    pub listed: Option<Listed>,
}

/// Whom the question lists: who has something, of those who converted, of the others, or of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub feature: Feature,
    pub converted: Option<bool>,
}

/// Something a shopper may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// An event of this code.
    Event(u16),
    /// A value of the field in this place.
    Value(usize, String),
}

/// How many have something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Having {
    pub converted: u64,
    pub others: u64,
}

/// What is known so far.
#[derive(Debug, Default)]
pub struct Tally {
    /// Everybody.
    pub all: Having,
    pub having: FxHashMap<Feature, Having>,
    /// How often a value came after so many different ones that it is not told apart.
    pub not_told_apart: u64,
    /// The numbers of those who are listed.
    pub listed: RoaringBitmap,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.all.converted += other.all.converted;
        self.all.others += other.all.others;
        self.not_told_apart += other.not_told_apart;
        self.listed |= other.listed;
        for (feature, having) in other.having {
            let sum = self.having.entry(feature).or_default();
            sum.converted += having.converted;
            sum.others += having.others;
        }
    }
}

/// Counts shoppers.
pub struct Counting {
    plan: Arc<Plan>,
    /// Features by number, with how many have it and who was counted last.
    features: Vec<(Feature, Having, Option<u32>)>,
    events: FxHashMap<u16, usize>,
    values: Vec<FxHashMap<String, usize>>,
    all: Having,
    not_told_apart: u64,
    listed: RoaringBitmap,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let values = vec![FxHashMap::default(); plan.fields.len()];
        Self {
            plan,
            features: Vec::new(),
            events: FxHashMap::default(),
            values,
            all: Having::default(),
            not_told_apart: 0,
            listed: RoaringBitmap::new(),
        }
    }

    pub fn into_tally(self) -> Tally {
        let having = self.features.into_iter().map(|(feature, having, _)| (feature, having)).collect();
        Tally { all: self.all, having, not_told_apart: self.not_told_apart, listed: self.listed }
    }

    /// Keeps whoever has what is listed.
    fn list(&mut self, shopper: u32, converted: bool, has: impl Fn(&Feature) -> bool) {
        let listed = self.plan.listed.as_ref();
        if listed.is_some_and(|one| one.converted.is_none_or(|wanted| wanted == converted) && has(&one.feature)) {
            self.listed.insert(shopper);
        }
    }

    fn note(&mut self, number: usize, shopper: u32, converted: bool) {
        let (_, having, last) = &mut self.features[number];
        if last.replace(shopper) != Some(shopper) {
            having.converted += u64::from(converted);
            having.others += u64::from(!converted);
        }
    }

    fn number_of(&mut self, field: usize, value: &str) -> Option<usize> {
        if let Some(number) = self.values[field].get(value) {
            return Some(*number);
        }
        if self.features.len() >= MOST_VALUES {
            self.not_told_apart += 1;
            return None;
        }
        let number = self.features.len();
        self.features.push((Feature::Value(field, value.to_owned()), Having::default(), None));
        self.values[field].insert(value.to_owned(), number);
        Some(number)
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        let plan = Arc::clone(&self.plan);
        let meaning = |event: &u16| meaning_of(&plan.meanings, *event);
        let Some(begin) =
            (if plan.started { run.events().iter().position(|event| meaning(event).start) } else { Some(0) })
        else {
            return;
        };
        // The event that starts may be a goal too; it is not the goal that follows.
        let looked_from = begin + usize::from(plan.started);
        let goal =
            run.events().iter().skip(looked_from).position(|event| meaning(event).goal).map(|at| at + looked_from);
        let converted = goal.is_some();
        if !converted && run.events()[begin..].iter().all(|event| meaning(event).silent) {
            return;
        }
        self.all.converted += u64::from(converted);
        self.all.others += u64::from(!converted);
        for event in begin..goal.unwrap_or(run.len()) {
            let code = run.event(event);
            if meaning(&code).silent {
                continue;
            }
            if event >= looked_from {
                let number = *self.events.entry(code).or_insert_with(|| {
                    self.features.push((Feature::Event(code), Having::default(), None));
                    self.features.len() - 1
                });
                self.note(number, run.shopper, converted);
                self.list(run.shopper, converted, |feature| *feature == Feature::Event(code));
            }
            for (place, field) in plan.fields.iter().enumerate() {
                let Some(value) = field.value(run, event) else { continue };
                if let Some(number) = self.number_of(place, &value) {
                    self.note(number, run.shopper, converted);
                }
                let is =
                    |feature: &Feature| matches!(feature, Feature::Value(at, one) if *at == place && *one == value);
                self.list(run.shopper, converted, is);
            }
        }
    }
}
