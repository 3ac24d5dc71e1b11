//! A group whose every seat is paid is completed: in one transfer that the ledger refuses while a seat is not.

use fanvine_kernel::Timestamp;
use fanvine_kernel::event::names;
use fanvine_ledger::{Command, Leg, carry_out};
use fanvine_store::{StoreError, Tx};

use super::{Group, Next, next, seats_of};
use crate::checkout::{Redemption, Status, store as redemptions};
use crate::plays::PlayError;
use crate::plays::runs::{self, Became};
use crate::{Promote, announce};

impl Promote {
    /// Completes a group if every seat is paid: after each payment, and when it is looked at again.
    pub(crate) async fn complete_if_full(&self, group_id: &str) -> Result<(), PlayError> {
        let group = self.group(group_id).await?;
        let seats = self.seats_now(&group).await?;
        if group.run.ended.is_some() || seats.paid < group.size.size {
            return Ok(());
        }
        let (wanted, now) = (group_id.to_owned(), self.clock.now());
        let completing = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read: seats move under that one.
                carry_out(tx, Vec::new(), now).await?;
                let Some(run) = runs::one(tx, &wanted).await?.filter(|run| run.ended.is_none()) else { return Ok(()) };
                let group = Group::of(run)?;
                let seats = seats_of(tx, std::slice::from_ref(&group), now).await?;
                let seats = seats.get(&wanted).copied().unwrap_or_default();
                if next(&group, seats, now) == Next::Complete {
                    complete(tx, &group, now).await?;
                }
                Ok::<_, PlayError>(())
            })
        });
        completing.await
    }

    /// How a group's seats stand.
    pub(super) async fn seats_now(&self, group: &Group) -> Result<super::Seats, StoreError> {
        let (groups, now) = (vec![group.clone()], self.clock.now());
        let read = self.store.read(|tx| Box::pin(async move { seats_of(tx, &groups, now).await }));
        Ok(read.await?.remove(&group.run.run_id).unwrap_or_default())
    }
}

/// Completes a group whose every seat is paid.
pub(super) async fn complete(tx: &mut Tx, group: &Group, now: Timestamp) -> Result<(), PlayError> {
    let run_id = &group.run.run_id;
    let paid = paid(tx, run_id, now).await?;
    let seats = vec![Leg::new(group.members(), group.completed(), group.size.size)];
    carry_out(tx, vec![Command::transfer(format!("complete/{run_id}"), seats)], now).await?;
    runs::end(tx, run_id, Became::Completed, now).await?;
    runs::land(tx, run_id).await?;
    tx.emit(&announce::group(names::GROUP_BUY_COMPLETED, group, &paid, now)).await?;
    Ok(())
}

/// The paid orders of a group.
pub(super) async fn paid(tx: &mut Tx, run_id: &str, now: Timestamp) -> Result<Vec<Redemption>, StoreError> {
    let mut paid = Vec::new();
    for member in runs::members(tx, run_id).await? {
        let kept = redemptions::one(tx, &member.redemption_id, now).await?;
        paid.extend(kept.map(|kept| kept.redemption).filter(|one| one.status == Status::Redeemed));
    }
    Ok(paid)
}
