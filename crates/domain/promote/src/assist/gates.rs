//! What assists are held against: the bans on pyramid selling, the days in which goods may come back, whether what is promised is
//! there, and the rules of channels.

use fanvine_kernel::Timestamp;

use super::{ActivatedBy, Assist, HOUR};
use crate::offers::{Claim, GateResult, Offer, Verdict};
use crate::plays::{Play, channels};
use crate::quote::Words;
use crate::referral::gates::entry;

/// Days in which whoever bought at a distance may send goods back without a reason.
pub(crate) const RETURN_DAYS: i64 = 7;

/// Words that only say that somebody came: counting those is counting heads.
const HEADS: [&str; 22] = [
    "register",
    "registration",
    "sign up",
    "signup",
    "sign-up",
    "join",
    "follow",
    "subscribe",
    "install",
    "download",
    "scan",
    "open an account",
    "注册",
    "关注",
    "加入",
    "下载",
    "安装",
    "扫码",
    "加群",
    "入群",
    "拉新",
    "开户",
];

/// What the gates of assists find, beside the offers that are published.
pub(crate) fn gates(play: &Play, rules: &Assist, published: &[Offer], now: Timestamp) -> Vec<GateResult> {
    vec![
        per_head(rules),
        entry(&rules.inviters),
        return_days(rules),
        rewards_exist(play, rules, published, now),
        channels::gate(&rules.channels),
    ]
}

/// Whether friends count by a deed, and not by being there.
pub(crate) fn per_head(rules: &Assist) -> GateResult {
    let (verdict, says) = match &rules.activated_by {
        ActivatedBy::PaidOrder { .. } => {
            (Verdict::Pass, Words::new("a friend counts by a paid order that stands", "好友须有有效支付订单方计入"))
        }
        ActivatedBy::Activity { activity } => {
            let text = activity.to_lowercase();
            match HEADS.iter().find(|word| text.contains(**word)) {
                Some(word) => {
                    let says = Words::new(
                        format!("a friend would count by “{activity}”: “{word}” is being recruited"),
                        format!("好友以“{activity}”计入：“{word}”属于单纯拉人头"),
                    );
                    (Verdict::Refuse, says)
                }
                None => {
                    let says = Words::new(
                        format!("a friend counts by “{activity}”: see that it is more than being recruited"),
                        format!("好友以“{activity}”计入：请确认并非单纯拉人头"),
                    );
                    (Verdict::Warn, says)
                }
            }
        }
    };
    GateResult {
        gate: "no_reward_per_head".into(),
        rule: Words::new(
            "nobody is rewarded for how many people they recruit: a friend counts by what they do (Regulations on the \
             Prohibition of Pyramid Selling of the PRC, article 7 (1))",
            "不得以发展人员的数量为依据给付报酬：好友须有实际行为方可计入（《禁止传销条例》第七条第（一）项）",
        ),
        verdict,
        evidence: vec![says],
    }
}

/// Whether an order counts only when goods can come back no more.
fn return_days(rules: &Assist) -> GateResult {
    let (verdict, says) = match rules.activated_by {
        ActivatedBy::PaidOrder { hold_days, .. } => {
            let says = Words::new(
                format!("an order counts {hold_days} days after its payment"),
                format!("订单自支付起 {hold_days} 天后计入"),
            );
            (if hold_days < RETURN_DAYS { Verdict::Warn } else { Verdict::Pass }, says)
        }
        ActivatedBy::Activity { .. } => (Verdict::Pass, Words::new("no order is asked for", "不以订单为条件")),
    };
    GateResult {
        gate: "assist_return_days".into(),
        rule: Words::new(
            "what is given for an order is not taken back: it is given when goods can come back no more (Law on the Protection of \
             Consumer Rights of the PRC, article 25: 7 days without a reason)",
            "奖励发放后不予收回，应在无理由退货期届满后发放（《消费者权益保护法》第二十五条：七日无理由退货）",
        ),
        verdict,
        evidence: vec![says],
    }
}

/// Whether whatever is promised can be given to whoever earns it.
fn rewards_exist(play: &Play, rules: &Assist, published: &[Offer], now: Timestamp) -> GateResult {
    let last = play
        .terms
        .ends_at
        .map(|ends| ends.max(now).plus_micros(rules.hours.saturating_mul(HOUR)).plus_micros(rules.hold_micros()));
    let mut evidence = Vec::new();
    for (offer_id, rungs) in rules.coupons() {
        let refused = match published.iter().find(|offer| offer.offer_id == offer_id) {
            None => Some(Words::new(
                format!("there is no published offer {offer_id}"),
                format!("没有已发布的优惠 {offer_id}"),
            )),
            Some(offer) if offer.terms.claim != Claim::Coupon => {
                Some(Words::new(format!("offer {offer_id} is no coupon"), format!("优惠 {offer_id} 不是优惠券")))
            }
            Some(offer) => lacking(offer, rungs, last),
        };
        evidence.extend(refused);
    }
    let verdict = if evidence.is_empty() { Verdict::Pass } else { Verdict::Refuse };
    if evidence.is_empty() {
        let rungs = rules.rungs.len();
        evidence.push(Words::new(format!("{rungs} rewards"), format!("{rungs} 档奖励")));
    }
    GateResult {
        gate: "rewards_exist".into(),
        rule: Words::new(
            "whatever an invitation promises is there to be given, for as long as it can be earned (Provisions on Regulating \
             Promotional Acts: what is promised is given)",
            "邀请所承诺的奖励须真实存在，且在可获得期内均能兑现（《规范促销行为暂行规定》：承诺须兑现）",
        ),
        verdict,
        evidence,
    }
}

/// What of a coupon's limits keeps one shopper from all rungs that promise it.
fn lacking(offer: &Offer, rungs: i64, last: Option<Timestamp>) -> Option<Words> {
    let (id, receive) = (&offer.offer_id, &offer.terms.receive);
    let most = [receive.per_shopper, receive.per_shopper_per_day].into_iter().flatten().min();
    if let Some(most) = most.filter(|most| *most < rungs) {
        return Some(Words::new(
            format!("{rungs} rungs promise a coupon of {id}, of which one shopper receives {most}"),
            format!("{rungs} 档奖励均为优惠 {id}，而每人最多领取 {most} 张"),
        ));
    }
    match (offer.terms.ends_at, last) {
        (Some(ends_at), Some(last)) if ends_at >= last => None,
        (None, _) => None,
        (Some(ends_at), Some(last)) => Some(Words::new(
            format!("offer {id} ends at {ends_at}; its coupon may be earned until {last}"),
            format!("优惠 {id} 于 {ends_at} 结束，而其券最晚可于 {last} 获得"),
        )),
        (Some(ends_at), None) => Some(Words::new(
            format!("offer {id} ends at {ends_at}; the play has no end"),
            format!("优惠 {id} 于 {ends_at} 结束，而该玩法无结束时间"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(activity: &str) -> Assist {
        serde_json::from_value(serde_json::json!({
            "rungs": [{ "friends": 1, "gives": { "kind": "points", "points": 9 } }], "currency": "CNY", "hours": 24,
            "activated_by": { "by": "activity", "activity": activity },
        }))
        .unwrap()
    }

    #[test]
    fn a_friend_who_only_came_is_a_head_and_one_who_did_something_is_looked_at() {
        for activity in ["Registers in the app", "新用户注册", "扫码进店"] {
            let found = per_head(&by(activity));
            assert_eq!((found.gate.as_str(), found.verdict), ("no_reward_per_head", Verdict::Refuse), "{activity}");
        }
        assert_eq!(per_head(&by("writes a review of what they tried")).verdict, Verdict::Warn);
        assert_eq!(per_head(&Assist { activated_by: ActivatedBy::default(), ..by("x") }).verdict, Verdict::Pass);
    }

    #[test]
    fn an_order_that_counts_before_it_may_come_back_is_looked_at() {
        let held = |hold_days| Assist { activated_by: ActivatedBy::PaidOrder { least_minor: 1, hold_days }, ..by("x") };
        assert_eq!(return_days(&held(6)).verdict, Verdict::Warn);
        assert_eq!(return_days(&held(7)).verdict, Verdict::Pass);
    }
}
