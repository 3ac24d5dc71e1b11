//! From the log to who people are and what they are like.

use fanvine_kernel::event::EventRef;
use fanvine_store::StoreError;

use crate::People;
use crate::identity;
use crate::profile::DecodeError;

impl People {
    /// The offset of the log it wants next.
    pub fn next_offset(&self) -> u64 {
        self.shoppers().next_offset()
    }

    /// Takes in events of the log, each with its offset, in order; `next` is the offset behind them. Questions see them
    /// when this returns; [`People::save`] keeps them. Events taken in before change nothing.
    ///
    /// # Errors
    /// What is kept of a shopper cannot be read.
    pub fn take_in(&self, events: &[(u64, EventRef<'_>)], next: u64) -> Result<(), DecodeError> {
        let mut shoppers = self.shoppers_mut();
        let from = shoppers.next_offset();
        self.identity.observe(events.iter().filter(|(offset, _)| *offset >= from).map(|(_, event)| *event));
        shoppers.take_in(events, next)
    }

    /// Saves what was taken in, all of it or nothing, with the offset. Whoever calls it waits for it before the next.
    ///
    /// # Errors
    /// The store failed; nothing was saved, and the next time saves it too.
    pub async fn save(&self) -> Result<(), StoreError> {
        // Under one lock, so that what identity learnt goes with the offset it was learnt up to.
        let (snapshot, learnt) = {
            let mut shoppers = self.shoppers_mut();
            (shoppers.snapshot(), self.identity.unsaved())
        };
        let saved = std::sync::Arc::new((snapshot, learnt));
        let rows = saved.clone();
        let outcome = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let (snapshot, learnt) = &*rows;
                    identity::take_in(tx, learnt).await?;
                    snapshot.save(tx).await
                })
            })
            .await;
        match outcome {
            Ok(()) => self.identity.saved(&saved.1),
            Err(_) => self.shoppers_mut().put_back(&saved.0),
        }
        outcome
    }
}
