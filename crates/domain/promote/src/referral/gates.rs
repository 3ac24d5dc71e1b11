//! What referral plays are held against: the bans on pyramid selling, and the rules of channels. Each gate names its rule.

use super::{Referral, WHOLE, WhoShares};
use crate::offers::{GateResult, Verdict};
use crate::plays::channels;
use crate::plays::sign_off::SignOff;
use crate::quote::Words;

/// More of what was paid than this, in basis points, and somebody should look whether anything is left to earn.
const MUCH: i64 = 5_000;

/// What the gates of referral plays find. `signed` are owners' words on this version.
pub(crate) fn gates(rules: &Referral, signed: &[SignOff]) -> Vec<GateResult> {
    vec![levels(rules, signed), per_head(rules), entry(&rules.sharers), cost(rules), channels::gate(&rules.channels)]
}

/// Whether commission goes no deeper than two levels, and two were signed off.
fn levels(rules: &Referral, signed: &[SignOff]) -> GateResult {
    let deep = rules.levels.len();
    let (verdict, mut evidence) = match (deep, signed.is_empty()) {
        (0 | 1, _) => (Verdict::Pass, Vec::new()),
        (2, false) => (Verdict::Pass, Vec::new()),
        (2, true) => {
            let says = Words::new("no owner signed this version off", "尚无所有者（owner）为本版本签字确认");
            (Verdict::Refuse, vec![says])
        }
        _ => (Verdict::Refuse, Vec::new()),
    };
    evidence.insert(0, Words::new(format!("commission on {deep} levels"), format!("佣金共 {deep} 级")));
    evidence.extend(signed.iter().map(|one| {
        let (by, at, says) = (&one.signed_by, one.signed_at, &one.statement);
        Words::new(format!("signed off by {by} at {at}: {says}"), format!("{by} 于 {at} 签字确认：{says}"))
    }));
    GateResult {
        gate: "commission_levels".into(),
        rule: Words::new(
            "commission is paid on two levels at most, and two need an owner's word (Regulations on the Prohibition of \
             Pyramid Selling of the PRC, articles 2 and 7: pay by the sales of those recruited, through levels; three levels \
             and more are prosecuted under the Criminal Law, article 224-1)",
            "佣金最多两级，两级须由所有者签字确认（《禁止传销条例》第二条、第七条：以下线销售业绩为依据、形成层级计酬；三级以上可依《刑法》第二百二十四条之一追诉）",
        ),
        verdict,
        evidence,
    }
}

/// Whether nothing is paid for people instead of sales.
fn per_head(rules: &Referral) -> GateResult {
    let minor = rules.per_head_minor.unwrap_or(0);
    let (verdict, says) = match minor {
        0 => (Verdict::Pass, Words::new("commission is for paid orders alone", "仅按已支付订单计佣")),
        _ => {
            let says = Words::new(
                format!("{minor} minor units for each person recruited"),
                format!("每发展一人奖励 {minor}（最小货币单位）"),
            );
            (Verdict::Refuse, says)
        }
    };
    GateResult {
        gate: "no_reward_per_head".into(),
        rule: Words::new(
            "nobody is rewarded for how many people they recruit (Regulations on the Prohibition of Pyramid Selling of the PRC, \
             article 7 (1))",
            "不得以发展人员的数量为依据计算和给付报酬（《禁止传销条例》第七条第（一）项）",
        ),
        verdict,
        evidence: vec![says],
    }
}

/// Whether nobody must buy to take part.
pub(crate) fn entry(who: &WhoShares) -> GateResult {
    let (verdict, says) = match who {
        WhoShares::Anyone => (Verdict::Pass, Words::new("anybody may share", "任何人均可参与")),
        WhoShares::Segments { segments } => {
            let names = segments.iter().cloned().collect::<Vec<_>>().join(", ");
            let says = Words::new(
                format!("who belongs to {names} may share: see that no purchase decides it"),
                format!("属于 {names} 的用户可参与：请确认分群不以购买为条件"),
            );
            (Verdict::Warn, says)
        }
        WhoShares::Buyers => (Verdict::Refuse, Words::new("only who has bought may share", "仅购买过商品的用户可参与")),
    };
    GateResult {
        gate: "no_purchase_to_qualify".into(),
        rule: Words::new(
            "nobody pays or buys to be allowed to take part (Regulations on the Prohibition of Pyramid Selling of the PRC, \
             article 7 (2))",
            "不得要求以交纳费用或认购商品等方式取得加入资格（《禁止传销条例》第七条第（二）项）",
        ),
        verdict,
        evidence: vec![says],
    }
}

/// Whether commission leaves anything of what was paid.
fn cost(rules: &Referral) -> GateResult {
    let most: i64 = rules.levels.iter().map(super::CommissionLevel::highest).sum();
    let percent = format!("{}.{:02}%", most / 100, most % 100);
    GateResult {
        gate: "commission_cost".into(),
        rule: Words::new(
            "all levels together never take more than was paid; more than half of it, somebody looks",
            "各级佣金合计不得超过实付金额；超过一半须人工复核",
        ),
        verdict: match most {
            _ if most > WHOLE => Verdict::Refuse,
            _ if most > MUCH => Verdict::Warn,
            _ => Verdict::Pass,
        },
        evidence: vec![Words::new(
            format!("at most {percent} of what was paid"),
            format!("最高为实付金额的 {percent}"),
        )],
    }
}
