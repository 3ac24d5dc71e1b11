//! What plays give shoppers: points or a coupon; and how much of it there is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::terms::range;
use crate::offers::check::check_id;
use crate::offers::{Claim, GateResult, Offer, TermsError, Verdict};
use crate::quote::Words;

const MOST_STOCK: i64 = 10_000_000;
const MOST_POINTS: i64 = 1_000_000;

/// What a shopper is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Gift {
    /// Points.
    Points {
        /// How many.
        points: i64,
    },
    /// A coupon.
    Coupon {
        /// The offer it is of.
        offer_id: String,
    },
}

/// A reward, and how many of it there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockedGift {
    /// How many times it may be promised.
    pub stock: i64,
    /// What it is.
    pub gives: Gift,
}

impl Gift {
    /// Refuses more points than `most`, in the field of that name, and what is no identifier of an offer.
    pub(crate) fn check(&self, field: &'static str, most: i64) -> Result<(), TermsError> {
        match self {
            Gift::Points { points } => range(field, *points, 1, most),
            Gift::Coupon { offer_id } => check_id(offer_id),
        }
    }
}

impl StockedGift {
    /// Refuses what could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        range("stock", self.stock, 1, MOST_STOCK)?;
        self.gives.check("gives.points", MOST_POINTS)
    }
}

/// The gate that every coupon among these rewards can be had of the offers that are published.
pub(crate) fn rewards_exist<'r>(rewards: impl Iterator<Item = &'r StockedGift>, published: &[Offer]) -> GateResult {
    let rewards: Vec<&StockedGift> = rewards.collect();
    let lacking = rewards.iter().filter_map(|reward| {
        let Gift::Coupon { offer_id } = &reward.gives else { return None };
        match published.iter().find(|offer| offer.offer_id == *offer_id) {
            None => Some(Words::new(
                format!("there is no published offer {offer_id}"),
                format!("没有已发布的优惠 {offer_id}"),
            )),
            Some(offer) if offer.terms.claim != Claim::Coupon => {
                Some(Words::new(format!("offer {offer_id} is no coupon"), format!("优惠 {offer_id} 不是优惠券")))
            }
            Some(_) => None,
        }
    });
    let lacking: Vec<Words> = lacking.collect();
    let many = rewards.len();
    GateResult {
        gate: "rewards_exist".into(),
        rule: Words::new("whatever is promised is there to be given", "所承诺的奖励须真实存在、可以兑现"),
        verdict: if lacking.is_empty() { Verdict::Pass } else { Verdict::Refuse },
        evidence: match lacking.is_empty() {
            true => vec![Words::new(format!("{many} rewards"), format!("{many} 种奖励"))],
            false => lacking,
        },
    }
}
