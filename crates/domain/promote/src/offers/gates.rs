//! Publish gates: what is checked when an offer is published, and the evidence that is kept. Each names its rule.

pub use fanvine_contracts::gates::{GateResult, Verdict};
use fanvine_contracts::prices::PricedProduct;
use fanvine_kernel::{Money, Timestamp};

use super::price_gates::{below_cost, page_price, reference_price};
use super::words::absolute;
use super::{Benefit, Claim, Cut, Group, Offer, Reward, Terms};
use crate::quote::{PointsRule, Words};

/// What an offer is held against.
#[derive(Debug, Clone)]
pub(crate) struct Against {
    /// The offers that are published.
    pub published: Vec<Offer>,
    pub groups: Vec<Group>,
    pub points: Option<PointsRule>,
    /// The goods it is for, with their prices; not all of them if `cut_short`.
    pub products: Vec<PricedProduct>,
    pub cut_short: bool,
    /// Over how many days a reference price must be the lowest.
    pub reference_days: i64,
    pub now: Timestamp,
}

/// Everything that is checked of an offer that is to be published beside the offers that are. It quotes many carts: keep it
/// off the threads that answer requests.
pub(crate) fn check(offer: &Offer, against: &Against) -> Vec<GateResult> {
    vec![
        absolute_words(&offer.terms.name),
        bounded(&offer.terms),
        together(offer, &against.published),
        reference_price(offer, against),
        page_price(offer, against),
        below_cost(offer, against),
    ]
}

pub(super) fn shown(product: &PricedProduct, minor: i64) -> String {
    Money::new(minor, product.currency).to_string()
}

pub(crate) fn absolute_words(name: &str) -> GateResult {
    let found: Vec<Words> = absolute(name).into_iter().map(|word| Words::alike(format!("`{word}`"))).collect();
    GateResult {
        gate: "absolute_words".into(),
        rule: Words {
            en: "names use no words of the highest degree (Advertising Law of the PRC, article 9; in English, claims that \
                 must be proved)"
                .into(),
            zh: "名称不得使用绝对化用语（《广告法》第九条；英文为须有依据的用语）".into(),
        },
        verdict: if found.is_empty() { Verdict::Pass } else { Verdict::Warn },
        evidence: if found.is_empty() { vec![Words::alike(format!("`{name}`"))] } else { found },
    }
}
/// Whether what the offer may cost is bounded at all.
fn bounded(terms: &Terms) -> GateResult {
    let limits = &terms.limits;
    let limited = limits.total.is_some() || limits.budget_minor.is_some() || !limits.per_product.is_empty();
    let free = gives_all(&terms.benefit);
    GateResult {
        gate: "bounded_cost".into(),
        rule: Words {
            en: "an offer that gives goods away, or that anybody may use, has a total, a budget or an end".into(),
            zh: "赠送商品或人人可用的优惠须设总量、预算或截止时间".into(),
        },
        verdict: match (limited || terms.ends_at.is_some() && !free, free) {
            (true, _) => Verdict::Pass,
            (false, true) => Verdict::Refuse,
            (false, false) if terms.claim == Claim::Coupon => Verdict::Pass,
            (false, false) => Verdict::Warn,
        },
        evidence: vec![
            match limits.total {
                Some(total) => Words::new(format!("at most {total} uses"), format!("最多使用 {total} 次")),
                None => Words::new("no total", "总量不限"),
            },
            match limits.budget_minor {
                Some(minor) => {
                    Words::new(format!("a budget of {minor} minor units"), format!("预算 {minor}（最小货币单位）"))
                }
                None => Words::new("no budget", "预算不限"),
            },
            match terms.ends_at {
                Some(at) => Words::new(format!("ends at {at}"), format!("截止于 {at}")),
                None => Words::new("no end", "无截止时间"),
            },
            if free {
                Words::new("goods are given away", "会赠送商品")
            } else {
                Words::new("no goods are given away", "不赠送商品")
            },
        ],
    }
}

fn gives_all(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::BasePrice { unit_minor, .. } => *unit_minor == 0,
        Benefit::LinePrice { cut, .. } => matches!(cut, Cut::UnitMinor(0) | Cut::OffBasisPoints(10_000)),
        Benefit::Bundle { price_minor, .. } => *price_minor == 0,
        Benefit::Tiers { tiers, .. } => tiers.iter().flat_map(|tier| &tier.rewards).any(|reward| match reward {
            Reward::Percent { basis_points, most_minor } => *basis_points == 10_000 && most_minor.is_none(),
            Reward::OneFor { minor } => *minor == 0,
            _ => false,
        }),
    }
}

/// Which published offers it would be used together with: for somebody to look at.
fn together(offer: &Offer, published: &[Offer]) -> GateResult {
    let stacks = |other: &&Offer| {
        let (one, two) = (&offer.terms, &other.terms);
        let apart = !one.stacking.excludes.is_disjoint(&two.stacking.tags)
            || !two.stacking.excludes.is_disjoint(&one.stacking.tags)
            || one.stacking.exclusive
            || two.stacking.exclusive;
        let of_one_group = one.stacking.group.is_some() && one.stacking.group == two.stacking.group;
        let both_loose_coupons = one.claim == Claim::Coupon && two.claim == Claim::Coupon;
        other.offer_id != offer.offer_id
            && one.combines()
            && two.combines()
            && !apart
            && !of_one_group
            && !both_loose_coupons
    };
    let found: Vec<Words> =
        published.iter().filter(stacks).take(20).map(|other| Words::alike(&other.offer_id)).collect();
    GateResult {
        gate: "used_together".into(),
        rule: Words {
            en: "offers that would be used together are shown before one of them is published".into(),
            zh: "发布前须展示可叠加使用的其他优惠".into(),
        },
        verdict: if found.is_empty() { Verdict::Pass } else { Verdict::Warn },
        evidence: found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_that_was_kept_in_english_alone_is_still_read() {
        let kept =
            r#"{"gate":"g","rule":{"en":"r","zh":"规则"},"verdict":"pass","evidence":["seen",{"en":"a","zh":"甲"}]}"#;
        let read: GateResult = serde_json::from_str(kept).unwrap();
        assert_eq!(read.evidence, [Words::alike("seen"), Words::new("a", "甲")]);
    }
}
