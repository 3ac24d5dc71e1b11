//! Runs are looked at when they are due, and all of them once after a start: what a crash came between is done then.

use std::sync::atomic::Ordering::SeqCst;

use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;

use super::PlayError;
use super::runs::{Role, Seat, due};
use crate::{Promote, assist, bargain, contest, lottery};

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
            let found: Vec<(String, String)> = found.inspect_err(|_| self.look_at_all.store(true, SeqCst))?;
            for (run_id, kind) in &found {
                // One that cannot be ended keeps no other from its end.
                if let Err(error) = self.end_if_due(run_id, kind).await {
                    self.look_at_all.store(true, SeqCst);
                    tracing::warn!(run_id, %error, "a play was not ended; it is tried again");
                }
            }
            match found.last() {
                Some((last, _)) if found.len() == AT_ONCE as usize => after.clone_from(last),
                _ => return Ok(()),
            }
        }
    }

    /// Ends a run that is due, or says when to look again.
    async fn end_if_due(&self, run_id: &str, kind: &str) -> Result<(), PlayError> {
        match kind {
            bargain::KIND => self.end_bargain(run_id).await,
            assist::KIND => self.end_assist(run_id).await,
            lottery::KIND => self.end_lottery(run_id).await,
            contest::KIND => self.end_contest(run_id).await,
            _ => self.end_group(run_id).await,
        }
    }

    /// Looks whether a payment was the last that was missing. The payment stands in any case.
    pub(crate) async fn seat_paid(&self, seat: &Seat) {
        let done = match seat.role {
            Role::Leader | Role::Joiner => self.complete_if_full(&seat.run_id).await,
            Role::Buyer => self.end_bargain(&seat.run_id).await,
        };
        if let Err(error) = done {
            self.look_at_all.store(true, SeqCst);
            tracing::warn!(run_id = seat.run_id, %error, "a play was not completed; it is tried again");
        }
    }
}
