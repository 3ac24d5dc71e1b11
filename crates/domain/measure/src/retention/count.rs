//! Counting who comes back.

use std::ops::Range;
use std::sync::Arc;

use fanvine_kernel::Currency;
use fanvine_lake::{DayPart, Days, Run, Visitor};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::by_day::{self, Intervals};
use crate::walks::apart::Apart;
use crate::walks::choice::Choice;
use crate::walks::events::meaning_of;
use crate::walks::field::revenue;
use crate::walks::values::{Telling, Values};

/// When a return counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Returning {
    /// In exactly that interval.
    #[default]
    On,
    /// In that interval or a later one.
    OnOrAfter,
}

/// How retention is counted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The cohorts' intervals and those after them.
    pub days: Days,
    /// Each of them in days from the first on.
    pub in_days: Vec<Range<usize>>,
    /// How many of them are cohorts.
    pub cohorts: usize,
    /// How many of them have begun.
    pub begun: usize,
    /// The intervals after its own in which a cohort is looked at, from the first to the last of each bracket.
    pub brackets: Vec<(usize, usize)>,
    /// Only the first time ever begins.
    pub first_time: bool,
    pub returning: Returning,
    /// So often in an interval.
    pub times: u32,
    /// Bit 0 begins, bit 1 returns.
    pub choice: Choice,
    /// The same by code, where names alone decide.
    pub meanings: Option<Vec<u8>>,
    /// What returns bring in is added up, of this currency.
    pub revenue: Option<Currency>,
    /// By what shoppers are told apart; by events, it is the one that begins.
    pub apart: Apart,
    pub values: Arc<Values>,
    /// Whose numbers are kept.
    pub listed: Option<Listed>,
}

/// Whom retention lists: those of a cohort, or those of them who came back in a bracket, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    pub cohort: usize,
    pub bracket: Option<(usize, bool)>,
}

pub const BEGINS: u8 = 1;
pub const RETURNS: u8 = 2;

/// Shoppers who began, and of them who came back, by bracket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pub shoppers: u64,
    pub returned: Vec<u64>,
    /// What returns brought in, minor units.
    pub revenue: Vec<i64>,
    /// Those who began long enough ago to have come back.
    pub of: Vec<u64>,
}

/// Cohorts by interval, and all of them together by value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    pub cohorts: Vec<Row>,
    pub parts: FxHashMap<u32, Row>,
    pub listed: RoaringBitmap,
}

/// Counts shoppers as they come by.
pub struct Counting {
    plan: Arc<Plan>,
    matrix: Matrix,
    telling: Telling,
    /// For the shopper at hand: how often they came in each interval, and for how much.
    visits: Vec<u32>,
    spent: Vec<i64>,
    began: Vec<Began>,
    came: Vec<bool>,
    /// Whether each return is counted as it lies; then the intervals of the returns of the shopper at hand, each once.
    plain: bool,
    returns: Vec<usize>,
}

/// A cohort that the shopper at hand is in.
struct Began {
    cohort: usize,
    /// The visits and revenue of its interval that were not after it began.
    visits: u32,
    spent: i64,
    event: usize,
}

impl Plan {
    /// Whether names alone decide who comes back in which interval, and nothing else is asked.
    fn is_plain(&self) -> bool {
        let single = self.brackets.iter().enumerate().all(|(after, bracket)| *bracket == (after, after));
        let bare = self.revenue.is_none() && !self.apart.is_asked() && self.listed.is_none();
        single && bare && self.times == 1 && self.returning == Returning::On && self.meanings.is_some()
    }

    /// Whether who came by on which day is all that has to be known: then by code whether the event counts, and for names
    /// without one.
    pub fn by_day(&self) -> Option<(Vec<bool>, bool)> {
        let meanings = self.meanings.as_ref().filter(|_| self.is_plain() && self.first_time)?;
        let both = meanings.iter().all(|meaning| [0, BEGINS | RETURNS].contains(meaning));
        let mut counts: Vec<bool> = meanings.iter().map(|meaning| *meaning != 0).collect();
        let others = counts.pop().unwrap_or_default();
        both.then_some((counts, others))
    }

    /// Counts a part of all people by the days on which they came.
    pub fn count_days(&self, part: &DayPart) -> Matrix {
        let in_days = self.in_days.get(..self.begun).unwrap_or(&self.in_days);
        let asked = Intervals { in_days, cohorts: self.cohorts, followed: self.brackets.len() };
        let row = |began: by_day::Began| Row { shoppers: began.shoppers, returned: began.returned, ..Row::of(self) };
        let cohorts = by_day::count(asked, part).into_iter().map(row).collect();
        let mut matrix = Matrix { cohorts, ..Matrix::default() };
        self.mark_whole(&mut matrix);
        matrix
    }

    /// Says of a plain matrix which of its brackets are whole.
    fn mark_whole(&self, matrix: &mut Matrix) {
        for (cohort, row) in matrix.cohorts.iter_mut().enumerate() {
            let whole = self.begun.saturating_sub(cohort);
            row.of.iter_mut().take(whole).for_each(|of| *of = row.shoppers);
        }
    }
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let matrix = Matrix { cohorts: vec![Row::of(&plan); plan.cohorts], ..Matrix::default() };
        let (visits, spent) = (vec![0; plan.days.len()], vec![0; plan.days.len()]);
        let (telling, plain) = (Telling::of(plan.values.clone()), plan.is_plain());
        let (began, came, returns) = (Vec::new(), Vec::new(), Vec::new());
        Self { plan, matrix, telling, visits, spent, began, came, plain, returns }
    }

    /// What was counted.
    pub fn into_matrix(mut self) -> Matrix {
        if self.plain {
            self.plan.mark_whole(&mut self.matrix);
        }
        self.matrix
    }

    /// The same as reading and counting, for a plain plan: what a shopper costs grows with their returns, and not with
    /// the intervals that are looked at.
    fn count_plainly(&mut self, run: &Run<'_>) {
        let Self { plan, matrix, began, returns, .. } = self;
        let plan: &Plan = plan;
        let meanings = plan.meanings.as_deref().unwrap_or_default();
        began.clear();
        returns.clear();
        let (mut first, mut place, mut within) = (true, None, 0..0);
        for (event, (at_s, code)) in run.seconds().iter().zip(run.events()).enumerate() {
            let meaning = meaning_of(meanings, *code);
            if meaning == 0 {
                continue;
            }
            // Most events lie in the interval of the one before.
            if !within.contains(at_s) {
                place = plan.days.place(*at_s);
                let bound = |place: usize| plan.days.start(place).unwrap_or_default();
                within = place.map_or(0..0, |place| bound(place)..bound(place + 1));
            }
            let begins = meaning & BEGINS != 0 && (first || !plan.first_time);
            first &= meaning & BEGINS == 0;
            let Some(place) = place else { continue };
            let last = began.last_mut().filter(|last| last.cohort == place);
            if begins && last.is_none() && place < plan.cohorts {
                began.push(Began { cohort: place, visits: 0, spent: 0, event });
            } else if let Some(last) = last.filter(|_| meaning & RETURNS != 0) {
                last.visits = 1;
            }
            if meaning & RETURNS != 0 && returns.last() != Some(&place) {
                returns.push(place);
            }
        }
        for began in began.iter() {
            let Some(row) = matrix.cohorts.get_mut(began.cohort) else { continue };
            row.shoppers += 1;
            let same = (began.visits > 0).then_some(began.cohort);
            let later = returns.iter().copied().skip_while(|place| *place <= began.cohort);
            for place in same.into_iter().chain(later).take_while(|place| *place < plan.begun) {
                row.returned.get_mut(place - began.cohort).into_iter().for_each(|returned| *returned += 1);
            }
        }
    }

    /// Notes when the shopper began, and how often they came by interval.
    fn read(&mut self, run: &Run<'_>) {
        self.visits.fill(0);
        if self.plan.revenue.is_some() {
            self.spent.fill(0);
        }
        self.began.clear();
        let mut first = true;
        for (event, (at_s, code)) in run.seconds().iter().zip(run.events()).enumerate() {
            let meaning = match &self.plan.meanings {
                Some(meanings) => meaning_of(meanings, *code),
                None => self.plan.choice.bits(run, event) as u8,
            };
            if meaning == 0 {
                continue;
            }
            let place = self.plan.days.place(*at_s);
            let spent = match self.plan.revenue {
                Some(currency) if meaning & RETURNS != 0 => {
                    revenue(run, event).filter(|money| money.currency == currency).map_or(0, |money| money.minor)
                }
                _ => 0,
            };
            if meaning & BEGINS != 0 {
                if let Some(place) = place.filter(|place| *place < self.plan.cohorts)
                    && (first || !self.plan.first_time)
                    && self.began.last().is_none_or(|last| last.cohort != place)
                {
                    // What came before in this interval does not count as coming back.
                    let visits = self.visits[place] + u32::from(meaning & RETURNS != 0);
                    self.began.push(Began { cohort: place, visits, spent: self.spent[place] + spent, event });
                }
                first = false;
            }
            if let Some(place) = place.filter(|_| meaning & RETURNS != 0) {
                self.visits[place] += 1;
                self.spent[place] = self.spent[place].saturating_add(spent);
            }
        }
    }

    /// Counts one cohort that the shopper at hand is in.
    fn count(&mut self, began: &Began, run: &Run<'_>) {
        // The plan is borrowed: threads that counted who holds it would wait for one another.
        let Self { plan, matrix, telling, visits, spent, came, .. } = self;
        let plan: &Plan = plan;
        let last = plan.brackets.iter().map(|(_, last)| *last).max().unwrap_or(0);
        came.clear();
        came.extend(visits[began.cohort..].iter().take(last + 1).enumerate().map(|(after, visits)| {
            let counted = if after == 0 { *visits - began.visits } else { *visits };
            counted >= plan.times
        }));
        let came = |(from, to): (usize, usize)| {
            let to = if plan.returning == Returning::OnOrAfter { last } else { to };
            came.iter().take(to + 1).skip(from).any(|came| *came)
        };
        let add = |row: &mut Row| {
            row.shoppers += 1;
            for (place, bracket) in plan.brackets.iter().enumerate() {
                // A bracket that is not whole yet would be short of those who are still to come.
                let whole = began.cohort + bracket.1 < plan.begun;
                row.of[place] += u64::from(whole);
                row.returned[place] += u64::from(whole && came(*bracket));
                if plan.revenue.is_some() {
                    let spent = spent[began.cohort..].iter().take(bracket.1 + 1).skip(bracket.0).sum::<i64>();
                    let before = if bracket.0 == 0 { began.spent } else { 0 };
                    row.revenue[place] = row.revenue[place].saturating_add(spent - before);
                }
            }
        };
        add(&mut matrix.cohorts[began.cohort]);
        plan.apart.of_event(run, Some(began.event), telling, |part| {
            add(matrix.parts.entry(part).or_insert_with(|| Row::of(plan)));
        });
        let listed = plan.listed.is_some_and(|listed| {
            listed.cohort == began.cohort
                && listed.bracket.is_none_or(|(place, wanted)| {
                    plan.brackets.get(place).is_some_and(|bracket| came(*bracket) == wanted)
                })
        });
        if listed {
            matrix.listed.insert(run.shopper);
        }
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        if self.plain {
            return self.count_plainly(run);
        }
        self.read(run);
        let began = std::mem::take(&mut self.began);
        began.iter().for_each(|one| self.count(one, run));
        self.began = began;
    }
}

impl Row {
    fn of(plan: &Plan) -> Self {
        let brackets = plan.brackets.len();
        Self { shoppers: 0, returned: vec![0; brackets], revenue: vec![0; brackets], of: vec![0; brackets] }
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        fn sum<T: Copy + Default + std::ops::AddAssign>(into: &mut Vec<T>, from: &[T]) {
            into.resize(into.len().max(from.len()), T::default());
            into.iter_mut().zip(from).for_each(|(sum, more)| *sum += *more);
        }
        self.shoppers += other.shoppers;
        sum(&mut self.returned, &other.returned);
        sum(&mut self.revenue, &other.revenue);
        sum(&mut self.of, &other.of);
    }
}

impl Matrix {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.cohorts.resize(self.cohorts.len().max(other.cohorts.len()), Row::default());
        self.cohorts.iter_mut().zip(&other.cohorts).for_each(|(row, more)| row.add(more));
        other.parts.iter().for_each(|(value, row)| self.parts.entry(*value).or_default().add(row));
        self.listed |= other.listed;
    }
}
