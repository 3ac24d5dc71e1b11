//! An invitation that is over: what was promised and not earned is free again. One waits for the orders that may still count.

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Command, LedgerError, Refusal, carry_out};
use fanvine_store::Tx;

use super::{Open, announce, store};
use crate::Promote;
use crate::plays::PlayError;
use crate::plays::runs::{self, Became};

/// A payment that was begun before the end is saved a moment after it, and still counts.
const GRACE: i64 = 60_000_000;

impl Promote {
    /// Ends an invitation that is due, or says when to look again.
    pub(crate) async fn end_assist(&self, assist_id: &str) -> Result<(), PlayError> {
        let (wanted, now) = (assist_id.to_owned(), self.clock.now());
        self.store.write(move |tx| Box::pin(async move { end(tx, &wanted, now).await })).await
    }
}

async fn end(tx: &mut Tx, assist_id: &str, now: Timestamp) -> Result<(), PlayError> {
    // The ledger's lock before anything is read: friends accept and count under that one.
    carry_out(tx, Vec::new(), now).await?;
    let Some(run) = runs::one(tx, assist_id).await? else { return Ok(runs::land(tx, assist_id).await?) };
    let open = Open::of(run)?;
    if open.run.ended.is_some() {
        return Ok(runs::land(tx, assist_id).await?);
    }
    let over = open.run.closes_at.plus_micros(GRACE);
    if now < over {
        return Ok(runs::look_again(tx, assist_id, over).await?);
    }
    if let Some(last) = store::last_due(tx, assist_id).await? {
        // One that is due by now and was not counted is tried again first.
        return Ok(runs::look_again(tx, assist_id, last.max(now.plus_micros(GRACE))).await?);
    }
    let number = store::counted(tx, assist_id).await?;
    for rung in open.rules.rungs.iter().filter(|rung| rung.friends > number) {
        let promised = open.promise_key(rung);
        let release = Command::void(format!("free/{promised}"), promised);
        match carry_out(tx, vec![release], now).await {
            // It released itself: nobody looked for longer than anything is kept.
            Ok(_) | Err(LedgerError::Refused(Refusal::Settled { .. })) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let earned = open.rules.rungs.iter().any(|rung| rung.friends <= number);
    let became = if earned { Became::Completed } else { Became::Failed };
    runs::end(tx, assist_id, became, now).await?;
    tx.emit(&announce::ended(&open, became, number, now)).await?;
    Ok(runs::land(tx, assist_id).await?)
}
