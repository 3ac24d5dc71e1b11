//! Scores: counted anew from the facts whenever the log tells that something may have changed them, and a few of everybody's at
//! every sweep, for what no event tells: who is one person, who was erased.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, PoisonError};

use fanvine_kernel::Timestamp;
use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::ids::SourceId;
use fanvine_store::{StoreError, Tx};
use serde_json::Value;

use super::facts::{self, Fact};
use super::standings::EntrantState;
use super::store::{self, Entrant, Spot};
use super::{KIND, Measure, Open};
use crate::Promote;
use crate::plays::runs;
use crate::vote::EntryView;

/// Contests in flight that are looked at.
const MOST: u32 = 1_000;
/// Of each, how many are counted anew at a sweep, whatever happened.
const AT_A_SWEEP: u32 = 100;

/// What is remembered of contests between two looks at them.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Counts publications of contests, and the start of the program.
    published: AtomicU64,
    /// What that count was when none was found in flight.
    none_since: AtomicU64,
    /// By contest, the number of the last who was looked over.
    looked: Mutex<BTreeMap<String, i64>>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { published: AtomicU64::new(1), none_since: AtomicU64::new(0), looked: Mutex::default() }
    }
}

impl Watch {
    /// Whether any contest may be in flight.
    pub fn any(&self) -> bool {
        self.published.load(SeqCst) != self.none_since.load(SeqCst)
    }

    /// One was published.
    pub fn one_more(&self) {
        self.published.fetch_add(1, SeqCst);
    }

    fn looked_over(&self, run_id: &str) -> i64 {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).get(run_id).copied().unwrap_or(0)
    }

    fn look_on(&self, run_id: &str, last: i64) {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).insert(run_id.to_owned(), last);
    }
}

/// Somebody who takes part, and what is known of the person beside the store.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub entrant: Entrant,
    /// All keys of the person.
    pub keys: Vec<String>,
    /// Whether the person was erased since they joined.
    pub erased: bool,
}

impl Promote {
    /// The contests that are not settled.
    pub(crate) async fn contests_in_flight(&self) -> Result<Vec<Open>, StoreError> {
        let asked = self.contests.published.load(SeqCst);
        let read = self.store.read(|tx| Box::pin(async move { runs::list(tx, KIND, None, true, None, MOST).await }));
        let found: Vec<Open> = read.await?.into_iter().filter_map(|run| Open::of(run).ok()).collect();
        if found.is_empty() {
            self.contests.none_since.store(asked, SeqCst);
        }
        Ok(found)
    }

    /// Counts anew whoever these events concern. The facts are in the store before their events are in the log, so whoever is counted
    /// again, by a repeated event, has the same score.
    pub(crate) async fn count_contests(&self, events: &[(u64, EventRef<'_>)]) -> Result<(), StoreError> {
        let own = |event: &&EventRef<'_>| event.source == SourceId::own().as_str() && TELLING.contains(&event.name);
        let telling: Vec<&EventRef<'_>> = events.iter().map(|(_, event)| event).filter(own).collect();
        if telling.is_empty() || !self.contests.any() {
            return Ok(());
        }
        for open in self.contests_in_flight().await? {
            let mut owners = BTreeSet::new();
            for event in &telling {
                owners.extend(self.owners(&open, event).await?);
            }
            let keys: BTreeSet<String> = owners.iter().flat_map(|owner| self.keys_of(owner)).collect();
            if !keys.is_empty() {
                self.count_keys(&open, keys.into_iter().collect()).await?;
            }
        }
        Ok(())
    }

    /// Counts anew whoever put up an entry that was shown or hidden.
    pub(crate) async fn count_votes_for(&self, entry: &EntryView) -> Result<(), StoreError> {
        if !self.contests.any() {
            return Ok(());
        }
        for open in self.contests_in_flight().await? {
            if matches!(&open.rules.measure, Measure::Votes { play_id } if *play_id == entry.play_id) {
                self.count_keys(&open, self.keys_of(&entry.shopper_id)).await?;
            }
        }
        Ok(())
    }

    /// Whose score in a contest an event may have changed.
    async fn owners(&self, open: &Open, event: &EventRef<'_>) -> Result<Vec<String>, StoreError> {
        let told: Value = event.properties.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let text = |field: &str| told[field].as_str().map(str::to_owned);
        match (event.name, &open.rules.measure) {
            (names::INVITEE_ACTIVATED, Measure::Friends { .. }) => Ok(text("inviter_id").into_iter().collect()),
            (names::VOTE_CAST, Measure::Votes { .. }) => {
                let Some(entry_id) = text("entry_id") else { return Ok(Vec::new()) };
                let read = self.store.read(|tx| Box::pin(async move { crate::vote::store::one(tx, &entry_id).await }));
                Ok(read.await?.map(|entry| entry.shopper_id).into_iter().collect())
            }
            (names::VOTE_CAST | names::INVITEE_ACTIVATED, _) => Ok(Vec::new()),
            (_, measure) => {
                let (Some(order), Some(buyer)) = (text("redemption_id"), event.user_id) else { return Ok(Vec::new()) };
                let (measure, buyer) = (measure.clone(), self.keys_of(buyer));
                let read = self
                    .store
                    .read(|tx| Box::pin(async move { facts::owners_of_order(tx, &measure, &order, &buyer).await }));
                read.await
            }
        }
    }

    /// Counts anew whoever takes part in a contest under any of these keys.
    pub(crate) async fn count_keys(&self, open: &Open, keys: Vec<String>) -> Result<(), StoreError> {
        let run_id = open.run.run_id.clone();
        let read = self.store.read(|tx| Box::pin(async move { store::of_keys(tx, &run_id, &keys).await }));
        let known = self.known(read.await?);
        if known.is_empty() {
            return Ok(());
        }
        let open = open.clone();
        self.store.write(move |tx| Box::pin(async move { count(tx, &open, known).await })).await
    }

    /// Forgets whoever took part under these keys and was erased since: who comes again is somebody else.
    pub(super) async fn forget_erased(&self, open: &Open, keys: &[String]) -> Result<(), StoreError> {
        let (run_id, wanted) = (open.run.run_id.clone(), keys.to_vec());
        let read = self.store.read(|tx| Box::pin(async move { store::of_keys(tx, &run_id, &wanted).await }));
        let found: Vec<Entrant> = read.await?;
        match found.iter().any(|one| self.was_erased(one)) {
            true => self.count_keys(open, keys.to_vec()).await,
            false => Ok(()),
        }
    }

    /// What is known of these beside the store, from memory.
    pub(super) fn known(&self, entrants: Vec<Entrant>) -> Vec<Known> {
        let known = |entrant: Entrant| {
            let keys = self.keys_of(&entrant.shopper_id);
            let erased = self.was_erased(&entrant);
            Known { entrant, keys, erased }
        };
        entrants.into_iter().filter(|one| one.state != EntrantState::Erased).map(known).collect()
    }

    /// Whether somebody was erased since they joined.
    pub(super) fn was_erased(&self, entrant: &Entrant) -> bool {
        let erased_at = self.others.audience.erased_at(&entrant.shopper_id);
        erased_at.is_some_and(|erased_at| entrant.joined_at <= erased_at)
    }

    /// Counts some of everybody anew in each contest, a few more at every sweep, and forgets who was erased.
    pub(crate) async fn look_over_contests(&self) -> Result<(), StoreError> {
        if !self.contests.any() {
            return Ok(());
        }
        for open in self.contests_in_flight().await? {
            let (run_id, after) = (open.run.run_id.clone(), self.contests.looked_over(&open.run.run_id));
            let read =
                self.store.read(|tx| Box::pin(async move { store::behind(tx, &run_id, after, AT_A_SWEEP).await }));
            let some: Vec<Entrant> = read.await?;
            let last = some.last().filter(|_| some.len() == AT_A_SWEEP as usize).map_or(0, |last| last.number);
            let known = self.known(some);
            let (of, looked) = (open.clone(), known.clone());
            let read = self.store.read(|tx| Box::pin(async move { changed(tx, &of, &looked).await }));
            let stale: BTreeSet<i64> = read.await?.into_iter().map(|(one, ..)| one.number).collect();
            let stale: Vec<Known> =
                known.into_iter().filter(|one| one.erased || stale.contains(&one.entrant.number)).collect();
            if !stale.is_empty() {
                let open = open.clone();
                self.store.write(move |tx| Box::pin(async move { count(tx, &open, stale).await })).await?;
            }
            self.contests.look_on(&open.run.run_id, last);
        }
        Ok(())
    }
}

/// Events that tell of something that a contest may count.
const TELLING: &[&str] = &[
    names::REDEMPTION_REDEEMED,
    names::REDEMPTION_ROLLED_BACK,
    names::REDEMPTION_RETURNED,
    names::INVITEE_ACTIVATED,
    names::VOTE_CAST,
];

/// Counts these anew, unless the contest is settled.
pub(super) async fn count(tx: &mut Tx, open: &Open, known: Vec<Known>) -> Result<(), StoreError> {
    let run_id = &open.run.run_id;
    // Of two who count at once, the second finds what the first did, and whatever came in between.
    store::lock(tx, run_id).await?;
    if runs::ended(tx, run_id).await?.is_some() {
        return Ok(());
    }
    recount(tx, open, known).await
}

/// Counts these anew. Whoever calls this holds the contest's lock.
pub(super) async fn recount(tx: &mut Tx, open: &Open, known: Vec<Known>) -> Result<(), StoreError> {
    let run_id = &open.run.run_id;
    let (gone, known): (Vec<Known>, Vec<Known>) = known.into_iter().partition(|one| one.erased);
    for one in gone {
        store::forget(tx, run_id, one.entrant.number).await?;
    }
    let changed = changed(tx, open, &known).await?;
    store::stand(tx, run_id, &changed).await
}

/// Where those of them stand who do not stand there by their rows.
async fn changed(tx: &mut Tx, open: &Open, known: &[Known]) -> Result<Vec<(Entrant, EntrantState, Spot)>, StoreError> {
    let keys: BTreeSet<String> = known.iter().flat_map(|one| one.keys.iter().cloned()).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    // Read anew: who left or was excluded meanwhile is known here.
    let rows = store::of_keys(tx, &open.run.run_id, &keys).await?;
    let rows: BTreeMap<String, Entrant> = rows.into_iter().map(|row| (row.shopper_id.clone(), row)).collect();
    let mut by_key: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
    for fact in facts::of_keys(tx, open, &keys).await? {
        by_key.entry(fact.key.clone()).or_default().push(fact);
    }
    let mut found = Vec::new();
    for one in known {
        let Some(row) = rows.get(&one.entrant.shopper_id) else { continue };
        let first = one.keys.iter().filter_map(|key| rows.get(key)).map(|row| row.number).min();
        let state = match first {
            Some(first) if first < row.number => EntrantState::Double,
            _ if row.excluded_at.is_some() => EntrantState::Excluded,
            _ if row.left_at.is_some() => EntrantState::Left,
            _ => EntrantState::In,
        };
        let (score, reached_at) = match state {
            EntrantState::In | EntrantState::Excluded => score_of(&by_key, &one.keys),
            EntrantState::Double | EntrantState::Left | EntrantState::Erased => (0, Timestamp::from_micros(0)),
        };
        let spot = Spot { score, reached_at, number: row.number };
        if (row.state, row.score, row.reached_at) != (state, score, reached_at) {
            found.push((row.clone(), state, spot));
        }
    }
    Ok(found)
}

/// What a person scored, and since when: the moment of the last of what still counts. What others undo later makes nobody's score
/// younger.
fn score_of(by_key: &BTreeMap<String, Vec<Fact>>, keys: &[String]) -> (i64, Timestamp) {
    let nobody = Timestamp::from_micros(0);
    let theirs = keys.iter().filter_map(|key| by_key.get(key)).flatten();
    let counts = |fact: &&Fact| fact.left > 0 && fact.by.as_ref().is_none_or(|by| !keys.contains(by));
    theirs
        .filter(counts)
        .fold((0_i64, nobody), |(score, reached_at), fact| (score.saturating_add(fact.left), reached_at.max(fact.at)))
}
