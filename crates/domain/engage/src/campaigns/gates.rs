//! What is checked of a campaign itself before it is published. Each gate names its rule.

use fanvine_contracts::gates::{GateResult, Verdict, Words};
use fanvine_kernel::{Money, Timestamp};

use super::terms::CampaignTerms;

/// What a campaign is held against.
#[derive(Debug, Clone)]
pub(crate) struct Against {
    /// Whether there is the segment it is for.
    pub segment_exists: bool,
    /// Pieces that there are not.
    pub unknown: Vec<String>,
    /// Pieces that another campaign holds, and which.
    pub held: Vec<(String, String)>,
    /// Words of the highest degree in its name.
    pub absolute: Vec<String>,
    pub now: Timestamp,
}

/// Everything that is checked of a campaign itself.
pub(crate) fn check(terms: &CampaignTerms, against: &Against) -> Vec<GateResult> {
    vec![
        budget(terms),
        dates(terms, against.now),
        audience(terms, against.segment_exists),
        holdout(terms),
        pieces(terms, against),
        absolute_words(terms, &against.absolute),
    ]
}

fn gate(gate: &str, rule: Words, verdict: Verdict, evidence: Words) -> GateResult {
    GateResult { gate: gate.to_owned(), rule, verdict, evidence: vec![evidence] }
}

fn passes(good: bool) -> Verdict {
    if good { Verdict::Pass } else { Verdict::Refuse }
}

fn budget(terms: &CampaignTerms) -> GateResult {
    let rule = Words::new("a campaign has a budget, which the ledger holds it to", "活动须设预算，由账本强制执行");
    let found = match terms.budget_minor {
        Some(minor) => {
            let amount = Money::new(minor, terms.currency).to_string();
            Words::new(format!("a budget of {amount}"), format!("预算 {amount}"))
        }
        None => Words::new("no budget", "未设预算"),
    };
    gate("campaign_budget", rule, passes(terms.budget_minor.is_some()), found)
}

fn dates(terms: &CampaignTerms, now: Timestamp) -> GateResult {
    let rule = Words::new("a campaign ends, and not before it is published", "活动须有结束时间，且晚于发布时间");
    let found = match terms.ends_at {
        Some(ends_at) => Words::new(format!("ends at {ends_at}"), format!("结束于 {ends_at}")),
        None => Words::new("no end", "无结束时间"),
    };
    gate("campaign_dates", rule, passes(terms.ends_at.is_some_and(|ends_at| ends_at > now)), found)
}

fn audience(terms: &CampaignTerms, exists: bool) -> GateResult {
    let rule = Words::new("the segment it is for exists", "目标人群须存在");
    let found = match &terms.segment {
        Some(segment) if exists => Words::new(format!("segment {segment}"), format!("人群 {segment}")),
        Some(segment) => Words::new(format!("there is no segment {segment}"), format!("人群 {segment} 不存在")),
        None => Words::new("everybody", "全部用户"),
    };
    gate("campaign_audience", rule, passes(terms.segment.is_none() || exists), found)
}

fn holdout(terms: &CampaignTerms) -> GateResult {
    let rule = Words::new(
        "some people are held out, so that what the campaign does can be told, or it is said why not",
        "须保留对照组以衡量增量效果，否则须说明原因",
    );
    let share = terms.holdout_basis_points;
    let percent = format!("{}.{:02} %", share / 100, share % 100);
    match (&terms.no_holdout_because, share) {
        (_, 1..) => {
            let found = Words::new(format!("{percent} are held out"), format!("对照组 {percent}"));
            gate("campaign_holdout", rule, Verdict::Pass, found)
        }
        (Some(why), _) => {
            let found = Words::new(format!("nobody is held out: {why}"), format!("未设对照组：{why}"));
            gate("campaign_holdout", rule, Verdict::Warn, found)
        }
        (None, _) => {
            let found = Words::new("nobody is held out, and it is not said why", "未设对照组，且未说明原因");
            gate("campaign_holdout", rule, Verdict::Refuse, found)
        }
    }
}

fn pieces(terms: &CampaignTerms, against: &Against) -> GateResult {
    let rule = Words::new(
        "a campaign holds offers or plays that there are, and that no other campaign holds",
        "活动须包含已存在且未被其他活动占用的优惠或玩法",
    );
    let mut evidence: Vec<Words> = Vec::new();
    evidence.extend(against.unknown.iter().map(|id| Words::new(format!("there is no {id}"), format!("{id} 不存在"))));
    evidence.extend(
        against
            .held
            .iter()
            .map(|(id, by)| Words::new(format!("{id} is held by campaign {by}"), format!("{id} 已被活动 {by} 占用"))),
    );
    let verdict = passes(evidence.is_empty() && !terms.pieces.is_empty());
    if evidence.is_empty() {
        let count = terms.pieces.len();
        evidence.push(Words::new(format!("{count} offers and plays"), format!("{count} 个优惠与玩法")));
    }
    GateResult { gate: "campaign_pieces".to_owned(), rule, verdict, evidence }
}

fn absolute_words(terms: &CampaignTerms, absolute: &[String]) -> GateResult {
    let rule = Words::new(
        "names use no words of the highest degree (Advertising Law of the PRC, article 9; in English, claims that must be \
         proved)",
        "名称不得使用绝对化用语（《广告法》第九条；英文为须有依据的用语）",
    );
    let verdict = if absolute.is_empty() { Verdict::Pass } else { Verdict::Warn };
    let evidence = match absolute {
        [] => vec![Words::alike(format!("`{}`", terms.name))],
        words => words.iter().map(|word| Words::alike(format!("`{word}`"))).collect(),
    };
    GateResult { gate: "campaign_words".to_owned(), rule, verdict, evidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(terms: serde_json::Value, against: &Against) -> Vec<String> {
        let terms: CampaignTerms = serde_json::from_value(terms).unwrap();
        let refused = check(&terms, against).into_iter().filter(|gate| gate.verdict != Verdict::Pass);
        refused.map(|gate| gate.gate).collect()
    }

    #[test]
    fn a_campaign_without_budget_end_pieces_or_holdout_is_refused_by_name() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let against = Against { segment_exists: false, unknown: vec![], held: vec![], absolute: vec![], now };
        let bare = serde_json::json!({ "name": "x", "currency": "CNY", "segment": "s", "holdout_basis_points": 0 });
        assert_eq!(
            verdicts(bare, &against),
            ["campaign_budget", "campaign_dates", "campaign_audience", "campaign_holdout", "campaign_pieces"]
        );
        let good = serde_json::json!({
            "name": "x", "currency": "CNY", "budget_minor": 1, "ends_at": "2099-01-01T00:00:00Z",
            "pieces": [{ "kind": "offer", "id": "o" }],
        });
        assert!(verdicts(good.clone(), &against).is_empty());
        let held = Against { held: vec![("o".into(), "other".into())], ..against };
        assert_eq!(verdicts(good, &held), ["campaign_pieces"]);
    }
}
