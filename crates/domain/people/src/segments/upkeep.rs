//! Keeping membership up: rules are put in force between two batches of the log, their past is counted from the lake, and
//! whoever did something, or whose time has come, is asked about again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fanvine_lake::LakeError;
use rustc_hash::FxHashMap;

use super::definition::SegmentError;
use super::live::{Fact, Program, States};
use super::look::Asked;
use super::past::{self, Gather, Reading};
use super::ranks::{Models, RANKED, Ranks};
use super::state::Backfill;
use super::watch::{Past, Touched};
use crate::People;

/// People asked about in one round because their time has come.
const MOST_DUE: usize = 20_000;
/// Cells to which the past is added under one lock.
const SLICE: usize = 512;
/// Numbers of which people are sought at a time.
const SWEPT: u32 = 1_024;

impl People {
    /// Puts the rules of segments in force as they are defined now, if they are not, or if some past is to be counted. To
    /// be called between two batches of the log, by whoever takes them in: the past of what is new ends exactly here.
    /// Does nothing while people and lake are not equally far.
    ///
    /// # Errors
    /// The lake's memory cannot be read. Then all is as before.
    pub fn put_segments_in_force(&self) -> Result<(), LakeError> {
        if !self.must_put_in_force() || self.lake.next_offset() != self.next_offset() {
            return Ok(());
        }
        let snapshot = self.lake.snapshot()?;
        self.segments.changed.store(false, Ordering::Release);
        let definitions = self.segments.definitions();
        let mut membership = self.segments.membership();
        let mut shoppers = self.shoppers_mut();
        let from_the_start = shoppers.next_offset() == 0;
        let rules = definitions.values().map(|one| (one.id.clone(), &one.rule));
        match shoppers.watch.install(rules, self.zone, from_the_start, true) {
            // Checked when they were saved.
            Err(error) => tracing::error!(%error, "the rules of segments do not fit together"),
            Ok(slots) if slots.is_empty() => {}
            Ok(slots) => self.segments.put_backfill(Backfill { slots, snapshot }),
        }
        membership.unsettle_unknown(&shoppers.watch);
        Ok(())
    }

    /// Resolves when there is something to put in force.
    pub async fn segments_wait(&self) {
        let notified = self.segments.something.notified();
        if !self.must_put_in_force() {
            notified.await;
        }
    }

    fn must_put_in_force(&self) -> bool {
        let counting = self.segments.counting.load(Ordering::Acquire);
        !counting && (self.segments.changed.load(Ordering::Acquire) || self.shoppers().watch.is_waiting())
    }

    /// One round: whoever did something, is another person now, or whose time has come is asked about again; who came and
    /// went is announced. How many events that were. Does nothing until the log was read again as far as before.
    ///
    /// # Errors
    /// The store failed, or what is kept of somebody cannot be read. What was asked is asked again.
    pub async fn keep_segments(&self) -> Result<usize, SegmentError> {
        if !self.segments.has_caught_up(self.next_offset()) {
            return Ok(0);
        }
        self.meet();
        let (program, mut touched) = {
            let mut shoppers = self.shoppers_mut();
            (shoppers.watch.program.clone(), shoppers.watch.take_touched())
        };
        let now = self.shoppers().watch.moment(self.clock.now());
        let due = self.segments.membership().timers.take_due(now, MOST_DUE);
        touched.extend(due.iter().map(|number| (*number, Touched::All)));
        if !touched.is_empty() {
            let numbers: Vec<u32> = touched.keys().copied().collect();
            let looked = self.look_again(&program, &numbers, &touched).await;
            if let Err(error) = looked {
                let mut shoppers = self.shoppers_mut();
                numbers.iter().for_each(|number| shoppers.watch.touch(*number, Touched::All));
                return Err(error);
            }
        }
        self.announce().await
    }

    /// Asks the rules that were touched, and those that read facts, about everybody with one of these numbers.
    async fn look_again(
        &self,
        program: &Arc<Program>,
        numbers: &[u32],
        touched: &FxHashMap<u32, Touched>,
    ) -> Result<(), SegmentError> {
        let facts = program.readers_of_facts();
        for numbers in numbers.chunks(SWEPT as usize) {
            let persons = self.persons_of(numbers).into_iter();
            let asked: Vec<Asked> = persons
                .map(|numbers| {
                    let mut rules = Touched::Rules(facts.clone());
                    numbers.iter().filter_map(|number| touched.get(number)).for_each(|more| rules.join(more.clone()));
                    Asked { numbers, rules }
                })
                .collect();
            self.look_at(program, &asked).await?;
        }
        Ok(())
    }

    /// Takes in who is another person by a decision, and who came that a list waits for.
    fn meet(&self) {
        let nobody: [fanvine_kernel::event::EventRef<'_>; 0] = [];
        let moved = self.identity().observe(nobody);
        let came = {
            let mut lists = self.segments.lists_mut();
            lists.meet(&self.shoppers())
        };
        if moved.is_empty() && came.is_empty() {
            return;
        }
        let mut shoppers = self.shoppers_mut();
        shoppers.moved(&moved, &self.identity().read());
        came.into_iter().for_each(|number| shoppers.watch.touch(number, Touched::All));
    }

    /// One piece of the long work, which blocks the thread for seconds at a time: the past of new clauses, everybody once after the start, the first members of a
    /// segment, or where buyers stand. Whether there was any.
    ///
    /// # Errors
    /// The store or the lake failed, or what is kept of somebody cannot be read. It is tried again the next time.
    pub async fn count_segments(&self) -> Result<bool, SegmentError> {
        if !self.segments.has_caught_up(self.next_offset()) {
            return Ok(false);
        }
        self.meet();
        if let Some(backfill) = self.segments.take_backfill() {
            let slots = backfill.slots.clone();
            let counted = self.count_past(backfill).await;
            if counted.is_err() {
                self.shoppers_mut().watch.want(&slots);
            }
            self.segments.counting.store(false, Ordering::Release);
            self.segments.something.notify_waiters();
            return counted.map(|()| true);
        }
        let ranked = self.rank()?;
        if !self.segments.reviewed.load(Ordering::Acquire) {
            self.sweep(|program| (0..program.len()).collect(), true).await?;
            self.segments.reviewed.store(true, Ordering::Release);
            self.announce().await?;
            return Ok(true);
        }
        if ranked {
            self.sweep(readers_of_ranks, false).await.inspect_err(|_| self.segments.rank_again())?;
        }
        Ok(self.count_members().await? || ranked)
    }

    /// Counts the first members of the segments whose past is known.
    async fn count_members(&self) -> Result<bool, SegmentError> {
        let counting: Vec<(String, u64)> = {
            let mut membership = self.segments.membership();
            let shoppers = self.shoppers();
            let (watch, program) = (&shoppers.watch, &shoppers.watch.program);
            let ready = (0..program.len()).filter(|rule| watch.past_of(*rule) == Past::Known);
            let ready = ready.map(|rule| program.id(rule).to_owned());
            let ready: Vec<String> =
                ready.filter(|id| membership.of(id).is_none_or(|held| held.is_waiting())).collect();
            // What is defined but not in force yet waits for that.
            if self.segments.changed.load(Ordering::Acquire) { Vec::new() } else { ready }
                .into_iter()
                .map(|id| {
                    let stamp = membership.entry(&id).count();
                    (id, stamp)
                })
                .collect()
        };
        if counting.is_empty() {
            return Ok(false);
        }
        let wanted: Vec<String> = counting.iter().map(|(id, _)| id.clone()).collect();
        let swept = self.sweep(move |program| wanted.iter().filter_map(|id| program.find(id)).collect(), false).await;
        {
            let mut membership = self.segments.membership();
            counting.iter().for_each(|(id, stamp)| match &swept {
                Ok(()) => membership.counted(id, *stamp),
                Err(_) => membership.entry(id).abandon(*stamp),
            });
        }
        swept?;
        self.announce().await?;
        Ok(true)
    }

    /// Asks some rules about everybody; `whole` if those are all.
    async fn sweep(&self, rules: impl Fn(&Program) -> Vec<usize>, whole: bool) -> Result<(), SegmentError> {
        let len = self.shoppers().len() as u32;
        for first in (0..len).step_by(SWEPT as usize) {
            let numbers: Vec<u32> = (first..len.min(first.saturating_add(SWEPT))).collect();
            let program = self.shoppers().watch.program.clone();
            let asked =
                self.persons_of(&numbers).into_iter().filter(|one| one.first().is_some_and(|one| *one >= first));
            let asked: Vec<Asked> = asked
                .map(|numbers| {
                    let rules = if whole { Touched::All } else { Touched::Rules(rules(&program)) };
                    Asked { numbers, rules }
                })
                .collect();
            self.look_at(&program, &asked).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Takes a census where rules ask for it and the last is old; whether rules are to be asked about everybody again,
    /// because of a census they have not seen.
    fn rank(&self) -> Result<bool, SegmentError> {
        if readers_of_ranks(&self.shoppers().watch.program).is_empty() {
            return Ok(false);
        }
        self.take_ranks(Models::default())?;
        Ok(self.segments.ranks_are_new())
    }

    /// Takes a census, if the last is old or has no such models: where buyers stand from now on. Has the models that
    /// rules in force read, too. Blocks.
    pub(crate) fn take_ranks(&self, models: Models) -> Result<(), SegmentError> {
        let now = self.clock.now();
        let models = models.and(models_read_by(&self.shoppers().watch.program));
        if !self.segments.ranks().is_some_and(|ranks| ranks.answer(models, now)) {
            // A census copies cells a few thousand at a time and reads them without a lock.
            let ranks = Ranks::take(self, now, models)?;
            self.segments.set_ranks(Arc::new(ranks));
        }
        Ok(())
    }

    /// Counts the past of clauses and adds it to what they remember since.
    async fn count_past(&self, backfill: Backfill) -> Result<(), SegmentError> {
        let Backfill { slots, snapshot } = backfill;
        let (program, latest) = {
            let shoppers = self.shoppers();
            (shoppers.watch.program.clone(), shoppers.watch.moment(self.clock.now()))
        };
        // Of those that are still in force; for the others nobody asks.
        let places = program.places_of(&slots);
        let known = self.segments.numbers.of_lake(&self.lake, self)?;
        let reading = Reading::new(&program, &places, latest);
        let gather = |_| Gather { reading: &reading, places: &known, found: Vec::new() };
        let gathered = snapshot.walk(&past::walk(&program, &places, &known, true), gather)?;
        let found: Vec<(u32, Box<[u8]>)> = gathered.into_iter().flat_map(|one| one.found).collect();
        for slice in found.chunks(SLICE) {
            {
                let mut shoppers = self.shoppers_mut();
                for (number, bytes) in slice {
                    if shoppers.key_of(*number).is_empty() {
                        // Erased meanwhile.
                        continue;
                    }
                    // Written a moment ago, by the same program.
                    let past = States::decode(bytes).unwrap_or_default();
                    shoppers.remember(*number, &past)?;
                }
            }
            tokio::task::yield_now().await;
        }
        self.shoppers_mut().watch.know(&slots);
        Ok(())
    }
}

impl Program {
    /// The rules that depend on what is counted or said of a person.
    pub(crate) fn readers_of_facts(&self) -> Vec<usize> {
        let facts = self.facts().filter(|fact| matches!(fact, Fact::Trait(_) | Fact::Computed(_) | Fact::Tag(_)));
        let mut rules: Vec<usize> = facts.flat_map(|fact| self.readers(fact)).copied().collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

/// The rules that depend on where buyers stand.
fn readers_of_ranks(program: &Program) -> Vec<usize> {
    RANKED.iter().flat_map(|name| program.readers(&Fact::Computed((*name).to_owned()))).copied().collect()
}

fn models_read_by(program: &Program) -> Models {
    let read = |name: &&str| !program.readers(&Fact::Computed((*name).to_owned())).is_empty();
    Models::giving(RANKED.into_iter().filter(read))
}

#[cfg(test)]
mod tests {
    use fanvine_testkit::track;

    use crate::segments::ranks::RANKS_STAND;
    use crate::segments::saving::Saving;
    use crate::segments::text::parse;
    use crate::testing::Opened;

    #[tokio::test]
    async fn where_buyers_stand_is_asked_again_if_it_failed_though_the_census_is_fresh() {
        let shop = Opened::new().await;
        let saving = Saving {
            id: "top".into(),
            name: "top".into(),
            description: String::new(),
            rule: parse("value spend_rank >= 0.9 and not trait city = \"x\"").unwrap(),
            announce_existing: true,
            exists: false,
        };
        shop.people.save_segment(saving).await.unwrap();
        let order = |user: &str, minor: i64| {
            let properties = format!(r#"{{"order_id":"{user}","revenue":{minor},"currency":"CNY"}}"#);
            track("Order Completed").user(user).properties(&properties).with(move |event| {
                (event.revenue_minor, event.currency) = (Some(minor * 100), "CNY".parse().ok());
            })
        };
        shop.does([order("ann", 5)]);
        while shop.people.count_segments().await.unwrap() {}
        let members =
            || shop.people.segments.membership().of("top").map(|held| held.members.iter().collect::<Vec<_>>());
        assert_eq!(members(), Some(vec![0]));
        shop.does([order("bob", 9)]);
        shop.clock.advance_micros(RANKS_STAND + 1);
        shop.run("ALTER TABLE people_traits RENAME TO hidden").await;
        assert!(shop.people.count_segments().await.is_err());
        shop.run("ALTER TABLE hidden RENAME TO people_traits").await;
        assert!(shop.people.count_segments().await.unwrap());
        assert_eq!(members(), Some(vec![1]), "ann is not among the best any more");
        assert!(!shop.people.count_segments().await.unwrap());
    }
}
