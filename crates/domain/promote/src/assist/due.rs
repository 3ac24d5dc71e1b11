//! Orders of friends: a payment adds that one is due when goods can come back no more, in its own commit. When it is due it is
//! looked at once more; one that was given up, or of which too much came back, counts for nothing.

use fanvine_kernel::{Currency, Timestamp};
use fanvine_ledger::{Along, carry_out};
use fanvine_store::{StoreError, Tx};

use super::count::{Friend, count};
use super::store::{self, Due};
use super::{ActivatedBy, Assist, Open};
use crate::Promote;
use crate::checkout::promise::seat;
use crate::checkout::{Redemption, Status, store as redemptions};
use crate::plays::PlayError;
use crate::plays::runs::{self, Became};

/// How long an order waits whose own group is in flight, until it is looked at again.
const WAIT: i64 = 60_000_000;
/// Orders looked at together.
const AT_ONCE: u32 = 200;

impl Promote {
    /// The rows by which an order that is paid now comes to count for whoever invited its buyer.
    pub(crate) async fn assisted(&self, one: &Redemption, now: Timestamp) -> Result<Vec<Along>, StoreError> {
        let Some(shopper) = one.shopper_id.as_deref().filter(|_| one.sandbox.is_none()) else { return Ok(Vec::new()) };
        let keys = self.keys_of(shopper);
        let read = self.store.read(|tx| Box::pin(async move { store::invited(tx, &keys, now).await })).await;
        let mut rows = Vec::new();
        for (run, friend) in read? {
            let (closes_at, Ok(open)) = (run.closes_at, Open::of(run)) else { continue };
            if now < closes_at && enough(&open.rules, one.quote.currency, one.quote.payable_minor) {
                let due_at = now.plus_micros(open.rules.hold_micros());
                rows.push(store::due(&one.redemption_id, &open.run.run_id, &friend, due_at));
            }
        }
        Ok(rows)
    }

    /// Counts the friends whose orders are due.
    pub(crate) async fn count_friends(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut after = Due::first();
        loop {
            let last = after.clone();
            let found =
                self.store.read(|tx| Box::pin(async move { store::due_by(tx, now, &last, AT_ONCE).await })).await;
            let found: Vec<Due> = found?;
            for due in &found {
                // One that cannot be counted keeps no other from counting.
                if let Err(error) = self.count_order(due.clone()).await {
                    tracing::warn!(run_id = due.run_id, %error, "a friend was not counted; it is tried again");
                }
            }
            match found.last() {
                Some(last) if found.len() == AT_ONCE as usize => after = last.clone(),
                _ => return Ok(()),
            }
        }
    }

    async fn count_order(&self, due: Due) -> Result<(), PlayError> {
        let (open, now) = (self.assist(&due.run_id).await?, self.clock.now());
        let friend = self.friend(&open, due.shopper_id.clone(), Some(due.redemption_id.clone())).await?;
        self.store.write(move |tx| Box::pin(async move { look_once_more(tx, due, friend, now).await })).await
    }
}

async fn look_once_more(tx: &mut Tx, due: Due, friend: Friend, now: Timestamp) -> Result<(), PlayError> {
    // The ledger's lock before anything is read: orders are given up, and goods come back, under that one.
    carry_out(tx, Vec::new(), now).await?;
    let kept = redemptions::one(tx, &due.redemption_id, now).await?;
    let paid = kept.as_ref().filter(|kept| kept.redemption.status == Status::Redeemed);
    let group = match paid.and_then(|kept| seat(&kept.uses)) {
        Some(seat) => match runs::ended(tx, &seat.run_id).await? {
            // Whether it stands is not known before its own group has filled or failed.
            None => return Ok(store::due_later(tx, &due, now.plus_micros(WAIT)).await?),
            ended => ended,
        },
        None => None,
    };
    if store::no_longer_due(tx, &due).await? == 0 {
        return Ok(());
    }
    let (Some(run), Some(kept)) = (runs::one(tx, &due.run_id).await?, kept) else { return Ok(()) };
    let (open, one) = (Open::of(run)?, kept.redemption);
    let left = one.quote.payable_minor.saturating_sub(one.refunded_minor);
    // The orders of a group that failed are rolled back a moment after it.
    let stands = one.status == Status::Redeemed && group != Some(Became::Failed);
    if stands && enough(&open.rules, one.quote.currency, left) {
        count(tx, &open, friend, now).await?;
    }
    Ok(())
}

/// Whether so much of an order is enough for its buyer to count.
fn enough(rules: &Assist, currency: Currency, paid_minor: i64) -> bool {
    match rules.activated_by {
        ActivatedBy::PaidOrder { least_minor, .. } => currency == rules.currency && paid_minor >= least_minor,
        ActivatedBy::Activity { .. } => false,
    }
}
