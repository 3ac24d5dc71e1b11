//! Campaigns are asked before a quote, before a play and before a coupon is given: what they say is a fact like others.

use std::collections::BTreeMap;

use fanvine_contracts::campaigns::{Admission, Charge, Piece};
use fanvine_kernel::{Currency, Problem, Timestamp};

use super::play_of;
use crate::Promote;
use crate::offers::Offer;
use crate::plays::PlayError;
use crate::quote::Reason;

/// What campaigns say of some offers for one shopper.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Offers they may not have now, and why.
    pub refused: BTreeMap<String, Reason>,
    /// On which campaign the others count; those of none are in neither.
    pub charges: BTreeMap<String, Charge>,
}

impl Promote {
    /// What campaigns say of these offers, prices of plays among them, for a cart in `currency`.
    pub(crate) async fn said_of(
        &self,
        shopper: Option<&str>,
        offers: &[&Offer],
        currency: Currency,
        now: Timestamp,
    ) -> Result<Said, Problem> {
        let piece = |offer_id: &str| play_of(offer_id).map_or_else(|| Piece::offer(offer_id), Piece::play);
        let pieces: Vec<Piece> = offers.iter().map(|offer| piece(&offer.offer_id)).collect();
        let answers = self.others.campaigns.admit(shopper, pieces, now).await?;
        let mut said = Said::default();
        for offer in offers {
            let reason = match answers.get(&piece(&offer.offer_id)) {
                None => continue,
                Some(Admission::Open(charge)) if charge.currency == currency => {
                    said.charges.insert(offer.offer_id.clone(), charge.clone());
                    continue;
                }
                // Nothing would count what it costs in another currency.
                Some(Admission::Open(_)) => Reason::UsedUp,
                Some(other) => reason(other),
            };
            said.refused.insert(offer.offer_id.clone(), reason);
        }
        Ok(said)
    }

    /// Why a shopper may not have a coupon of an offer, if a campaign does not let them.
    pub(crate) async fn refused_coupon(&self, offer_id: &str, shopper: &str) -> Result<Option<String>, Problem> {
        let (piece, now) = (Piece::offer(offer_id), self.clock.now());
        let answers = self.others.campaigns.admit(Some(shopper), vec![piece.clone()], now).await?;
        Ok(answers.get(&piece).and_then(|answer| match answer {
            Admission::Open(_) => None,
            Admission::NotYet { starts_at } => Some(format!("begins at {starts_at}")),
            Admission::Over { ended_at } => Some(format!("ended at {ended_at}")),
            Admission::Paused => Some("is paused".to_owned()),
            Admission::OtherShoppers => Some("is for other shoppers".to_owned()),
        }))
    }

    /// Refuses a shopper whom a campaign does not let take part in a play; on which campaign it counts, if on any.
    pub(crate) async fn admitted(&self, play_id: &str, shopper: &str) -> Result<Option<Charge>, PlayError> {
        let (piece, now) = (Piece::play(play_id), self.clock.now());
        let play_id = play_id.to_owned();
        let answers = self.others.campaigns.admit(Some(shopper), vec![piece.clone()], now).await?;
        match answers.get(&piece) {
            None => Ok(None),
            Some(Admission::Open(charge)) => Ok(Some(charge.clone())),
            Some(Admission::NotYet { starts_at }) => Err(PlayError::NotYet { play_id, starts_at: *starts_at }),
            Some(Admission::Over { ended_at }) => Err(PlayError::Over { play_id, ended_at: *ended_at }),
            Some(Admission::Paused) => Err(PlayError::Rule { play_id, why: "it is paused".to_owned() }),
            Some(Admission::OtherShoppers) => {
                Err(PlayError::Rule { play_id, why: "it is for other shoppers".to_owned() })
            }
        }
    }
}

fn reason(admission: &Admission) -> Reason {
    match admission {
        Admission::NotYet { starts_at } => Reason::NotYet { starts_at: *starts_at },
        Admission::Over { ended_at } => Reason::Over { ended_at: *ended_at },
        Admission::Paused => Reason::Paused,
        Admission::OtherShoppers | Admission::Open(_) => Reason::OtherShoppers,
    }
}
