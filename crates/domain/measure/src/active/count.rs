//! Counting on which days shoppers come by.

use std::sync::Arc;

use fanvine_lake::{Run, Visitor};

use crate::walks::days::Days;

/// Days of a week and of a month, as active shoppers are counted.
pub const WINDOWS: [usize; 2] = [7, 30];

/// How active shoppers are counted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The intervals; before those shown lie as many as the longest window looks back.
    pub days: Days,
    /// By code: whether the event makes a shopper active.
    pub counts: Vec<bool>,
}

/// Shoppers by interval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub active: Vec<u64>,
    pub new: Vec<u64>,
    pub returning: Vec<u64>,
    /// For each window the changes in how many are in it, to be added up.
    pub windows: [Vec<i64>; 2],
}

/// Counts shoppers as they come by.
pub struct Counting {
    plan: Arc<Plan>,
    pub tally: Tally,
}

impl Counting {
    pub fn new(plan: Arc<Plan>) -> Self {
        let places = plan.days.len();
        let zero = || vec![0; places];
        let windows = [vec![0; places + 1], vec![0; places + 1]];
        Self { plan, tally: Tally { active: zero(), new: zero(), returning: zero(), windows } }
    }
}

impl Visitor for Counting {
    fn visit(&mut self, run: &Run<'_>) {
        let days = &self.plan.days;
        let (begins, places) = (days.start(0).unwrap_or_default(), days.len());
        // Whether anything was seen before, and the last interval in which.
        let (mut seen, mut last) = (false, None::<usize>);
        let mut until = [0usize; 2];
        let mut ends = 0;
        for (at_s, event) in run.seconds().iter().zip(run.events()) {
            // Most events lie in the interval of the one before.
            if *at_s < ends || !self.plan.counts.get(usize::from(*event)).copied().unwrap_or(false) {
                continue;
            }
            let Some(place) = days.place(*at_s) else {
                seen |= *at_s < begins;
                continue;
            };
            ends = days.start(place + 1).unwrap_or(u32::MAX);
            self.tally.active[place] += 1;
            self.tally.new[place] += u64::from(!seen);
            self.tally.returning[place] += u64::from(place > 0 && last == Some(place - 1));
            for ((changes, until), window) in self.tally.windows.iter_mut().zip(&mut until).zip(WINDOWS) {
                let from = place.max(*until);
                *until = (place + window).min(places);
                if from < *until {
                    changes[from] += 1;
                    changes[*until] -= 1;
                }
            }
            (seen, last) = (true, Some(place));
        }
    }
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        fn sum<T: Copy + Default + std::ops::AddAssign>(into: &mut Vec<T>, from: &[T]) {
            into.resize(into.len().max(from.len()), T::default());
            into.iter_mut().zip(from).for_each(|(sum, more)| *sum += *more);
        }
        sum(&mut self.active, &other.active);
        sum(&mut self.new, &other.new);
        sum(&mut self.returning, &other.returning);
        self.windows.iter_mut().zip(&other.windows).for_each(|(into, from)| sum(into, from));
    }
}
