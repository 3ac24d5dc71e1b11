//! The published offers and plays, and what earns points, in memory, read anew whenever they change.

use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use fanvine_store::{Store, StoreError, Tx};
use tokio::sync::Mutex;

use super::store;
use crate::Promote;
use crate::earning::{EarningRule, store as earning};
use crate::plays::{Play, store as plays};
use crate::points::store as points;
use crate::quote::Rulebook;

/// What a command comes to.
pub(crate) type Doing<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

/// The published offers and plays.
pub(crate) struct Shelf {
    store: Store,
    book: RwLock<Arc<Rulebook>>,
    plays: RwLock<Arc<Vec<Play>>>,
    earning: RwLock<Arc<Vec<EarningRule>>>,
    turn: Mutex<()>,
}

impl Shelf {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            book: RwLock::default(),
            plays: RwLock::default(),
            earning: RwLock::default(),
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

    /// What earns points beside orders, as it was last read.
    pub fn earning(&self) -> Arc<Vec<EarningRule>> {
        self.earning.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads them anew.
    pub async fn read_anew(&self) -> Result<(), StoreError> {
        // One at a time: an older answer must not replace a newer one.
        let _turn = self.turn.lock().await;
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let (offers, groups) = (store::published(tx).await?, store::groups(tx).await?);
                let plays = plays::all_published(tx).await?;
                Ok::<_, StoreError>((offers, groups, points::rule(tx).await?, plays, earning::rules(tx).await?))
            })
        });
        let (offers, groups, points, plays, earning) = read.await?;
        let book = Arc::new(Rulebook::new(offers, groups, points));
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = book;
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
