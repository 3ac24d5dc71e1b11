//! From the log to who people are and what they are like.

use std::sync::{Arc, RwLockWriteGuard};

use fanvine_kernel::event::EventRef;
use fanvine_store::StoreError;

use crate::People;
use crate::identity;
use crate::profile::DecodeError;
use crate::shoppers::{Told, chunks};

/// Events counted at a time. Everybody they tell of is unpacked meanwhile: this bounds the memory that takes.
const AT_ONCE: usize = 4_096;

impl People {
    /// The offset of the log it wants next.
    pub fn next_offset(&self) -> u64 {
        self.shoppers().next_offset()
    }

    /// Takes in events of the log, each with its offset, in order; `next` is the offset behind them. Questions see them
    /// when this returns; [`People::save`] keeps them. Events taken in before change nothing.
    ///
    /// # Errors
    /// What is kept of a shopper cannot be read. What came before is counted, and [`People::next_offset`] says up to where.
    pub fn take_in(&self, events: &[(u64, EventRef<'_>)], next: u64) -> Result<(), DecodeError> {
        let mut rest = events;
        while let Some((some, others)) = rest.split_at_checked(AT_ONCE) {
            let Some((behind, _)) = others.first() else { break };
            self.count(some, *behind)?;
            rest = others;
        }
        self.count(rest, next)
    }

    /// Counts events that are few enough to be held unpacked.
    fn count(&self, events: &[(u64, EventRef<'_>)], next: u64) -> Result<(), DecodeError> {
        let from = self.next_offset();
        let new = events.iter().filter(|(offset, _)| *offset >= from);
        let program = self.shoppers().watch.program.clone();
        let told: Vec<Told<'_>> = new.filter_map(|(offset, event)| Told::read(*offset, *event, &program)).collect();
        let mut shoppers = self.shoppers_mut();
        shoppers.take_in(&told, next)?;
        let identified = shoppers.identify_up_to(next);
        // Still under the lock, so that both are always as far as the other when they are saved.
        let unheard =
            events.iter().filter(|(offset, event)| *offset >= identified && shoppers.is_heard(*offset, event));
        let moved = self.identity.observe(unheard.map(|(_, event)| *event));
        shoppers.moved(&moved, &self.identity.read());
        Ok(())
    }

    /// Saves what was taken in, all of it or nothing, with the offset; how many bytes of shoppers that were. Nobody else
    /// who writes to the store waits long for it.
    ///
    /// # Errors
    /// The store failed. Then nothing was saved, and the next time saves it too.
    pub async fn save(&self) -> Result<u64, StoreError> {
        let _saving = self.saving.lock().await;
        let (snapshot, learnt) = {
            let mut shoppers = self.shoppers_mut();
            shoppers.begin_saving();
            // Questions are answered while it is encoded, and nothing is taken in.
            let shoppers = RwLockWriteGuard::downgrade(shoppers);
            (shoppers.snapshot(), Arc::new(self.identity.unsaved()))
        };
        let mut saved = 0;
        loop {
            let (chunks, bytes) = self.shoppers_mut().hand_out();
            if chunks.is_empty() {
                break;
            }
            chunks::write(&self.store, chunks).await?;
            saved += bytes;
        }
        let (words, rows) = (snapshot.words(), learnt.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    // First: what is known of whoever came again since is among the rows.
                    snapshot.erase(tx).await?;
                    identity::take_in(tx, &rows).await?;
                    snapshot.save(tx).await
                })
            })
            .await?;
        self.identity.saved(&learnt);
        let superseded = {
            let mut shoppers = self.shoppers_mut();
            shoppers.saved(words);
            shoppers.superseded()
        };
        chunks::sweep(&self.store, superseded).await?;
        self.shoppers_mut().swept();
        Ok(saved)
    }
}
