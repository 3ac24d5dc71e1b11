//! A friend counts: once in a play, with the reward of the rung that is reached, in one transaction under the ledger's lock.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Command, carry_out};
use fanvine_store::{StoreError, Tx};

use super::{Open, Rung, announce, store};
use crate::Promote;
use crate::checkout::realm::Realm;
use crate::offers::Offer;
use crate::offers::store::version;
use crate::plays::Gift;
use crate::plays::PlayError;
use crate::plays::requests::keep;
use crate::plays::runs::{self, Became};
use crate::points::earned_leg;
use crate::quote::PointsRule;
use crate::wallet::Source;
use crate::wallet::receive::{Receipt, receipt_key};

/// A friend who may count, and what is known beforehand.
pub(super) struct Friend {
    /// The key by which they accepted.
    pub shopper_id: String,
    /// All keys of the person.
    pub keys: Vec<String>,
    /// All keys of who invited them.
    pub inviter: Vec<String>,
    /// The order by which they count, if it is one.
    pub redemption_id: Option<String>,
    /// The coupon of each rung that promises one, as it would come now.
    pub coupons: BTreeMap<i64, Receipt>,
    /// How points come.
    pub points: Option<PointsRule>,
}

impl Promote {
    /// A friend and what their invitation would give now.
    pub(super) async fn friend(
        &self,
        open: &Open,
        shopper_id: String,
        redemption_id: Option<String>,
    ) -> Result<Friend, StoreError> {
        let offers = self.fixed_offers(open).await?;
        let coupon = |rung: &Rung| {
            let Gift::Coupon { offer_id } = &rung.gives else { return None };
            let key = receipt_key(Source::Reward, &[&open.run.run_id, &rung.friends.to_string()]);
            let offer = offers.get(offer_id)?;
            Some((rung.friends, self.receipt(offer, &open.run.shopper_id, Source::Reward, key, None)))
        };
        let coupons = open.rules.rungs.iter().filter_map(coupon).collect();
        let (keys, inviter) = (self.keys_of(&shopper_id), self.keys_of(&open.run.shopper_id));
        Ok(Friend { shopper_id, keys, inviter, redemption_id, coupons, points: self.offers().points().cloned() })
    }

    /// The offers its coupons are of, in the versions they had when it was opened, whatever became of them.
    async fn fixed_offers(&self, open: &Open) -> Result<BTreeMap<String, Offer>, StoreError> {
        let fixed = open.fixed.offers.clone();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let mut offers = BTreeMap::new();
                for (offer_id, number) in fixed {
                    if let Some(terms) = version(tx, &offer_id, number).await? {
                        offers.insert(offer_id.clone(), Offer { offer_id, version: number, terms });
                    }
                }
                Ok::<_, StoreError>(offers)
            })
        });
        read.await
    }
}

/// Counts a friend who accepted, unless the person has counted before or is who invited them; whether they count now.
/// Whoever calls this holds the ledger's lock.
pub(super) async fn count(tx: &mut Tx, open: &Open, friend: Friend, now: Timestamp) -> Result<bool, PlayError> {
    let (run_id, play_id) = (&open.run.run_id, &open.run.play.play_id);
    let same = friend.keys.iter().any(|key| friend.inviter.contains(key));
    if same || open.run.ended.is_some() || store::has_counted(tx, play_id, &friend.keys).await? {
        return Ok(false);
    }
    let number = store::counted(tx, run_id).await? + 1;
    let mut commands = vec![open.count(&friend.shopper_id)];
    let mut told = vec![announce::activated(open, &friend, number, now)];
    let rung = open.rung(number).cloned();
    store::activate(tx, open, &friend, number, now).await?;
    if let Some(rung) = &rung {
        let coupon = friend.coupons.into_iter().find(|(friends, _)| *friends == rung.friends).map(|(_, one)| one);
        commands.extend(given(open, rung, friend.points.as_ref(), now));
        told.push(announce::rewarded(open, rung, now));
        store::reward(tx, open, rung, coupon.as_ref().map(|one| one.coupon.coupon_id.as_str()), now).await?;
        if let Some(receipt) = coupon {
            keep(tx, vec![receipt.along]).await?;
            told.push(receipt.event);
        }
    }
    carry_out(tx, commands, now).await?;
    if number >= open.top() {
        runs::end(tx, run_id, Became::Completed, now).await?;
        runs::land(tx, run_id).await?;
        told.push(announce::ended(open, Became::Completed, number, now));
    }
    tx.emit_all(&told).await?;
    Ok(true)
}

/// What the ledger does for a rung that was reached.
fn given(open: &Open, rung: &Rung, points: Option<&PointsRule>, now: Timestamp) -> Vec<Command> {
    let promised = open.promise_key(rung);
    let mut commands = vec![Command::post(format!("given/{promised}"), promised.clone())];
    if let Gift::Points { points: amount } = rung.gives {
        let leg = earned_leg(&Realm::default(), &open.run.shopper_id, amount, points, now);
        commands.push(Command::transfer(format!("points/{promised}"), vec![leg]));
    }
    commands
}
