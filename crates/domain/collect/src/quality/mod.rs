//! Data quality: what was counted of each source while it was taken in.
//!
//! Counted in memory, since the program started: how much came, how much of it came again, was refused or is told about,
//! and how late it was. What is stored can be asked for by SQL; this is what storing it forgets.

pub mod show_quality;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::SourceId;
use rustc_hash::FxHashMap;

use crate::plan::departure::Departure;
use crate::plan::schema::Violation;

/// How late events were, by the upper end of each class in microseconds; more than the last is the last class but one,
/// and the very last are those that say they happened more than a minute after they arrived.
pub(crate) const LATE_US: [i64; 5] = [60_000_000, 3_600_000_000, 86_400_000_000, 604_800_000_000, i64::MAX];
/// How many different violations of one source are told apart.
const MOST_VIOLATIONS: usize = 500;

/// The classes of lateness: those of [`LATE_US`], and those from the future.
pub(crate) type Lateness = [u64; LATE_US.len() + 1];

/// In which class an event falls.
pub(crate) fn class_of(occurred_at: Timestamp, received_at: Timestamp) -> usize {
    let late = received_at.micros_since(occurred_at);
    if late < -60_000_000 {
        return LATE_US.len();
    }
    LATE_US.iter().position(|most| late <= *most).unwrap_or(LATE_US.len() - 1)
}

/// What was counted of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) received: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: BTreeMap<&'static str, u64>,
    pub(crate) lateness: Lateness,
    /// By event and violation: how often, and what was wrong the last time.
    pub(crate) violations: BTreeMap<(String, String), (u64, Departure)>,
    pub(crate) last_at: Option<Timestamp>,
}

impl Counted {
    /// Counts a violation that is told about.
    pub(crate) fn violate(&mut self, event: &str, Violation { path, problem }: Violation) {
        let room = self.violations.len() < MOST_VIOLATIONS;
        match self.violations.get_mut(&(event.to_owned(), path.clone())) {
            Some((times, last)) => (*times, *last) = (*times + 1, problem),
            None if room => drop(self.violations.insert((event.to_owned(), path), (1, problem))),
            None => {}
        }
    }

    /// Adds what was counted of one request.
    pub(crate) fn add(&mut self, other: Self) {
        self.received += other.received;
        self.duplicates += other.duplicates;
        self.last_at = self.last_at.max(other.last_at);
        self.lateness.iter_mut().zip(other.lateness).for_each(|(sum, more)| *sum += more);
        other.refused.into_iter().for_each(|(reason, times)| *self.refused.entry(reason).or_default() += times);
        for ((event, path), (times, problem)) in other.violations {
            self.violate(&event, Violation { path: path.clone(), problem });
            if let Some((sum, _)) = self.violations.get_mut(&(event, path)) {
                *sum += times - 1;
            }
        }
    }
}

/// What came from a source since the program started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many messages came.
    pub received: u64,
    /// How many of them had come before.
    pub duplicates: u64,
    /// How many were refused or held, by reason.
    pub refused: BTreeMap<&'static str, u64>,
}

/// What was counted of all sources.
#[derive(Debug)]
pub(crate) struct Quality {
    pub(crate) since: Timestamp,
    sources: Mutex<FxHashMap<SourceId, Counted>>,
}

impl Quality {
    pub(crate) fn new(since: Timestamp) -> Self {
        Self { since, sources: Mutex::default() }
    }

    pub(crate) fn add(&self, source: &SourceId, counted: Counted) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        match sources.get_mut(source) {
            Some(sum) => sum.add(counted),
            None => drop(sources.insert(source.clone(), counted)),
        }
    }

    pub(crate) fn all(&self) -> Vec<(SourceId, Taken)> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken: Vec<_> = sources
            .iter()
            .map(|(source, counted)| {
                let Counted { received, duplicates, ref refused, .. } = *counted;
                (source.clone(), Taken { received, duplicates, refused: refused.clone() })
            })
            .collect();
        taken.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        taken
    }

    pub(crate) fn of(&self, source: &SourceId) -> Counted {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_falls_into_classes() {
        let now = Timestamp::from_seconds(1_000_000_000);
        let late = |seconds: i64| class_of(now.plus_micros(-seconds * 1_000_000), now);
        assert_eq!([late(0), late(60), late(61), late(7_200), late(90_000), late(700_000)], [0, 0, 1, 2, 3, 4]);
        assert_eq!([late(-60), late(-61)], [0, 5]);
    }

    #[test]
    fn what_was_counted_adds_up() {
        let violation = |problem| Violation { path: "properties.price".into(), problem };
        let null = || Departure::Type { got: "null".into(), planned: vec!["number"] };
        let mut one = Counted { received: 3, duplicates: 1, ..Counted::default() };
        one.violate("A", violation(Departure::Missing));
        one.violate("A", violation(null()));
        let mut sum = one.clone();
        sum.add(one);
        assert_eq!((sum.received, sum.duplicates), (6, 2));
        assert_eq!(sum.violations[&("A".into(), "properties.price".into())], (4, null()));
    }
}
