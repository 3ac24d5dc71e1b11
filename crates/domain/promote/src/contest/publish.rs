//! Publishing a contest opens it, once for each version: every prize is set aside, and from then on nothing of it changes.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::RunId;
use fanvine_ledger::{Command, LedgerError, Leg, Refusal, carry_out};
use fanvine_store::Tx;

use super::{Fixed, KIND, Open, RankPrize, gates, store};
use crate::Promote;
use crate::offers::store::json;
use crate::offers::{GateResult, Offer, Verdict};
use crate::plays::Gift;
use crate::plays::runs::{self, Run, opened};
use crate::plays::{Play, PlayError, Rules, requests, store as plays};
use crate::wallet::receive::quota_legs;

/// A contest about to be opened, and what sets its prizes aside.
#[derive(Debug)]
pub(crate) struct Prepared {
    open: Open,
    promise: Vec<Command>,
}

impl Promote {
    /// What a contest would be opened as.
    pub(crate) fn prepared_contest(&self, play: &Play, now: Timestamp) -> Result<Option<Prepared>, PlayError> {
        let Rules::Contest(rules) = play.terms.rules.clone() else { return Ok(None) };
        let mut offers: BTreeMap<String, Offer> = BTreeMap::new();
        for offer_id in rules.coupons().into_keys() {
            let offer = self.coupon_offer(offer_id, now).map_err(|error| PlayError::Rule {
                play_id: play.play_id.clone(),
                why: format!("a prize is not to be had: {error}"),
            })?;
            offers.insert(offer_id.to_owned(), offer);
        }
        let fixed = Fixed { offers: offers.iter().map(|(id, offer)| (id.clone(), offer.version)).collect() };
        let run = Run {
            run_id: RunId::new(now, self.entropy.as_ref()).to_string(),
            play: play.clone(),
            shopper_id: String::new(),
            opened_at: now,
            // Nothing is published without an end.
            closes_at: play.terms.ends_at.unwrap_or(now),
            detail: json(&fixed),
            led: false,
            ended: None,
        };
        let open = Open { run, rules, fixed };
        let coupon = |prize: &RankPrize| -> Vec<Leg> {
            let Gift::Coupon { offer_id } = &prize.gives else { return Vec::new() };
            offers.get(offer_id).map(quota_legs).unwrap_or_default()
        };
        let promise = open.promise(coupon);
        Ok(Some(Prepared { open, promise }))
    }
}

/// Opens a contest together with its publication, unless that version is open already.
pub(crate) async fn open(tx: &mut Tx, prepared: Prepared, now: Timestamp) -> Result<(), PlayError> {
    let Prepared { open, promise } = prepared;
    let play = &open.run.play;
    let frozen = gates::frozen(play, &in_flight(tx, play).await?, now);
    if frozen.verdict == Verdict::Refuse {
        let evidence: Vec<&str> = frozen.evidence.iter().map(|words| words.en.as_str()).collect();
        let (play_id, evidence) = (play.play_id.clone(), evidence.join("; "));
        return Err(PlayError::Refused { play_id, gate: frozen.gate, evidence });
    }
    if runs::of_version(tx, play).await?.is_some() {
        return Ok(());
    }
    requests::keep(tx, opened(&open.run, open.settles_at())).await?;
    store::open(tx, &open.run.run_id).await?;
    match carry_out(tx, promise, now).await {
        Ok(_) => Ok(()),
        Err(LedgerError::Refused(Refusal::Full { account, .. })) => {
            let offer_id = account.split('/').nth(1).unwrap_or_default();
            let limit = format!("fewer coupons of offer {offer_id} are left than its places get");
            Err(PlayError::Full { what: "play", id: play.play_id.clone(), limit })
        }
        Err(error) => Err(error.into()),
    }
}

/// What publishing a contest now is held against that stands in the store; nothing if it is none.
pub(crate) async fn looked_at(tx: &mut Tx, play: &Play, now: Timestamp) -> Result<Vec<GateResult>, PlayError> {
    let Rules::Contest(rules) = &play.terms.rules else { return Ok(Vec::new()) };
    let measured = match rules.measure.play_id() {
        Some(play_id) => plays::published(tx, play_id).await?,
        None => None,
    };
    let in_flight = in_flight(tx, play).await?;
    let mut found = vec![gates::frozen(play, &in_flight, now)];
    found.extend(gates::of_measure(rules, measured.as_ref()));
    Ok(found)
}

/// The versions of a contest that are not settled.
async fn in_flight(tx: &mut Tx, play: &Play) -> Result<Vec<Run>, PlayError> {
    Ok(runs::list(tx, KIND, Some(&play.play_id), true, None, 10).await?)
}
