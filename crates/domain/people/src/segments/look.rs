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

    /// Asks rules about people and keeps the answers. `of` is the program whose numbers are meant: where another is in
    /// force by then, all its rules are asked.
    pub(crate) async fn look_at(&self, of: &Arc<Program>, asked: &[Asked]) -> Result<(), SegmentError> {
        for slice in asked.chunks(SLICE) {
            let _alone = self.segments.looking.lock().await;
            let (mut of, mut rules, mut all) = (of.clone(), rules_of(slice), false);
            loop {
                let numbers = slice.iter().flat_map(|one| &one.numbers).copied().collect();
                let stated = self.stated(&of, rules.as_deref(), numbers).await?;
                match self.ask(&of, all, slice, &stated)? {
                    None => break,
                    Some(another) => (of, rules, all) = (another, None, true),
                }
            }
        }
        Ok(())
    }

    /// Asks a program's rules about people, or all of them, if the program is in force; else the one that is.
    fn ask(
        &self,
        of: &Arc<Program>,
        all_rules: bool,
        asked: &[Asked],
        stated: &Stated,
    ) -> Result<Option<Arc<Program>>, SegmentError> {
        let days = days_of(self.segments.definitions().values().map(|one| &one.rule));
        let lists = self.segments.lists();
        let ranks = self.segments.ranks();
        // Kept until the answers are: nobody else may keep an older answer over a newer one.
        let mut membership = self.segments.membership();
        let shoppers = self.shoppers();
        let program = &shoppers.watch.program;
        if !Arc::ptr_eq(of, program) {
            return Ok(Some(program.clone()));
        }
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
        // Whoever was erased since they were found is nobody any more.
        let there = |one: &&Asked| one.numbers.iter().all(|number| !shoppers.key_of(*number).is_empty());
        for one in asked.iter().filter(there) {
            let stated = stated.of(&one.numbers);
            let person = KnownPerson::new(&sources, &one.numbers, &stated);
            let states = person.states(program)?;
            answers.together.meet(&one.numbers);
            let (rules, whole) = match &one.rules {
                Touched::Rules(rules) if !all_rules => (rules, false),
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
        Ok(None)
    }
}

/// The rules that are asked about any of these people; none if all are about somebody.
fn rules_of(asked: &[Asked]) -> Option<Vec<usize>> {
    let mut all = Vec::new();
    for one in asked {
        match &one.rules {
            Touched::All => return None,
            Touched::Rules(rules) => all.extend(rules),
        }
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

#[cfg(test)]
mod tests {
    use fanvine_testkit::track;
    use futures::poll;

    use super::*;
    use crate::segments::saving::Saving;
    use crate::segments::text::parse;
    use crate::testing::Opened;

    /// Everybody asked whether they bought nothing.
    async fn asked(shop: &Opened) -> (Arc<Program>, Vec<Asked>) {
        let saving = Saving {
            id: "idle".into(),
            name: "idle".into(),
            description: String::new(),
            rule: parse("not bought and not trait city = \"x\"").unwrap(),
            announce_existing: false,
            exists: false,
        };
        shop.people.save_segment(saving).await.unwrap();
        shop.does([track("Product Viewed").user("ann"), track("Product Viewed").user("bob")]);
        while shop.people.count_segments().await.unwrap() {}
        let asked = [0, 1].map(|number| Asked { numbers: vec![number], rules: Touched::All }).into();
        (shop.people.shoppers().watch.program.clone(), asked)
    }

    fn members(shop: &Opened) -> Vec<u32> {
        shop.people.segments.membership().of("idle").unwrap().members.iter().collect()
    }

    #[tokio::test]
    async fn whoever_is_erased_while_they_are_asked_about_belongs_nowhere() {
        let shop = Opened::new().await;
        let (program, asked) = asked(&shop).await;
        assert_eq!(members(&shop), [0, 1]);
        let gone = ["ann".to_owned()];
        let numbers = shop.people.shoppers_mut().erase(&gone, shop.people.clock.now());
        shop.people.segments.membership().forget_people(&numbers);
        shop.people.look_at(&program, &asked).await.unwrap();
        assert_eq!(members(&shop), [1]);
    }

    #[tokio::test]
    async fn what_was_said_of_somebody_is_asked_and_kept_before_it_is_asked_again() {
        let shop = Opened::new().await;
        let (program, asked) = asked(&shop).await;
        // Whoever reads the store meanwhile keeps all its readers, so what is said of people is waited for.
        let reading = Arc::new(tokio::sync::Mutex::new(()));
        let held = reading.clone().lock_owned().await;
        for _ in 0..64 {
            let (store, reading) = (shop.people.store.clone(), reading.clone());
            tokio::spawn(async move {
                let waits = store.read(move |_| {
                    Box::pin(async move {
                        let _turn = reading.lock().await;
                        Ok::<_, fanvine_store::StoreError>(())
                    })
                });
                waits.await.unwrap();
            });
        }
        tokio::task::yield_now().await;
        let mut first = std::pin::pin!(shop.people.look_at(&program, &asked));
        assert!(poll!(&mut first).is_pending(), "it waits for the store");
        assert!(shop.people.segments.looking.try_lock().is_err());
        drop(held);
        first.await.unwrap();
        assert!(shop.people.segments.looking.try_lock().is_ok());
    }
}
