//! A reward that a play promises a shopper, as the ledger has it: reserved while it can still be earned, moved when it is.

use fanvine_kernel::{Event, Timestamp};
use fanvine_ledger::{Account, Act, Along, Command, Kind, LedgerError, Leg, carry_out};
use fanvine_store::Tx;

use super::gift::{Gift, StockedGift};
use crate::Promote;
use crate::campaigns::Grants;
use crate::checkout::issued_for;
use crate::checkout::realm::Realm;
use crate::points::earned_leg;
use crate::wallet::Source;
use crate::wallet::receive::{Receipt, WalletError, receipt_key};

/// A reward that is promised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise<'p> {
    /// What promises it: `task`. It begins the names of its accounts and keys.
    pub kind: &'static str,
    pub play_id: &'p str,
    /// The run that it is promised in.
    pub run_id: &'p str,
    /// Which of the run's rewards it is.
    pub part: &'p str,
    pub shopper: &'p str,
    pub reward: &'p StockedGift,
    /// Until when it is kept.
    pub until: Timestamp,
}

impl Promise<'_> {
    fn key(&self, act: &str) -> String {
        receipt_key(Source::Auto, &[&format!("{} {act}", self.kind), self.run_id, self.part])
    }

    /// How what is kept is free again.
    pub fn release(&self) -> Command {
        Command::void(self.key("release"), self.key("reserve"))
    }
}

/// What is done to give a reward.
pub(crate) struct Giving {
    commands: Vec<Command>,
    rows: Vec<Along>,
    events: Vec<Event>,
}

impl Giving {
    /// Gives it, unless the ledger has none of it any more; whether it was given.
    pub async fn carry_out(self, tx: &mut Tx, now: Timestamp) -> Result<bool, LedgerError> {
        match carry_out(tx, self.commands, now).await {
            Ok(_) => {}
            // Nothing of it was done.
            Err(LedgerError::Refused(refusal)) => {
                tracing::warn!(%refusal, "a reward that was promised was not given");
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

impl Promote {
    /// Sets a reward aside, and what its points cost the campaign that holds the play.
    pub(crate) fn reservation(&self, promise: &Promise<'_>, grants: &Grants) -> Result<Command, WalletError> {
        let (mut legs, _) = self.promised_legs(promise)?;
        if let Gift::Points { points } = &promise.reward.gives {
            legs.extend(grants.cost(*points));
        }
        Ok(Command::reserve(promise.key("reserve"), legs, promise.until))
    }

    /// What giving a reward takes of what is limited, and the coupon if it is one.
    fn promised_legs(&self, promise: &Promise<'_>) -> Result<(Vec<Leg>, Option<Receipt>), WalletError> {
        let Promise { kind, play_id, part, reward, .. } = promise;
        let name = format!("{kind}_given/{play_id}/{part}");
        let given = Account::new(name, format!("rewards of {play_id}"), Kind::Gifts).at_most(reward.stock);
        let mut legs = vec![Leg::new(issued_for(&Realm::default(), &given), given, 1)];
        let Gift::Coupon { offer_id } = &reward.gives else { return Ok((legs, None)) };
        let offer = self.coupon_offer(offer_id, self.clock.now())?;
        let receipt = self.receipt(&offer, promise.shopper, Source::Auto, promise.key("coupon"), None);
        if let Act::Move(of_coupon) = &receipt.command.act {
            legs.extend(of_coupon.iter().cloned());
        }
        Ok((legs, Some(receipt)))
    }

    /// How a reward is given now.
    pub(crate) fn giving(&self, promise: &Promise<'_>, now: Timestamp) -> Result<Giving, WalletError> {
        let (legs, receipt) = self.promised_legs(promise)?;
        let mut commands = vec![match now < promise.until {
            true => Command::post(promise.key("give"), promise.key("reserve")),
            // It was kept no longer; there may be some left all the same.
            false => Command::transfer(promise.key("give"), legs),
        }];
        if let Gift::Points { points } = &promise.reward.gives {
            let leg = earned_leg(&Realm::default(), promise.shopper, *points, self.offers().points(), now);
            commands.push(Command::transfer(promise.key("points"), vec![leg]));
        }
        let (rows, events) = receipt.map(|receipt| (receipt.along, receipt.event)).into_iter().unzip();
        Ok(Giving { commands, rows, events })
    }
}
