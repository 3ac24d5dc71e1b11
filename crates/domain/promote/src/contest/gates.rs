//! What contests are held against: that rules hold to an end that is told, that what is measured is there and is no counting of
//! heads, the worth of prizes and whether they are there, and the days in which goods may come back.

use fanvine_kernel::{Money, Timestamp};

use super::{Contest, Measure};
use crate::assist::ActivatedBy;
use crate::assist::gates::{RETURN_DAYS, per_head};
use crate::lottery::gates::{Top, top_prize};
use crate::offers::{Claim, GateResult, Offer, Verdict};
use crate::plays::runs::Run;
use crate::plays::{Play, Rules};
use crate::quote::Words;
use crate::referral::gates::entry;

/// What the gates of contests find of their rules alone, beside the offers that are published.
pub(crate) fn gates(play: &Play, rules: &Contest, published: &[Offer]) -> Vec<GateResult> {
    vec![entry_of(rules), top(rules), prizes_exist(play, rules, published)]
}

/// What they find of what is measured, with the play in which it is.
pub(crate) fn of_measure(rules: &Contest, measured: Option<&Play>) -> Vec<GateResult> {
    vec![measure_exists(rules, measured), heads(rules, measured), return_days(rules, measured)]
}

/// Whether publishing would change a contest that is not settled, and whether it has an end to come.
pub(crate) fn frozen(play: &Play, in_flight: &[Run], now: Timestamp) -> GateResult {
    let others = in_flight.iter().filter(|run| run.play.version != play.version);
    let mut evidence: Vec<Words> = others
        .map(|run| {
            let (version, closes_at) = (run.play.version, run.closes_at);
            Words::new(
                format!("version {version} ends at {closes_at} and is not settled"),
                format!("版本 {version} 截止于 {closes_at}，尚未结算"),
            )
        })
        .collect();
    match play.terms.ends_at {
        None => evidence.push(Words::new("it has no ends_at", "未设截止时间 ends_at")),
        Some(ends) if ends <= now => {
            evidence.push(Words::new(format!("it would have ended at {ends}"), format!("截止时间 {ends} 已过")));
        }
        Some(_) => {}
    }
    let verdict = if evidence.is_empty() { Verdict::Pass } else { Verdict::Refuse };
    if let Some(ends) = play.terms.ends_at.filter(|_| evidence.is_empty()) {
        evidence.push(Words::new(
            format!("it ends at {ends}; of as high scores who reached it first comes first, then who joined first"),
            format!("截止于 {ends}；同分者先达到者在前，再同则先参与者在前"),
        ));
    }
    GateResult {
        gate: "contest_frozen".into(),
        rule: Words::new(
            "measure, prizes and tie-break of a contest hold from its publication to an end that is told (Provisions on \
             Regulating Promotional Acts, article 13)",
            "排行赛的统计口径、奖品和同分规则自公布起至公示的截止时间不得变更（《规范促销行为暂行规定》第十三条）",
        ),
        verdict,
        evidence,
    }
}

/// Whether what is measured is there.
fn measure_exists(rules: &Contest, measured: Option<&Play>) -> GateResult {
    let name = rules.measure.play_id().unwrap_or_default();
    let refused = match (&rules.measure, measured.map(|play| &play.terms.rules)) {
        (Measure::Spent, _)
        | (Measure::Sales { .. }, Some(Rules::Referral(_)))
        | (Measure::Friends { .. }, Some(Rules::Assist(_))) => None,
        (Measure::Votes { .. }, Some(Rules::Vote(vote))) if vote.entries.is_some() => None,
        (Measure::Votes { .. }, Some(Rules::Vote(_))) => {
            Some(Words::new(format!("in vote {name} shoppers put nothing up"), format!("投票 {name} 不接受用户投稿")))
        }
        (_, None) => Some(Words::new(format!("there is no published play {name}"), format!("没有已发布的玩法 {name}"))),
        (_, Some(other)) => {
            let kind = other.kind();
            Some(Words::new(format!("play {name} is a {kind}"), format!("玩法 {name} 的类型为 {kind}")))
        }
    };
    let counted = match &rules.measure {
        Measure::Spent => Words::new("what shoppers pay for goods", "用户实付的商品金额"),
        Measure::Sales { .. } => Words::new(format!("sales of sharers in {name}"), format!("{name} 中分享者的销售额")),
        Measure::Friends { .. } => Words::new(format!("friends who count in {name}"), format!("{name} 中计入的好友")),
        Measure::Votes { .. } => {
            Words::new(format!("votes for what shoppers put up in {name}"), format!("{name} 中用户投稿获得的票数"))
        }
    };
    GateResult {
        gate: "contest_measure".into(),
        rule: Words::new(
            "what shoppers are ranked by is counted by the shop itself, and can be",
            "排名所依据的数据由系统自行统计，且须真实可统计",
        ),
        verdict: if refused.is_some() { Verdict::Refuse } else { Verdict::Pass },
        evidence: vec![refused.unwrap_or(counted)],
    }
}

/// Whether nobody is ranked by people they recruit instead of what those do.
fn heads(rules: &Contest, measured: Option<&Play>) -> GateResult {
    let found = match (&rules.measure, measured.map(|play| &play.terms.rules)) {
        (Measure::Friends { .. }, Some(Rules::Assist(assist))) => return per_head(assist),
        (Measure::Friends { .. }, _) => {
            (Verdict::Refuse, Words::new("nobody says what a friend counts by", "未说明好友如何计入"))
        }
        (Measure::Spent, _) => (Verdict::Pass, Words::new("own orders are counted", "统计本人订单")),
        (Measure::Sales { .. }, _) => (
            Verdict::Pass,
            Words::new(
                "orders of those a sharer brought themselves are counted, of one level",
                "仅统计直接分享带来的订单，共一级",
            ),
        ),
        (Measure::Votes { .. }, _) => (Verdict::Pass, Words::new("votes are counted", "统计票数")),
    };
    GateResult {
        gate: "no_reward_per_head".into(),
        rule: Words::new(
            "nobody is rewarded for how many people they recruit, nor for sales through levels (Regulations on the Prohibition of \
             Pyramid Selling of the PRC, article 7)",
            "不得以发展人员的数量或多层下线的业绩为依据给付报酬（《禁止传销条例》第七条）",
        ),
        verdict: found.0,
        evidence: vec![found.1],
    }
}

/// Whether nobody must buy to take part.
fn entry_of(rules: &Contest) -> GateResult {
    let mut found = entry(&rules.entrants);
    if rules.measure == Measure::Spent && !rules.prizes.is_empty() && found.verdict == Verdict::Pass {
        found.verdict = Verdict::Warn;
        found.evidence.push(Words::new(
            "anybody may take part, but only who buys is ranked: where the law calls that a paid draw, take another measure",
            "任何人均可参与，但仅消费者上榜：如当地法律视为付费抽奖，请改用其他口径",
        ));
    }
    found
}

/// Whether places are final only when goods can come back no more.
fn return_days(rules: &Contest, measured: Option<&Play>) -> GateResult {
    let days = rules.hold_days;
    let held = Words::new(format!("places are final {days} days after the end"), format!("截止 {days} 天后确定名次"));
    let waits = match (&rules.measure, measured.map(|play| &play.terms.rules)) {
        (Measure::Friends { .. }, Some(Rules::Assist(assist))) => match assist.activated_by {
            ActivatedBy::PaidOrder { hold_days, .. } => hold_days,
            ActivatedBy::Activity { .. } => 0,
        },
        _ => 0,
    };
    let money = !matches!(rules.measure, Measure::Votes { .. });
    let (verdict, evidence) = if waits > days {
        let late = Words::new(
            format!("a friend who pays on the last day counts {waits} days later, when places are final"),
            format!("最后一天付款的好友 {waits} 天后方计入，届时名次已确定"),
        );
        (Verdict::Refuse, vec![held, late])
    } else if money && days < RETURN_DAYS {
        (Verdict::Warn, vec![held])
    } else {
        (Verdict::Pass, vec![held])
    };
    GateResult {
        gate: "contest_return_days".into(),
        rule: Words::new(
            "places and prizes are final when goods can come back no more (Law on the Protection of Consumer Rights of the PRC, \
             article 25: 7 days without a reason)",
            "名次与奖品应在无理由退货期届满后确定（《消费者权益保护法》第二十五条：七日无理由退货）",
        ),
        verdict,
        evidence,
    }
}

fn top(rules: &Contest) -> GateResult {
    let top = rules.prizes.iter().max_by_key(|prize| prize.value_minor);
    let (name, minor) = top.map_or((String::new(), 0), |prize| (format!("1–{}", prize.up_to), prize.value_minor));
    top_prize(&Top { name: &name, worth: Money::new(minor, rules.currency) })
}

/// Whether every prize can be given when places are final.
fn prizes_exist(play: &Play, rules: &Contest, published: &[Offer]) -> GateResult {
    let settles_at = play.terms.ends_at.map(|ends| ends.plus_micros(rules.hold_micros()));
    let lacking = |(id, places): (&str, i64)| {
        let Some(offer) = published.iter().find(|offer| offer.offer_id == id) else {
            return Some(Words::new(format!("there is no published offer {id}"), format!("没有已发布的优惠 {id}")));
        };
        if offer.terms.claim != Claim::Coupon {
            return Some(Words::new(format!("offer {id} is no coupon"), format!("优惠 {id} 不是优惠券")));
        }
        if let Some(total) = offer.terms.receive.total.filter(|total| *total < places) {
            return Some(Words::new(
                format!("{places} places get a coupon of offer {id}, which gives {total}"),
                format!("{places} 个名次的奖品为优惠 {id}，而其仅发放 {total} 张"),
            ));
        }
        let (ends_at, settles_at) = offer.terms.ends_at.zip(settles_at).filter(|(ends, settles)| ends <= settles)?;
        Some(Words::new(
            format!("offer {id} ends at {ends_at}; its coupons are given at {settles_at}"),
            format!("优惠 {id} 于 {ends_at} 结束，而其券于 {settles_at} 发放"),
        ))
    };
    let mut evidence: Vec<Words> = rules.coupons().into_iter().filter_map(lacking).collect();
    let verdict = if evidence.is_empty() { Verdict::Pass } else { Verdict::Refuse };
    if evidence.is_empty() {
        let places = rules.places().count();
        evidence.push(Words::new(format!("{places} places have prizes"), format!("{places} 个名次设有奖品")));
    }
    GateResult {
        gate: "prizes_exist".into(),
        rule: Words::new(
            "whatever can be won is there to be given, and kept for whoever wins it",
            "所公布的奖品须真实存在、可以兑现，并为获奖者预留",
        ),
        verdict,
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plays::PlayTerms;

    fn rules(measure: Value, more: Value) -> Contest {
        let mut rules = json!({ "measure": measure, "currency": "CNY" });
        rules.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(rules).unwrap()
    }

    fn play(rules: Value) -> Play {
        let terms: PlayTerms = serde_json::from_value(json!({ "name": "x", "rules": rules })).unwrap();
        Play { play_id: "x".into(), version: 1, terms }
    }

    fn assist(activated_by: Value) -> Play {
        play(json!({
            "kind": "assist", "rungs": [{ "friends": 1, "gives": { "kind": "points", "points": 9 } }], "currency": "CNY",
            "hours": 24, "activated_by": activated_by,
        }))
    }

    #[test]
    fn friends_are_ranked_by_what_they_do_and_never_by_their_number() {
        let friends = rules(json!({ "by": "friends", "play_id": "x" }), json!({}));
        let paid = assist(json!({ "by": "paid_order", "hold_days": 7 }));
        assert!(of_measure(&friends, Some(&paid)).iter().all(|gate| gate.verdict == Verdict::Pass));
        let heads = assist(json!({ "by": "activity", "activity": "新用户注册" }));
        let refused = of_measure(&friends, Some(&heads));
        let gate = refused.iter().find(|gate| gate.verdict == Verdict::Refuse).unwrap();
        assert_eq!(gate.gate, "no_reward_per_head");
        let late = assist(json!({ "by": "paid_order", "hold_days": 8 }));
        assert_eq!(return_days(&friends, Some(&late)).verdict, Verdict::Refuse, "the last friends would be too late");
    }

    #[test]
    fn what_is_measured_is_a_play_of_the_right_kind() {
        let sales = rules(json!({ "by": "sales", "play_id": "x" }), json!({}));
        assert_eq!(measure_exists(&sales, None).evidence[0].en, "there is no published play x");
        let other = assist(json!({ "by": "paid_order" }));
        assert_eq!(measure_exists(&sales, Some(&other)).evidence[0].en, "play x is a assist");
        let votes = rules(json!({ "by": "votes", "play_id": "x" }), json!({}));
        let teas = json!([{ "entry_id": "a", "title": "A" }, { "entry_id": "b", "title": "B" }]);
        let closed = play(json!({ "kind": "vote", "candidates": teas }));
        assert_eq!(measure_exists(&votes, Some(&closed)).verdict, Verdict::Refuse);
        let topic = play(json!({ "kind": "vote", "entries": { "per_shopper": 1 } }));
        assert_eq!(measure_exists(&votes, Some(&topic)).verdict, Verdict::Pass);
    }

    #[test]
    fn a_prize_above_the_cap_and_ranking_by_spending_are_told() {
        let prize = |minor: i64| {
            json!({ "prizes": [
            { "up_to": 1, "gives": { "kind": "points", "points": 9 }, "value_minor": minor },
        ] })
        };
        let spent = |more| rules(json!({ "by": "spent" }), more);
        assert_eq!(top(&spent(prize(5_000_000))).verdict, Verdict::Pass);
        assert_eq!(top(&spent(prize(5_000_001))).verdict, Verdict::Refuse);
        assert_eq!(entry_of(&spent(prize(1))).verdict, Verdict::Warn);
        assert_eq!(entry_of(&spent(json!({}))).verdict, Verdict::Pass, "a plain leaderboard gives nothing");
        assert_eq!(entry_of(&spent(json!({ "entrants": { "who": "buyers" } }))).verdict, Verdict::Refuse);
    }
}
