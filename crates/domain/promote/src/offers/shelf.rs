//! The published offers and plays, and what earns points, in memory, read anew whenever they change.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use fanvine_store::{Store, StoreError, Tx};
use tokio::sync::Mutex;

use super::store;
use crate::Promote;
use crate::earning::{EarningRule, store as earning};
use crate::lottery::Open;
use crate::plays::{Play, Rules, runs, store as plays};
use crate::points::store as points;
use crate::quote::Rulebook;
use crate::tasks::{rules_of, store as tasks};

/// What a command comes to.
pub(crate) type Doing<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

/// The published offers and plays.
pub(crate) struct Shelf {
    store: Store,
    book: RwLock<Arc<Rulebook>>,
    plays: RwLock<Arc<Vec<Play>>>,
    lotteries: RwLock<Arc<BTreeMap<String, Open>>>,
    earning: RwLock<Arc<Vec<EarningRule>>>,
    task_events: RwLock<Arc<BTreeSet<String>>>,
    turn: Mutex<()>,
}

impl Shelf {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            book: RwLock::default(),
            plays: RwLock::default(),
            lotteries: RwLock::default(),
            earning: RwLock::default(),
            task_events: RwLock::default(),
            turn: Mutex::default(),
        }
    }

    /// The offers as they were last read.
    pub fn now(&self) -> Arc<Rulebook> {
        self.book.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The plays as they were last read.
    pub fn plays(&self) -> Arc<Vec<Play>> {
        self.plays.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A play as it was published when plays were last read.
    pub fn play(&self, play_id: &str) -> Option<Play> {
        self.plays().iter().find(|play| play.play_id == play_id).cloned()
    }

    /// The lottery that a play's publication opened. What becomes of it later, its end tells, which was published with it.
    pub fn lottery(&self, play_id: &str) -> Option<Open> {
        self.lotteries.read().unwrap_or_else(PoisonError::into_inner).get(play_id).cloned()
    }

    /// What earns points beside orders, as it was last read.
    pub fn earning(&self) -> Arc<Vec<EarningRule>> {
        self.earning.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The events that may count for tasks: those of published plays, and of what somebody took on.
    pub fn task_events(&self) -> Arc<BTreeSet<String>> {
        self.task_events.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads them anew.
    pub async fn read_anew(&self) -> Result<(), StoreError> {
        // One at a time: an older answer must not replace a newer one.
        let _turn = self.turn.lock().await;
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let (offers, groups) = (store::published(tx).await?, store::groups(tx).await?);
                let plays = (plays::all_published(tx).await?, tasks::taken_on(tx).await?);
                let mut lotteries = BTreeMap::new();
                for play in plays.0.iter().filter(|play| matches!(play.terms.rules, Rules::Lottery(_))) {
                    let open = runs::of_version(tx, play).await?.and_then(|run| Open::of(run).ok());
                    lotteries.extend(open.map(|open| (play.play_id.clone(), open)));
                }
                let (points, earning) = (points::rule(tx).await?, earning::rules(tx).await?);
                Ok::<_, StoreError>((offers, groups, points, plays, lotteries, earning))
            })
        });
        let (offers, groups, points, (plays, taken_on), lotteries, earning) = read.await?;
        let steps = plays.iter().chain(&taken_on).filter_map(rules_of).flat_map(|rules| &rules.steps);
        let task_events = steps.map(|step| step.event.clone()).collect();
        *self.task_events.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(task_events);
        let book = Arc::new(Rulebook::new(offers, groups, points));
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = book;
        *self.lotteries.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(lotteries);
        *self.plays.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(plays);
        *self.earning.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(earning);
        Ok(())
    }
}

impl Promote {
    /// Changes offers, and reads them anew, whether or not anybody still waits for the answer.
    pub(crate) async fn change_offers<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> Doing<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (store, shelf) = (self.store.clone(), self.shelf.clone());
        let changing = tokio::spawn(async move {
            let done = store.write(command).await;
            shelf.read_anew().await?;
            done
        });
        // It is not aborted, and a command that panics is answered as one whose store is gone.
        changing.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}
