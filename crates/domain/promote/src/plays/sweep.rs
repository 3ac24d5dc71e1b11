//! Runs are looked at when they are due, and all of them once after a start: what a crash came between is done then.

use std::sync::atomic::Ordering::SeqCst;

use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;

use super::runs::{Seat, due};
use crate::Promote;

/// Runs looked at together.
const AT_ONCE: u32 = 200;

impl Promote {
    /// Ends what is due.
    pub(crate) async fn sweep_runs(&self) -> Result<(), StoreError> {
        let until = match self.look_at_all.swap(false, SeqCst) {
            true => Timestamp::from_micros(i64::MAX),
            false => self.clock.now(),
        };
        let mut after = String::new();
        loop {
            let last = after.clone();
            let found = self.store.read(|tx| Box::pin(async move { due(tx, until, &last, AT_ONCE).await })).await;
            let found: Vec<String> = found.inspect_err(|_| self.look_at_all.store(true, SeqCst))?;
            for run_id in &found {
                // One that cannot be ended keeps no other from its end.
                if let Err(error) = self.end_if_due(run_id).await {
                    self.look_at_all.store(true, SeqCst);
                    tracing::warn!(run_id, %error, "a play was not ended; it is tried again");
                }
            }
            match found.last() {
                Some(last) if found.len() == AT_ONCE as usize => after.clone_from(last),
                _ => return Ok(()),
            }
        }
    }

    /// Looks whether a payment was the last that was missing. The payment stands in any case.
    pub(crate) async fn seat_paid(&self, seat: &Seat) {
        if let Err(error) = self.complete_if_full(&seat.run_id).await {
            self.look_at_all.store(true, SeqCst);
            tracing::warn!(run_id = seat.run_id, %error, "a group was not completed; it is tried again");
        }
    }
}
