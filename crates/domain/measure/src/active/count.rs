//! Counting active shoppers from who came by on which day.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use fanvine_lake::{DayPart, Days, Run, Visitor};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::walks::choice::Choice;
use crate::walks::events::meaning_of;

/// Days of a week and of a month, as active shoppers are counted.
pub const WINDOWS: [usize; 2] = [7, 30];

/// How active shoppers are counted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The intervals, one after the other: the days of each.
    pub intervals: Vec<Range<usize>>,
    /// Whether each is a day, so that windows make sense.
    pub by_day: bool,
}

/// Shoppers by interval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub active: Vec<u64>,
    pub new: Vec<u64>,
    pub returning: Vec<u64>,
    /// Shoppers in the windows that end with each day.
    pub windows: [Vec<u64>; 2],
}

/// Which of an interval's people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActiveGroup {
    /// All of them.
    Active,
    /// Those never seen before.
    New,
    /// Those active in the interval before.
    Returning,
    /// Those seen before, but not in the interval before.
    Resurrected,
    /// Those active in the interval before and not in this one.
    Dormant,
}

/// Notes who came by on which day, where names alone do not decide who did.
pub struct Marking {
    pub asked: Arc<Marked>,
    pub part: DayPart,
}

/// What makes somebody come by.
#[derive(Debug)]
pub struct Marked {
    /// Bit 0.
    pub choice: Choice,
    /// By code whether the event may count at all.
    pub counts: Vec<bool>,
    pub days: Days,
}

impl Marking {
    pub fn new(asked: Arc<Marked>) -> Self {
        let part = DayPart { days: vec![RoaringBitmap::new(); asked.days.len()], ..DayPart::default() };
        Self { asked, part }
    }
}

impl Visitor for Marking {
    fn visit(&mut self, run: &Run<'_>) {
        let Marked { choice, counts, days } = &*self.asked;
        let first = days.start(0).unwrap_or(0);
        for event in 0..run.len() {
            if !meaning_of(counts, run.event(event)) || choice.bits(run, event) & 1 == 0 {
                continue;
            }
            match days.place(run.at_s(event)).and_then(|place| self.part.days.get_mut(place)) {
                Some(day) => _ = day.insert(run.shopper),
                None if run.at_s(event) < first => _ = self.part.before.insert(run.shopper),
                None => {}
            }
        }
    }
}

impl Plan {
    /// The people of one interval.
    pub fn people(&self, part: &DayPart, interval: usize, group: ActiveGroup) -> RoaringBitmap {
        let union = |days: Range<usize>| {
            let days = part.days.get(days).into_iter().flatten();
            days.fold(RoaringBitmap::new(), |all, day| all | day)
        };
        let days = self.intervals.get(interval).cloned().unwrap_or_default();
        let before = interval.checked_sub(1).and_then(|before| self.intervals.get(before)).cloned().unwrap_or_default();
        let (came, last) = (union(days.clone()), union(before));
        let seen = || &part.before | union(0..days.start);
        match group {
            ActiveGroup::Active => came,
            ActiveGroup::New => came - seen(),
            ActiveGroup::Returning => came & last,
            ActiveGroup::Resurrected => (came & seen()) - last,
            ActiveGroup::Dormant => last - came,
        }
    }

    /// Counts the people of a part.
    pub fn count(&self, part: &DayPart) -> Tally {
        let mut tally = Tally::default();
        let mut seen = part.before.clone();
        let mut last = Cow::Owned(RoaringBitmap::new());
        let first = self.intervals.first().map_or(0, |days| days.start);
        part.days[..first.min(part.days.len())].iter().for_each(|day| seen |= day);
        for days in &self.intervals {
            let days = part.days.get(days.clone()).unwrap_or_default();
            // A day alone is looked at where it lies.
            let came = match days {
                [day] => Cow::Borrowed(day),
                _ => Cow::Owned(days.iter().fold(RoaringBitmap::new(), |all, day| all | day)),
            };
            tally.active.push(came.len());
            tally.returning.push(came.intersection_len(&last));
            let before = seen.len();
            seen |= &*came;
            tally.new.push(seen.len() - before);
            last = came;
        }
        if self.by_day {
            tally.windows = WINDOWS.map(|window| window_sizes(&part.days, window));
        }
        tally
    }
}

/// How many are in the union of each day and those before it, `window` in all.
///
/// Days are cut into blocks of the window's length: a window is the end of one block and the beginning of the next, and
/// those unions grow a day at a time. So each day is united three times, however long the window is (van Herk, 1992).
fn window_sizes(days: &[RoaringBitmap], window: usize) -> Vec<u64> {
    let mut sizes = Vec::with_capacity(days.len());
    // The unions of the last block from each of its days to its end.
    let mut ends: Vec<RoaringBitmap> = Vec::new();
    for block in days.chunks(window) {
        let mut begun = RoaringBitmap::new();
        for (place, day) in block.iter().enumerate() {
            begun |= day;
            let size = match ends.get(place + 1) {
                Some(end) => end.union_len(&begun),
                None => begun.len(),
            };
            sizes.push(size);
        }
        ends = block.to_vec();
        for place in (0..ends.len().saturating_sub(1)).rev() {
            let (before, after) = ends.split_at_mut(place + 1);
            if let (Some(one), Some(next)) = (before.last_mut(), after.first()) {
                *one |= next;
            }
        }
    }
    sizes
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        let sum = |into: &mut Vec<u64>, from: &[u64]| {
            into.resize(into.len().max(from.len()), 0);
            into.iter_mut().zip(from).for_each(|(sum, more)| *sum += more);
        };
        sum(&mut self.active, &other.active);
        sum(&mut self.new, &other.new);
        sum(&mut self.returning, &other.returning);
        self.windows.iter_mut().zip(&other.windows).for_each(|(into, from)| sum(into, from));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn part() -> impl Strategy<Value = DayPart> {
        let day = || prop::collection::btree_set(0u32..12, 0..6).prop_map(RoaringBitmap::from_iter);
        (day(), prop::collection::vec(day(), 1..80)).prop_map(|(before, days)| DayPart {
            before,
            days,
            again: Vec::new(),
        })
    }

    proptest! {
        #[test]
        fn unions_count_what_sets_count(part in part(), length in 1usize..9, from in 0usize..40) {
            let from = from.min(part.days.len());
            let days: Vec<usize> = (from..part.days.len()).collect();
            let intervals = days.chunks(length).map(|days| days[0]..days[days.len() - 1] + 1).collect();
            let plan = Plan { intervals, by_day: true };
            let tally = plan.count(&part);
            let set = |days: Range<usize>| part.days[days].iter().flatten().collect::<BTreeSet<u32>>();
            let mut last = BTreeSet::new();
            for (place, days) in plan.intervals.iter().enumerate() {
                let came = set(days.clone());
                let seen: BTreeSet<u32> = set(0..days.start).into_iter().chain(&part.before).collect();
                prop_assert_eq!(tally.active[place], came.len() as u64);
                prop_assert_eq!(tally.new[place], came.difference(&seen).count() as u64);
                prop_assert_eq!(tally.returning[place], came.intersection(&last).count() as u64);
                let listed = |group| plan.people(&part, place, group).len();
                prop_assert_eq!(listed(ActiveGroup::Active), tally.active[place]);
                prop_assert_eq!(listed(ActiveGroup::New), tally.new[place]);
                prop_assert_eq!(listed(ActiveGroup::Returning), tally.returning[place]);
                let back = tally.active[place] - tally.new[place] - tally.returning[place];
                prop_assert_eq!(listed(ActiveGroup::Resurrected), back);
                prop_assert_eq!(listed(ActiveGroup::Dormant), last.len() as u64 - tally.returning[place]);
                last = came;
            }
            for (sizes, window) in tally.windows.iter().zip(WINDOWS) {
                for (day, size) in sizes.iter().enumerate() {
                    let held = set((day + 1).saturating_sub(window)..day + 1);
                    prop_assert_eq!(*size, held.len() as u64, "day {} of {}", day, window);
                }
            }
        }
    }
}
