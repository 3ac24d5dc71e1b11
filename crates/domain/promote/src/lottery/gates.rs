//! What lotteries are held against: the worth of their prizes, that coupons can be had, and words of the highest degree.

use fanvine_kernel::Money;

use super::{Gives, Lottery};
use crate::offers::{Claim, GateResult, Offer, Verdict};
use crate::quote::Words;

/// The most a prize may be worth: 50,000 yuan.
const TOP_PRIZE_MINOR: i64 = 5_000_000;

/// What the gates of lotteries find, beside the offers that are published.
pub(crate) fn gates(rules: &Lottery, published: &[Offer]) -> Vec<GateResult> {
    vec![top(rules), prizes_exist(rules, published)]
}

/// The prize that is worth most.
pub(crate) struct Top<'a> {
    pub name: &'a str,
    pub worth: Money,
}

/// Whether the prize that is worth most is not worth too much.
pub(crate) fn top_prize(top: &Top<'_>) -> GateResult {
    let (name, worth, minor) = (top.name, top.worth.to_string(), top.worth.minor);
    let in_yuan = top.worth.currency.code() == "CNY";
    GateResult {
        gate: "top_prize".into(),
        rule: Words {
            en: "the top prize of a lottery is worth at most CNY 50,000 (Anti-Unfair Competition Law of the PRC; Provisions on \
                 Regulating Promotional Acts, article 17)"
                .into(),
            zh: "抽奖式有奖销售的最高奖金额不得超过人民币五万元（《反不正当竞争法》；《规范促销行为暂行规定》第十七条）".into(),
        },
        verdict: match (in_yuan, minor <= TOP_PRIZE_MINOR) {
            (true, true) => Verdict::Pass,
            (true, false) => Verdict::Refuse,
            // The law counts in yuan: somebody must convert it.
            (false, _) => Verdict::Warn,
        },
        evidence: vec![Words::new(format!("{name}: {worth}"), format!("{name}：{worth}"))],
    }
}

fn top(rules: &Lottery) -> GateResult {
    let top = rules.prizes.iter().max_by_key(|prize| prize.value_minor);
    let (name, minor) = top.map_or(("", 0), |prize| (prize.name.as_str(), prize.value_minor));
    top_prize(&Top { name, worth: Money::new(minor, rules.currency) })
}

fn prizes_exist(rules: &Lottery, published: &[Offer]) -> GateResult {
    let lacking = rules.prizes.iter().filter_map(|prize| {
        let Gives::Coupon { offer_id } = &prize.gives else { return None };
        let offer = published.iter().find(|offer| offer.offer_id == *offer_id);
        let id = &prize.prize_id;
        match offer {
            None => Some((
                Verdict::Refuse,
                Words::new(
                    format!("{id}: there is no published offer {offer_id}"),
                    format!("{id}：没有已发布的优惠 {offer_id}"),
                ),
            )),
            Some(offer) if offer.terms.claim != Claim::Coupon => Some((
                Verdict::Refuse,
                Words::new(format!("{id}: offer {offer_id} is no coupon"), format!("{id}：优惠 {offer_id} 不是优惠券")),
            )),
            Some(offer) if offer.terms.receive.total.is_some_and(|total| total < prize.stock) => {
                let (total, stock) = (offer.terms.receive.total.unwrap_or_default(), prize.stock);
                Some((
                    Verdict::Refuse,
                    Words::new(
                        format!("{id}: {stock} prizes, but offer {offer_id} gives {total} coupons"),
                        format!("{id}：奖品 {stock} 份，而优惠 {offer_id} 仅发放 {total} 张"),
                    ),
                ))
            }
            Some(_) => None,
        }
    });
    let (verdicts, mut evidence): (Vec<Verdict>, Vec<Words>) = lacking.unzip();
    if evidence.is_empty() {
        let prizes = rules.prizes.len();
        evidence.push(Words::new(format!("{prizes} prizes"), format!("{prizes} 种奖品")));
    }
    GateResult {
        gate: "prizes_exist".into(),
        rule: Words {
            en: "whatever can be won is there to be given".into(),
            zh: "所公布的奖品须真实存在、可以兑现".into(),
        },
        verdict: verdicts.first().copied().unwrap_or(Verdict::Pass),
        evidence,
    }
}
