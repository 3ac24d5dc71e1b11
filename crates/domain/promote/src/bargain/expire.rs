//! A bargain that was not paid in time is over: what was not cut is out of reach, and the unit kept for it is free by its own
//! deadline.

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Command, Leg, carry_out, standings};
use fanvine_store::Tx;

use super::{Cut, Open, cut_of};
use crate::plays::PlayError;
use crate::plays::runs::{self, Became};
use crate::{Promote, announce};

impl Promote {
    /// Ends a bargain that is due, or says when to look again.
    pub(crate) async fn end_bargain(&self, bargain_id: &str) -> Result<(), PlayError> {
        let (wanted, now) = (bargain_id.to_owned(), self.clock.now());
        self.store.write(move |tx| Box::pin(async move { end(tx, &wanted, now).await })).await
    }
}

async fn end(tx: &mut Tx, bargain_id: &str, now: Timestamp) -> Result<(), PlayError> {
    // The ledger's lock before anything is read: helps and orders come under that one.
    carry_out(tx, Vec::new(), now).await?;
    let Some(run) = runs::one(tx, bargain_id).await? else { return Ok(runs::land(tx, bargain_id).await?) };
    let open = Open::of(run)?;
    match open.run.ended {
        // Its payment ended it.
        Some(_) => {}
        None if now < open.run.closes_at => return Ok(runs::look_again(tx, bargain_id, open.run.closes_at).await?),
        None => {
            let cut = cut_of(tx, std::slice::from_ref(&open), now).await?.remove(bargain_id).unwrap_or_default();
            close(tx, &open, cut, now).await?;
            runs::end(tx, bargain_id, Became::Failed, now).await?;
            tx.emit(&announce::bargain_failed(&open, cut, now)).await?;
        }
    }
    Ok(runs::land(tx, bargain_id).await?)
}

/// Takes what was not cut out of reach.
async fn close(tx: &mut Tx, open: &Open, cut: Cut, now: Timestamp) -> Result<(), PlayError> {
    let name = open.to_cut().name;
    let left = standings(tx, [name.as_str()], now).await?.remove(&name).map_or(0, |account| account.free());
    let mut legs = Vec::new();
    legs.extend((left > 0).then(|| Leg::new(open.to_cut(), open.uncut(), left)));
    let helps = open.rules.helps - cut.helps;
    legs.extend((helps > 0).then(|| Leg::new(open.helps_left(), open.no_help(), helps)));
    if !legs.is_empty() {
        carry_out(tx, vec![Command::transfer(format!("close/{}", open.run.run_id), legs)], now).await?;
    }
    Ok(())
}
