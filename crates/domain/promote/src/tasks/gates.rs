//! What tasks are held against: that every coupon they promise can be had.

use super::{TaskGift, Tasks};
use crate::offers::{Claim, GateResult, Offer, Verdict};
use crate::quote::Words;

/// What the gates of tasks find, beside the offers that are published.
pub(crate) fn gates(rules: &Tasks, published: &[Offer]) -> Vec<GateResult> {
    let lacking = rules.rewards().filter_map(|(_, reward)| {
        let TaskGift::Coupon { offer_id } = &reward.gives else { return None };
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
    let rewards = rules.rewards().count();
    vec![GateResult {
        gate: "rewards_exist".into(),
        rule: Words::new("whatever is promised is there to be given", "所承诺的奖励须真实存在、可以兑现"),
        verdict: if lacking.is_empty() { Verdict::Pass } else { Verdict::Refuse },
        evidence: match lacking.is_empty() {
            true => vec![Words::new(format!("{rewards} rewards"), format!("{rewards} 种奖励"))],
            false => lacking,
        },
    }]
}
