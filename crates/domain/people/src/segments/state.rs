//! The state of segments: definitions and lists as they are now, members, and what waits to be counted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use fanvine_lake::Snapshot;
use fanvine_store::{Store, StoreError};
use tokio::sync::Notify;

use super::definition::Definitions;
use super::grouped::{Grouped, Version};
use super::lists::Lists;
use super::membership::{Held, Membership};
use super::numbers::Numbers;
use super::ranks::Ranks;
use super::store;
use super::watch::Past;
use crate::shoppers::Shoppers;

/// Clauses whose past is to be counted, and the past.
pub(crate) struct Backfill {
    pub(crate) slots: Vec<u64>,
    pub(crate) snapshot: Snapshot,
}

/// See the module. Locks are taken in this order: definitions, lists, membership, shoppers, identity.
pub(crate) struct Segments {
    definitions: RwLock<Definitions>,
    lists: RwLock<Lists>,
    membership: Mutex<Membership>,
    ranks: RwLock<Option<Arc<Ranks>>>,
    /// Whether rules that read the ranks were not asked about everybody since these were taken.
    ranks_new: AtomicBool,
    /// Held while somebody is asked about: what is said of them is read first, and no older answer may win over a newer.
    pub(crate) looking: tokio::sync::Mutex<()>,
    pub(crate) numbers: Numbers,
    grouped: Mutex<Option<(Version, Arc<Grouped>)>>,
    /// Held while a definition or a list is changed.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// Held while membership is written; the number of the next announcement.
    pub(crate) announcing: tokio::sync::Mutex<u64>,
    /// Whether the definitions are others than those in force.
    pub(crate) changed: AtomicBool,
    /// Whether everybody was looked at since the start.
    pub(crate) reviewed: AtomicBool,
    /// The offset up to which membership was announced, when the program started: before it is reached again, the past is
    /// not all there to be asked.
    announced: AtomicU64,
    backfill: Mutex<Option<Backfill>>,
    /// Whether a past waits to be counted, or is. Rules saved meanwhile wait, so that theirs is counted in one walk.
    pub(crate) counting: AtomicBool,
    /// Tells that something waits to be put in force.
    pub(crate) something: Notify,
}

impl Segments {
    /// Segments as saved, and what shoppers watch for. Only what was counted for them before is put in force: the rest
    /// must wait until people and lake have come equally far.
    pub(crate) async fn load(
        store: &Store,
        shoppers: &mut Shoppers,
        zone: fanvine_kernel::Zone,
    ) -> Result<Self, StoreError> {
        let saved = store::load(store).await?;
        let mut watch = store::clauses(store).await?;
        let from_the_start = shoppers.next_offset() == 0;
        if from_the_start {
            watch.forget_all();
        }
        let rules = saved.definitions.values().map(|one| (one.id.clone(), &one.rule));
        if let Err(error) = watch.install(rules, zone, from_the_start, false) {
            tracing::error!(%error, "the rules of segments do not fit together; none is kept up");
        }
        let mut membership = Membership::default();
        let mut members = saved.members;
        for id in saved.definitions.keys() {
            let counted = saved.counted.contains(id);
            let known = watch.program.find(id).is_some_and(|rule| watch.past_of(rule) == Past::Known);
            let (held, beside) = members.remove(id).unwrap_or_default();
            let announcing = counted || saved.announcing.contains(id);
            membership.put(id.clone(), Held::saved(held, beside, counted && known, announcing));
        }
        membership.forget_people(&shoppers.erased_numbers());
        shoppers.watch = watch;
        let lists = Lists::load(store, shoppers).await?;
        Ok(Self {
            definitions: RwLock::new(saved.definitions),
            lists: RwLock::new(lists),
            membership: Mutex::new(membership),
            ranks: RwLock::default(),
            ranks_new: AtomicBool::new(false),
            looking: tokio::sync::Mutex::default(),
            numbers: Numbers::default(),
            grouped: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            announcing: tokio::sync::Mutex::new(saved.announcement),
            changed: AtomicBool::new(false),
            reviewed: AtomicBool::new(false),
            announced: AtomicU64::new(saved.offset),
            backfill: Mutex::default(),
            counting: AtomicBool::new(false),
            something: Notify::new(),
        })
    }

    pub(crate) fn definitions(&self) -> RwLockReadGuard<'_, Definitions> {
        self.definitions.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn definitions_mut(&self) -> RwLockWriteGuard<'_, Definitions> {
        self.definitions.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lists(&self) -> RwLockReadGuard<'_, Lists> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lists_mut(&self) -> RwLockWriteGuard<'_, Lists> {
        self.lists.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn membership(&self) -> MutexGuard<'_, Membership> {
        self.membership.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn grouped(&self) -> MutexGuard<'_, Option<(Version, Arc<Grouped>)>> {
        self.grouped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ranks(&self) -> Option<Arc<Ranks>> {
        self.ranks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_ranks(&self, ranks: Arc<Ranks>) {
        *self.ranks.write().unwrap_or_else(PoisonError::into_inner) = Some(ranks);
        self.rank_again();
    }

    /// Whether there are ranks that nobody asked for so far.
    pub(crate) fn ranks_are_new(&self) -> bool {
        self.ranks_new.swap(false, Ordering::AcqRel)
    }

    /// Everybody is to be asked about again because of the ranks.
    pub(crate) fn rank_again(&self) {
        self.ranks_new.store(true, Ordering::Release);
    }

    pub(crate) fn put_backfill(&self, backfill: Backfill) {
        self.counting.store(true, Ordering::Release);
        *self.backfill.lock().unwrap_or_else(PoisonError::into_inner) = Some(backfill);
    }

    pub(crate) fn take_backfill(&self) -> Option<Backfill> {
        self.backfill.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the log was read again as far as membership was announced.
    pub(crate) fn has_caught_up(&self, next: u64) -> bool {
        next >= self.announced.load(Ordering::Acquire)
    }
}
