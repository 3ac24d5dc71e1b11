//! A contest is settled once, when goods come back no more: everybody is counted a last time, places are frozen with their digest,
//! and prizes are given, in one transaction under the ledger's lock. So no payment and no return comes in between.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_ledger::{Command, LedgerError, Refusal, carry_out};
use fanvine_store::{StoreError, Tx};

use super::count::{Known, count, recount};
use super::standings::{Evidence, RankedEntrant, opened, ranked};
use super::store::{self, Settled};
use super::{Open, RankPrize, announce};
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
use crate::wallet::receive::{Making, receipt_key};

/// What was begun before the end is saved a moment after it, and still counts.
const GRACE: i64 = 5_000_000;
/// Entrants read together.
const AT_ONCE: u32 = 2_000;

/// By what prizes come.
struct Giving {
    making: Making,
    points: Option<PointsRule>,
}

impl Promote {
    /// Settles a contest that is due, or says when to look again.
    pub(crate) async fn end_contest(&self, contest_id: &str) -> Result<(), PlayError> {
        let (wanted, now) = (contest_id.to_owned(), self.clock.now());
        let open = self.contest(contest_id).await?;
        let over = open.run.ended.is_some() || now < open.settles_at().plus_micros(GRACE);
        let known = if over { Vec::new() } else { self.known(self.entrants(contest_id).await?) };
        // First while nobody waits: what is left to write under the ledger's lock is what changes meanwhile.
        for some in known.chunks(AT_ONCE as usize) {
            let (open, some) = (open.clone(), some.to_vec());
            self.store.write(move |tx| Box::pin(async move { count(tx, &open, some).await })).await?;
        }
        let giving = Giving { making: self.making(), points: self.offers().points().cloned() };
        self.store.write(move |tx| Box::pin(async move { settle(tx, &wanted, known, giving, now).await })).await
    }

    /// Everybody who takes part.
    async fn entrants(&self, contest_id: &str) -> Result<Vec<store::Entrant>, StoreError> {
        let mut all: Vec<store::Entrant> = Vec::new();
        loop {
            let (run_id, after) = (contest_id.to_owned(), all.last().map_or(0, |last| last.number));
            let read = self.store.read(|tx| Box::pin(async move { store::behind(tx, &run_id, after, AT_ONCE).await }));
            let some: Vec<store::Entrant> = read.await?;
            let more = some.len() == AT_ONCE as usize;
            all.extend(some);
            if !more {
                return Ok(all);
            }
        }
    }
}

async fn settle(
    tx: &mut Tx,
    contest_id: &str,
    known: Vec<Known>,
    giving: Giving,
    now: Timestamp,
) -> Result<(), PlayError> {
    // The ledger's lock before anything is read: orders are paid and given up, and goods come back, under that one.
    carry_out(tx, Vec::new(), now).await?;
    store::lock(tx, contest_id).await?;
    let open = opened(tx, contest_id).await?;
    if open.run.ended.is_some() {
        return Ok(runs::land(tx, contest_id).await?);
    }
    let due = open.settles_at().plus_micros(GRACE);
    if now < due {
        return Ok(runs::look_again(tx, contest_id, due).await?);
    }
    for some in known.chunks(AT_ONCE as usize) {
        recount(tx, &open, some.to_vec()).await?;
    }
    store::freeze(tx, contest_id, open.rules.least).await?;
    let (settled, winners) = frozen(tx, &open, now).await?;
    store::settle(tx, contest_id, &settled).await?;
    give(tx, &open, &winners, &giving, now).await?;
    tx.emit(&announce::settled(&open, &settled, now)).await?;
    runs::end(tx, contest_id, Became::Completed, now).await?;
    Ok(runs::land(tx, contest_id).await?)
}

/// The frozen places: their digest, and those that have prizes.
async fn frozen(tx: &mut Tx, open: &Open, now: Timestamp) -> Result<(Settled, Vec<RankedEntrant>), PlayError> {
    let (mut evidence, mut winners, mut after) = (Evidence::new(open), Vec::new(), 0);
    loop {
        let some = store::final_board(tx, &open.run.run_id, after, AT_ONCE).await?;
        let more = some.len() == AT_ONCE as usize;
        for entrant in some {
            after += 1;
            let one = ranked(open, after, entrant);
            evidence.add(&one);
            winners.extend(Some(one).filter(|one| one.prize.is_some()));
        }
        if !more {
            return Ok((Settled { at: now, ranked: after, digest: evidence.digest() }, winners));
        }
    }
}

/// Gives every prize that somebody won, and frees the others.
async fn give(
    tx: &mut Tx,
    open: &Open,
    winners: &[RankedEntrant],
    giving: &Giving,
    now: Timestamp,
) -> Result<(), PlayError> {
    let offers = fixed_offers(tx, open).await?;
    let charged = store::campaign(tx, &open.run.run_id).await?.is_some();
    for (place, prize) in open.rules.places() {
        let winner = winners.iter().find(|one| one.place == place);
        let mut promised = vec![open.promise_key(place)];
        promised.extend(Some(open.campaign_key(place)).filter(|_| charged && prize.value_minor > 0));
        for promised in promised {
            let command = match winner {
                Some(_) => Command::post(format!("given/{promised}"), promised),
                None => Command::void(format!("free/{promised}"), promised),
            };
            match carry_out(tx, vec![command], now).await {
                // It released itself: nobody looked for longer than anything is kept. What was won is given all the same.
                Ok(_) | Err(LedgerError::Refused(Refusal::Settled { .. })) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(winner) = winner {
            reward(tx, open, winner, prize, &offers, giving, now).await?;
        }
    }
    Ok(())
}

/// The prize of a place comes to whoever has it.
async fn reward(
    tx: &mut Tx,
    open: &Open,
    winner: &RankedEntrant,
    prize: &RankPrize,
    offers: &BTreeMap<String, Offer>,
    giving: &Giving,
    now: Timestamp,
) -> Result<(), PlayError> {
    let (run_id, Some(shopper)) = (&open.run.run_id, winner.shopper_id.as_deref()) else { return Ok(()) };
    match &prize.gives {
        Gift::Points { points } => {
            let leg = earned_leg(&Realm::default(), shopper, *points, giving.points.as_ref(), now);
            let name = format!("points/{}", open.promise_key(winner.place));
            carry_out(tx, vec![Command::transfer(name, vec![leg])], now).await?;
        }
        Gift::Coupon { offer_id } => {
            let Some(offer) = offers.get(offer_id) else { return Ok(()) };
            let key = receipt_key(Source::Reward, &[run_id, &winner.place.to_string()]);
            let (coupon, along, event) = giving.making.coupon(offer, shopper, Source::Reward, &key);
            keep(tx, vec![along]).await?;
            store::rewarded(tx, run_id, winner.number, &coupon.coupon_id).await?;
            tx.emit(&event).await?;
        }
    }
    Ok(tx.emit(&announce::rewarded(open, winner, prize, now)).await?)
}

/// The offers its coupons are of, in the versions they had when it was published, whatever became of them.
async fn fixed_offers(tx: &mut Tx, open: &Open) -> Result<BTreeMap<String, Offer>, StoreError> {
    let mut offers = BTreeMap::new();
    for (offer_id, number) in &open.fixed.offers {
        if let Some(terms) = version(tx, offer_id, *number).await? {
            offers.insert(offer_id.clone(), Offer { offer_id: offer_id.clone(), version: *number, terms });
        }
    }
    Ok(offers)
}
