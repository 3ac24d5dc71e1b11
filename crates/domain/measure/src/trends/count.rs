//! Counting series over everybody's events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fanvine_kernel::event::filter::Value;
use fanvine_lake::{Column, Days, Run, Visitor};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::figure::{Cell, Figure, MILLION};
use crate::walks::apart::Apart;
use crate::walks::choice::Choice;
use crate::walks::field::{Field, text_of};
use crate::walks::pick::Keys;
use crate::walks::values::{NO_VALUE, NOT_TOLD_APART, Telling, Values};

/// The part that is everything.
pub const WHOLE: usize = 0;
/// At least so many values are counted by interval at once, before it is known which are the top ones …
pub const LEAST_AT_ONCE: usize = 64;
/// … at most so many …
const MOST_AT_ONCE: usize = 512;
/// … and as many as make so many cells: who counts keeps them in the processor's cache, and a question with more values
/// is counted twice.
const CELLS_AT_ONCE: usize = 12_288;
/// So many numbers are kept at once, for percentiles.
pub const MOST_NUMBERS: u64 = 20_000_000;

/// A series as it is counted.
#[derive(Debug, Clone)]
pub struct Series {
    pub figure: Figure,
    /// The number that events carry.
    pub of: Option<Field>,
    pub percentile: f64,
}

/// Which values are parts of their own.
#[derive(Debug, Clone)]
pub enum Shown {
    /// The first of them by number, so many with those without a value; the rest is counted as totals only.
    NotKnown { at_once: u32 },
    /// Those at these numbers, as the parts after the whole; all others are the last part.
    Top(Arc<FxHashMap<u32, usize>>),
}

/// How trends are counted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// A bit for each series.
    pub choice: Choice,
    pub series: Vec<Series>,
    pub days: Days,
    pub apart: Apart,
    pub shown: Shown,
    pub values: Arc<Values>,
    /// The currency of amounts.
    pub currency: Option<String>,
    /// Numbers kept so far, over all threads.
    pub kept: Arc<AtomicU64>,
    /// Whose numbers are kept.
    pub listed: Option<Listed>,
}

/// Whom a trend lists: who did what one point counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub series: usize,
    /// The interval; none for the whole period.
    pub place: Option<usize>,
    pub part: usize,
}

impl Shown {
    /// Before anything is known of the values of so many series at so many points.
    pub fn not_known(series: usize, points: usize) -> Self {
        let values = CELLS_AT_ONCE / (series * (points + 1)).max(1);
        Self::NotKnown { at_once: values.clamp(LEAST_AT_ONCE, MOST_AT_ONCE) as u32 }
    }
}

impl Plan {
    /// How many parts have figures by interval.
    pub fn parts(&self) -> usize {
        match (&self.apart, &self.shown) {
            (Apart::Nothing, _) => 1,
            (Apart::Segments(segments), _) => segments.len() + 2,
            (_, Shown::NotKnown { at_once }) => *at_once as usize + 1,
            (_, Shown::Top(top)) => top.len() + 2,
        }
    }

    /// The place of the figure of the whole period.
    pub fn in_all(&self) -> usize {
        self.days.len()
    }

    /// Whether the figures of the whole, and of the whole period, follow from those of the other parts and of the intervals: an
    /// event is in one part besides the whole, and no people are counted.
    fn adds_up(&self, series: &Series) -> bool {
        let figure = matches!(series.figure, Figure::Count | Figure::Sum | Figure::Average | Figure::Min | Figure::Max);
        let one = matches!(
            self.apart,
            Apart::Nothing | Apart::Person(_) | Apart::Product(_) | Apart::Field(Field::Column(_))
        );
        figure && one
    }

    fn cell(&self, series: usize, part: usize, place: usize) -> usize {
        (series * self.parts() + part) * (self.days.len() + 1) + place
    }

    /// A number of an event, in millionths; several where it is a list.
    fn numbers(&self, field: &Field, run: &Run<'_>, event: usize, properties: &Json, into: &mut Vec<i64>) {
        let millionths = |number: f64| (number * MILLION).round() as i64;
        match field {
            Field::Revenue => {
                let own = run.text(Column::Currency, event) == self.currency.as_deref();
                let minor = run.int(Column::RevenueMinor, event).filter(|_| own && self.currency.is_some());
                into.extend(minor.map(|minor| minor.saturating_mul(MILLION as i64)));
            }
            other => into.extend(other.values(run, event, properties).iter().filter_map(|value| match value {
                Value::Number(number) => Some(millionths(*number)),
                _ => None,
            })),
        }
    }
}

/// What was counted.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// By series, part and interval, the whole period last.
    pub cells: Vec<Cell>,
    /// The numbers of those cells whose percentiles are wanted.
    pub numbers: FxHashMap<usize, Vec<i64>>,
    /// By series and value, over the whole period: of values that are not parts.
    pub others: FxHashMap<(usize, u32), Cell>,
    pub listed: RoaringBitmap,
}

/// Counts shoppers' events as they come by.
pub struct Counting {
    plan: Arc<Plan>,
    /// Whether names alone decide.
    plain: bool,
    counter: Counter,
}

/// What a plan counts into. The plan itself is borrowed: threads that counted who holds it would wait for one another.
struct Counter {
    tally: Tally,
    telling: Telling,
    keys: Keys,
    /// How many people came by, and the running number of the one at hand; 0 for nobody.
    seen: u32,
    person: u32,
    /// The parts an event is in, and the values that are no parts.
    parts: Vec<usize>,
    rest: Vec<u32>,
    numbers: Vec<i64>,
    /// For each series whether it adds up at the end.
    adds_up: Vec<bool>,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let cells = vec![Cell::default(); plan.series.len() * plan.parts() * (plan.days.len() + 1)];
        let fields = plan.series.iter().filter_map(|series| series.of.as_ref());
        let apart = match &plan.apart {
            Apart::Field(field) => Some(field),
            _ => None,
        };
        let counter = Counter {
            tally: Tally { cells, ..Tally::default() },
            telling: Telling::of(plan.values.clone()),
            keys: Keys::of(fields.chain(apart)),
            seen: 0,
            person: 0,
            parts: Vec::new(),
            rest: Vec::new(),
            numbers: Vec::new(),
            adds_up: plan.series.iter().map(|series| plan.adds_up(series)).collect(),
        };
        Self { plain: plan.choice.is_plain(), plan, counter }
    }

    /// What it counted.
    pub fn tally(mut self) -> Tally {
        let (plan, cells) = (&self.plan, &mut self.counter.tally.cells);
        let mut add = |from: usize, into: usize| {
            let more = cells.get(from).cloned();
            cells.get_mut(into).zip(more).into_iter().for_each(|(cell, more)| cell.add(&more));
        };
        for (series, _) in self.counter.adds_up.iter().enumerate().filter(|(_, adds_up)| **adds_up) {
            for part in 1..plan.parts() {
                (0..plan.days.len())
                    .for_each(|place| add(plan.cell(series, part, place), plan.cell(series, WHOLE, place)));
            }
            for part in 0..plan.parts() {
                let in_all = plan.cell(series, part, plan.in_all());
                (0..plan.days.len()).for_each(|place| add(plan.cell(series, part, place), in_all));
            }
        }
        self.counter.tally
    }
}

impl Counter {
    /// Finds out which parts an event is in.
    fn tell_apart(&mut self, plan: &Plan, run: &Run<'_>, event: usize, properties: &Json) {
        self.parts.clear();
        self.rest.clear();
        self.parts.push(WHOLE);
        match &plan.apart {
            Apart::Nothing => {}
            Apart::Person(known) => {
                let value = known.get(run.shopper as usize).copied().unwrap_or(NO_VALUE);
                self.add_value(plan, value);
            }
            Apart::Segments(segments) => {
                let within = segments.iter().enumerate().filter(|(_, segment)| segment.contains(run.shopper));
                self.parts.extend(within.map(|(place, _)| place + 1));
                if self.parts.len() == 1 {
                    self.parts.push(segments.len() + 1);
                }
            }
            Apart::Product(known) => {
                let product = run.text(Column::ProductId, event);
                let value = product.and_then(|product| known.get(product)).copied().unwrap_or(NO_VALUE);
                self.add_value(plan, value);
            }
            Apart::Field(Field::Column(column)) => {
                let text = run.text(*column, event).filter(|text| !text.is_empty());
                let value = text.map_or(NO_VALUE, |text| self.telling.number(text));
                self.add_value(plan, value);
            }
            Apart::Field(field) => {
                let values = field.values(run, event, properties);
                if values.is_empty() {
                    self.add_value(plan, NO_VALUE);
                }
                for value in &values {
                    let value = self.telling.number(&text_of(value));
                    self.add_value(plan, value);
                }
            }
        }
    }

    fn add_value(&mut self, plan: &Plan, value: u32) {
        let part = match &plan.shown {
            Shown::NotKnown { at_once } if value < *at_once => value as usize + 1,
            Shown::NotKnown { .. } => {
                if !self.rest.contains(&value) {
                    self.rest.push(value);
                }
                return;
            }
            Shown::Top(top) => top.get(&value).copied().unwrap_or(top.len() + 1),
        };
        if !self.parts.contains(&part) {
            self.parts.push(part);
        }
    }

    fn count(&mut self, plan: &Plan, run: &Run<'_>, event: usize, bits: u64, place: usize) {
        let properties = self.keys.read(run, event);
        self.tell_apart(plan, run, event, &properties);
        for (number, series) in plan.series.iter().enumerate().filter(|(number, _)| bits & (1 << number) != 0) {
            if series.figure == Figure::PerShopper && self.person == 0 {
                continue;
            }
            self.numbers.clear();
            if let Some(field) = &series.of {
                plan.numbers(field, run, event, &properties, &mut self.numbers);
            }
            if self.adds_up.get(number) == Some(&true) {
                let part = self.parts.last().copied().unwrap_or(WHOLE);
                if let Some(cell) = self.tally.cells.get_mut(plan.cell(number, part, place)) {
                    cell.count(self.person, &self.numbers);
                }
            } else {
                self.count_parts(plan, number, place);
            }
            for value in &self.rest {
                self.tally.others.entry((number, *value)).or_default().count(self.person, &self.numbers);
            }
            let listed = |listed: &Listed| {
                listed.series == number
                    && listed.place.is_none_or(|wanted| wanted == place)
                    && self.parts.contains(&listed.part)
            };
            if self.person != 0 && plan.listed.as_ref().is_some_and(listed) {
                self.tally.listed.insert(run.shopper);
            }
        }
    }

    /// Counts the numbers at hand in every part, in the interval and in the whole period.
    fn count_parts(&mut self, plan: &Plan, number: usize, place: usize) {
        let percentile = plan.series.get(number).is_some_and(|series| series.figure == Figure::Percentile);
        for part in &self.parts {
            for place in [place, plan.in_all()] {
                let cell = plan.cell(number, *part, place);
                if let Some(cell) = self.tally.cells.get_mut(cell) {
                    cell.count(self.person, &self.numbers);
                }
                if percentile && plan.kept.fetch_add(self.numbers.len() as u64, Ordering::Relaxed) < MOST_NUMBERS {
                    self.tally.numbers.entry(cell).or_default().extend_from_slice(&self.numbers);
                }
            }
        }
    }
}

/// The number of those without a shopper.
const NOBODY: u32 = 0;

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        let Self { plan, plain, counter } = self;
        let plan: &Plan = plan;
        if run.shopper == NOBODY {
            counter.person = 0;
        } else {
            counter.seen += 1;
            counter.person = counter.seen;
        }
        for event in 0..run.len() {
            let bits = if *plain { plan.choice.named(run.event(event)) } else { plan.choice.bits(run, event) };
            if bits != 0
                && let Some(place) = plan.days.place(run.at_s(event))
            {
                counter.count(plan, run, event, bits, place);
            }
        }
    }
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.cells.resize(self.cells.len().max(other.cells.len()), Cell::default());
        self.cells.iter_mut().zip(&other.cells).for_each(|(cell, more)| cell.add(more));
        other.numbers.into_iter().for_each(|(cell, more)| self.numbers.entry(cell).or_default().extend(more));
        other.others.iter().for_each(|(value, more)| self.others.entry(*value).or_default().add(more));
        self.listed |= other.listed;
    }

    /// A figure; none where there is nothing to tell of.
    pub fn figure(&mut self, plan: &Plan, series: usize, part: usize, place: usize) -> Option<f64> {
        let cell = plan.cell(series, part, place);
        let Series { figure, of, percentile } = plan.series.get(series)?;
        let mut none = Vec::new();
        let numbers = self.numbers.get_mut(&cell).unwrap_or(&mut none);
        self.cells.get(cell)?.figure(*figure, of.is_some(), *percentile, numbers)
    }

    /// The values met, with how much of the first series each is: the top ones first.
    pub fn ranked(&self, plan: &Plan) -> Vec<u32> {
        let at_once = plan.parts().saturating_sub(1) as u32;
        let dense = (0..at_once).map(|value| (value, self.cells.get(plan.cell(0, value as usize + 1, plan.in_all()))));
        let others = self.others.iter().filter(|((series, _), _)| *series == 0);
        let all = dense.chain(others.map(|((_, value), cell)| (*value, Some(cell))));
        let weight = |cell: &Cell| match plan.series.first().map(|series| (series.figure, series.of.is_some())) {
            Some((Figure::Sum, _) | (Figure::PerShopper, true)) => cell.sum,
            Some((Figure::Shoppers, _)) => cell.shoppers.into(),
            _ => cell.events.into(),
        };
        let named = all.filter(|(value, _)| *value != NO_VALUE && *value != NOT_TOLD_APART);
        let mut ranked: Vec<(i128, u32)> = named
            .filter_map(|(value, cell)| Some((weight(cell?), value, cell?.events)))
            .filter(|(_, _, events)| *events > 0)
            .map(|(weight, value, _)| (weight, value))
            .collect();
        ranked.sort_unstable_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
        ranked.into_iter().map(|(_, value)| value).collect()
    }

    /// Whether anything has no value.
    pub fn without_value(&self, plan: &Plan) -> bool {
        let of = |series| self.cells.get(plan.cell(series, NO_VALUE as usize + 1, plan.in_all()));
        (0..plan.series.len()).any(|series| of(series).is_some_and(|cell| cell.events > 0))
    }
}
