//! Counting who comes back.

use std::sync::Arc;

use fanvine_lake::{Days, Run, Visitor};

use crate::walks::events::meaning_of;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// How many of them are cohorts.
    pub cohorts: usize,
    /// How many intervals after its own each cohort is followed.
    pub horizon: usize,
    /// Only the first time ever begins.
    pub first_time: bool,
    pub returning: Returning,
    /// So often in an interval.
    pub times: u32,
    /// By code: 1 begins, 2 returns, 3 both.
    pub meanings: Vec<u8>,
}

pub const BEGINS: u8 = 1;
pub const RETURNS: u8 = 2;

/// Cohorts by interval, each with who came back in the intervals from its own on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    pub shoppers: Vec<u64>,
    pub returned: Vec<Vec<u64>>,
}

/// Counts shoppers as they come by.
pub struct Counting {
    plan: Arc<Plan>,
    pub matrix: Matrix,
    /// For the shopper at hand: how often they came in each interval, and after the event that began it.
    visits: Vec<u32>,
    began: Vec<(usize, u32)>,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let returned = vec![vec![0; plan.horizon + 1]; plan.cohorts];
        let matrix = Matrix { shoppers: vec![0; plan.cohorts], returned };
        let visits = vec![0; plan.days.len()];
        Self { plan, matrix, visits, began: Vec::new() }
    }

    /// Notes when the shopper began, and how often they came by interval.
    fn read(&mut self, run: &Run<'_>) {
        self.visits.fill(0);
        self.began.clear();
        let mut first = true;
        for (at_s, event) in run.seconds().iter().zip(run.events()) {
            let meaning = meaning_of(&self.plan.meanings, *event);
            if meaning == 0 {
                continue;
            }
            let place = self.plan.days.place(*at_s);
            if meaning & BEGINS != 0 {
                if let Some(place) = place.filter(|place| *place < self.plan.cohorts)
                    && (first || !self.plan.first_time)
                    && self.began.last().is_none_or(|(last, _)| *last != place)
                {
                    // What came before in this interval does not count as coming back.
                    self.began.push((place, self.visits[place] + u32::from(meaning & RETURNS != 0)));
                }
                first = false;
            }
            if let Some(place) = place.filter(|_| meaning & RETURNS != 0) {
                self.visits[place] += 1;
            }
        }
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        self.read(run);
        let plan = &self.plan;
        for (cohort, before) in &self.began {
            self.matrix.shoppers[*cohort] += 1;
            let row = &mut self.matrix.returned[*cohort];
            let visits = self.visits[*cohort..].iter().take(plan.horizon + 1).enumerate();
            let came = visits.filter(|(after, visits)| {
                let counted = if *after == 0 { *visits - before } else { **visits };
                counted >= plan.times
            });
            match plan.returning {
                Returning::On => came.for_each(|(after, _)| row[after] += 1),
                Returning::OnOrAfter => {
                    let last = came.map(|(after, _)| after).max();
                    row[..last.map_or(0, |last| last + 1)].iter_mut().for_each(|count| *count += 1);
                }
            }
        }
    }
}

impl Matrix {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.shoppers.resize(self.shoppers.len().max(other.shoppers.len()), 0);
        self.returned.resize(self.returned.len().max(other.returned.len()), Vec::new());
        self.shoppers.iter_mut().zip(&other.shoppers).for_each(|(sum, more)| *sum += more);
        for (row, more) in self.returned.iter_mut().zip(&other.returned) {
            row.resize(row.len().max(more.len()), 0);
            row.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }
}
