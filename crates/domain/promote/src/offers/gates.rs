//! Publish gates: what is checked when an offer is published, and the evidence that is kept. Each names its rule.

use fanvine_contracts::prices::PricedProduct;
use fanvine_kernel::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::price_gates::{below_cost, page_price, reference_price};
use super::words::absolute;
use super::{Benefit, Claim, Cut, Group, Offer, Reward, Terms};
use crate::quote::{PointsRule, Words};

/// What a gate found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateResult {
    /// The rule, by a name that stays.
    pub gate: String,
    /// What it asks for.
    pub rule: Words,
    /// Whether it lets the offer through.
    pub verdict: Verdict,
    /// What it looked at and found, in words.
    pub evidence: Vec<String>,
}

/// Whether a gate lets an offer through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against it.
    Pass,
    /// It may be published, but somebody should look.
    Warn,
    /// It may not be published.
    Refuse,
}

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
        absolute_words(&offer.terms),
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

fn absolute_words(terms: &Terms) -> GateResult {
    let found: Vec<String> = absolute(&terms.name).into_iter().map(|word| format!("`{word}`")).collect();
    GateResult {
        gate: "absolute_words".into(),
        rule: Words {
            en: "names use no words of the highest degree (Advertising Law of the PRC, article 9; in English, claims that \
                 must be proved)"
                .into(),
            zh: "名称不得使用绝对化用语（《广告法》第九条；英文为须有依据的用语）".into(),
        },
        verdict: if found.is_empty() { Verdict::Pass } else { Verdict::Warn },
        evidence: if found.is_empty() { vec![format!("`{}`", terms.name)] } else { found },
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
            format!(
                "total {:?}, budget {:?}, ends {:?}",
                limits.total,
                limits.budget_minor,
                terms.ends_at.map(|at| at.to_string())
            ),
            format!("gives goods for nothing: {free}"),
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
    let found: Vec<String> = published.iter().filter(stacks).take(20).map(|other| other.offer_id.clone()).collect();
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
