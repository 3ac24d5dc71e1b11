//! A lottery ends when it said: what nobody won is out of reach, and the seed of its draws is told.

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Command, Leg, carry_out, standings};
use fanvine_store::Tx;

use super::Open;
use crate::plays::PlayError;
use crate::plays::runs::{self, Became};
use crate::{Promote, announce};

impl Promote {
    /// Ends a lottery that is due, or says when to look again.
    pub(crate) async fn end_lottery(&self, lottery_id: &str) -> Result<(), PlayError> {
        let (wanted, now) = (lottery_id.to_owned(), self.clock.now());
        self.store.write(move |tx| Box::pin(async move { end(tx, &wanted, now).await })).await
    }
}

async fn end(tx: &mut Tx, lottery_id: &str, now: Timestamp) -> Result<(), PlayError> {
    // The ledger's lock before anything is read: draws come under that one.
    carry_out(tx, Vec::new(), now).await?;
    let Some(run) = runs::one(tx, lottery_id).await? else { return Ok(runs::land(tx, lottery_id).await?) };
    let open = Open::of(run)?;
    if open.run.ended.is_none() {
        if now < open.run.closes_at {
            return Ok(runs::look_again(tx, lottery_id, open.run.closes_at).await?);
        }
        let names: Vec<String> = open.rules.prizes.iter().map(|prize| open.left(prize).name).collect();
        let standing = standings(tx, names.iter().map(String::as_str), now).await?;
        let left = |name: &str| standing.get(name).map_or(0, |account| account.free());
        let legs = open.rules.prizes.iter().filter_map(|prize| {
            let left = left(&open.left(prize).name);
            (left > 0).then(|| Leg::new(open.left(prize), open.unwon(prize), left))
        });
        let legs: Vec<Leg> = legs.collect();
        if !legs.is_empty() {
            carry_out(tx, vec![Command::transfer(format!("unwon/{lottery_id}"), legs)], now).await?;
        }
        runs::end(tx, lottery_id, Became::Completed, now).await?;
        tx.emit(&announce::lottery_ended(&open, now)).await?;
    }
    Ok(runs::land(tx, lottery_id).await?)
}
