//! Asking rules about people, and keeping what they say.

use std::sync::Arc;

use fanvine_kernel::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::definition::SegmentError;
use super::facts::{KnownPerson, Sources, days_of};
use super::live::Program;
use super::stated::Stated;
use super::watch::Touched;
use crate::People;

/// People asked about under one lock: events wait meanwhile.
pub(crate) const SLICE: usize = 256;

/// Which rules are asked about whom.
pub(crate) struct Asked {
    /// All keys of one person, ascending.
    pub(crate) numbers: Vec<u32>,
    /// The rules, by number in the program.
    pub(crate) rules: Touched,
}

impl People {
    /// The people who have one of these numbers, each by all their numbers, ascending.
    pub(crate) fn persons_of(&self, numbers: &[u32]) -> Vec<Vec<u32>> {
        // Copied, because whoever takes events in holds the shoppers while they wait for identity.
        let keys = self.keys_of(numbers.iter().copied());
        let with: Vec<_> = {
            let index = self.identity().read();
            keys.iter().map(|key| index.keys_with(key)).collect()
        };
        let (mut seen, mut persons) = (FxHashSet::default(), Vec::with_capacity(numbers.len()));
        let shoppers = self.shoppers();
        for ((number, key), keys) in numbers.iter().zip(&keys).zip(with) {
            if key.is_empty() {
                // Erased: nobody's.
                continue;
            }
            let mut all = vec![*number];
            if keys.len() > 1 {
                all.extend(keys.iter().filter_map(|key| shoppers.number_of(key)));
                all.sort_unstable();
                all.dedup();
            }
            if all.first().is_some_and(|first| seen.insert(*first)) {
                persons.push(all);
            }
        }
        persons
    }

    /// Asks rules about people and keeps the answers. `of` is the program whose numbers are meant: under another, all
    /// rules are asked.
    pub(crate) async fn look_at(&self, of: &Arc<Program>, asked: &[Asked]) -> Result<(), SegmentError> {
        for slice in asked.chunks(SLICE) {
            let numbers = slice.iter().flat_map(|one| &one.numbers).copied().collect();
            let stated = self.stated(of, numbers).await?;
            self.ask(of, slice, &stated)?;
        }
        Ok(())
    }

    fn ask(&self, of: &Arc<Program>, asked: &[Asked], stated: &Stated) -> Result<(), SegmentError> {
        let days = days_of(self.segments.definitions().values().map(|one| &one.rule));
        let lists = self.segments.lists();
        let ranks = self.segments.ranks();
        // Kept until the answers are: nobody else may keep an older answer over a newer one.
        let mut membership = self.segments.membership();
        let shoppers = self.shoppers();
        let program = &shoppers.watch.program;
        let same = Arc::ptr_eq(of, program);
        let now = shoppers.watch.moment(self.clock.now());
        let all: Vec<usize> = (0..program.len()).collect();
        let no_segments = FxHashMap::default();
        let sources = Sources {
            shoppers: &shoppers,
            lists: &lists,
            ranks: ranks.as_deref(),
            segments: &no_segments,
            days: &days,
            now,
            zone: self.zone,
        };
        let mut answers = membership.answers(program);
        for one in asked {
            let stated = stated.of(&one.numbers);
            let person = KnownPerson::new(&sources, &one.numbers, &stated);
            let states = person.states(program)?;
            answers.together.meet(&one.numbers);
            let (rules, whole) = match &one.rules {
                Touched::Rules(rules) if same => (rules, false),
                _ => (&all, true),
            };
            let mut until: Option<Timestamp> = None;
            for rule in rules {
                let Some(held) = answers.held.get_mut(*rule).and_then(Option::as_mut) else { continue };
                let verdict = program.evaluate(*rule, &states, &person, now);
                held.settle(&one.numbers, verdict.holds);
                until = until.into_iter().chain(verdict.until).min();
            }
            if let Some(first) = one.numbers.first() {
                answers.timers.wake(*first, until, whole);
            }
        }
        Ok(())
    }
}
