//! A group that is not full in time fails: its free seats are taken out of reach, a refund is announced for each order that
//! was paid, and each is rolled back, so that its stock and whatever else it used are free again.
//!
//! The decision and its announcements are one transaction. The orders are rolled back behind it, one by one; cut off in
//! between, the group is still due and the rest follows.

use fanvine_kernel::Timestamp;
use fanvine_kernel::event::names;
use fanvine_ledger::{Command, Leg, carry_out};
use fanvine_store::Tx;

use super::complete::{complete, paid};
use super::{Group, Next, next, seats_of};
use crate::checkout::{CheckoutError, Status};
use crate::plays::PlayError;
use crate::plays::runs::{self, Became};
use crate::{Promote, announce};

impl Promote {
    /// Completes or fails a group that is due, or says when to look again.
    pub(crate) async fn end_group(&self, group_id: &str) -> Result<(), PlayError> {
        let (wanted, now) = (group_id.to_owned(), self.clock.now());
        let deciding = self.store.write(move |tx| Box::pin(async move { decide(tx, &wanted, now).await }));
        for redemption_id in deciding.await? {
            match self.settle(&redemption_id, Status::RolledBack).await {
                // The shop gave it up by itself meanwhile.
                Ok(_) | Err(CheckoutError::Over { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let wanted = group_id.to_owned();
        let landing = self.store.write(move |tx| {
            Box::pin(async move {
                if runs::ended(tx, &wanted).await?.is_some() {
                    runs::land(tx, &wanted).await?;
                }
                Ok::<_, PlayError>(())
            })
        });
        landing.await
    }
}

/// Ends a group if it is due; which orders are to be rolled back.
async fn decide(tx: &mut Tx, group_id: &str, now: Timestamp) -> Result<Vec<String>, PlayError> {
    // The ledger's lock before anything is read: seats move under that one. What is overdue lapses with it.
    carry_out(tx, Vec::new(), now).await?;
    let Some(run) = runs::one(tx, group_id).await? else {
        runs::land(tx, group_id).await?;
        return Ok(Vec::new());
    };
    let group = Group::of(run)?;
    let seats = seats_of(tx, std::slice::from_ref(&group), now).await?;
    let seats = seats.get(group_id).copied().unwrap_or_default();
    match (group.run.ended, next(&group, seats, now)) {
        (Some((Became::Completed, _)), _) => {}
        (Some((Became::Failed, _)), _) => {}
        (None, Next::Complete) => complete(tx, &group, now).await?,
        (None, Next::Wait(until)) => runs::look_again(tx, group_id, until).await?,
        (None, Next::Fail(free)) => fail(tx, &group, free, now).await?,
    }
    let failed = runs::ended(tx, group_id).await? == Some(Became::Failed);
    let owed = if failed { paid(tx, group_id, now).await? } else { Vec::new() };
    Ok(owed.into_iter().map(|one| one.redemption_id).collect())
}

async fn fail(tx: &mut Tx, group: &Group, free: i64, now: Timestamp) -> Result<(), PlayError> {
    let run_id = &group.run.run_id;
    if free > 0 {
        let seats = vec![Leg::new(group.seats(), group.closed(), free)];
        carry_out(tx, vec![Command::transfer(format!("fail/{run_id}"), seats)], now).await?;
    }
    let owed = paid(tx, run_id, now).await?;
    runs::end(tx, run_id, Became::Failed, now).await?;
    tx.emit(&announce::group(names::GROUP_BUY_FAILED, group, &owed, now)).await?;
    for one in &owed {
        tx.emit(&announce::refund_owed(one, "group_buy_failed", run_id, now)).await?;
    }
    Ok(())
}
