//! What tasks promise, as the ledger has it: reserved when they are taken on, moved when they are done.

use fanvine_kernel::{Event, Timestamp};
use fanvine_ledger::{Account, Act, Along, Command, Kind, LedgerError, Leg, carry_out};
use fanvine_store::Tx;

use super::{TaskGift, TaskReward, TaskRun};
use crate::Promote;
use crate::campaigns::Grants;
use crate::checkout::issued_for;
use crate::checkout::realm::Realm;
use crate::points::earned_leg;
use crate::wallet::Source;
use crate::wallet::receive::{Receipt, WalletError, receipt_key};

/// What is done to give a reward.
pub(crate) struct Giving {
    commands: Vec<Command>,
    rows: Vec<Along>,
    pub events: Vec<Event>,
}

impl Giving {
    /// Gives it, unless the ledger has none of it any more; whether it was given.
    pub async fn carry_out(self, tx: &mut Tx, now: Timestamp) -> Result<bool, LedgerError> {
        match carry_out(tx, self.commands, now).await {
            Ok(_) => {}
            // Nothing of it was done.
            Err(LedgerError::Refused(refusal)) => {
                tracing::warn!(%refusal, "a reward for tasks was not given");
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        for Along { head, row, tail } in self.rows {
            tx.insert_many(head, vec![row], tail).await?;
        }
        tx.emit_all(&self.events).await?;
        Ok(true)
    }
}

fn reserve_key(run: &TaskRun, step_id: &str) -> String {
    receipt_key(Source::Auto, &["task reserve", &run.run_id, step_id])
}

impl Promote {
    /// Sets aside what tasks promise a shopper, all of it, and what its points cost the campaign that holds them.
    pub(crate) fn task_reservations(&self, run: &TaskRun, grants: &Grants) -> Result<Vec<Command>, WalletError> {
        let Some(rules) = run.rules() else { return Ok(Vec::new()) };
        let reserve = |(step_id, reward)| {
            let (mut legs, _) = self.task_legs(run, step_id, reward)?;
            if let TaskGift::Points { points } = &reward.gives {
                legs.extend(grants.cost(*points));
            }
            Ok(Command::reserve(reserve_key(run, step_id), legs, run.deadline()))
        };
        rules.rewards().map(reserve).collect()
    }

    /// What giving a reward takes of what is limited, and the coupon if it is one.
    fn task_legs(
        &self,
        run: &TaskRun,
        step_id: &str,
        reward: &TaskReward,
    ) -> Result<(Vec<Leg>, Option<Receipt>), WalletError> {
        let play_id = &run.play.play_id;
        let given =
            Account::new(format!("task_given/{play_id}/{step_id}"), format!("rewards of {play_id}"), Kind::Gifts);
        let given = given.at_most(reward.stock);
        let mut legs = vec![Leg::new(issued_for(&Realm::default(), &given), given, 1)];
        let TaskGift::Coupon { offer_id } = &reward.gives else { return Ok((legs, None)) };
        let offer = self.coupon_offer(offer_id, self.clock.now())?;
        let key = receipt_key(Source::Auto, &["task coupon", &run.run_id, step_id]);
        let receipt = self.receipt(&offer, &run.shopper_id, Source::Auto, key, None);
        if let Act::Move(of_coupon) = &receipt.command.act {
            legs.extend(of_coupon.iter().cloned());
        }
        Ok((legs, Some(receipt)))
    }

    /// How a reward is given now.
    pub(crate) fn task_giving(
        &self,
        run: &TaskRun,
        step_id: &str,
        reward: &TaskReward,
        now: Timestamp,
    ) -> Result<Giving, WalletError> {
        let (legs, receipt) = self.task_legs(run, step_id, reward)?;
        let key = |what: &str| receipt_key(Source::Auto, &[what, &run.run_id, step_id]);
        let mut commands = vec![match now < run.deadline() {
            true => Command::post(key("task give"), reserve_key(run, step_id)),
            // It was kept no longer; there may be some left all the same.
            false => Command::transfer(key("task give"), legs),
        }];
        if let TaskGift::Points { points } = &reward.gives {
            let leg = earned_leg(&Realm::default(), &run.shopper_id, *points, self.offers().points(), now);
            commands.push(Command::transfer(key("task points"), vec![leg]));
        }
        let (rows, events) = receipt.map(|receipt| (receipt.along, receipt.event)).into_iter().unzip();
        Ok(Giving { commands, rows, events })
    }
}
