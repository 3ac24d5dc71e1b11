//! Publishing a lottery opens it, once for each version: its prizes are issued, and from then on nothing of it changes.

use fanvine_kernel::ids::RunId;
use fanvine_kernel::{Entropy, Timestamp};
use fanvine_ledger::carry_out;
use fanvine_store::{StoreError, Tx};

use super::chance::played;
use super::{KIND, Open};
use crate::offers::{GateResult, Verdict};
use crate::plays::fair::Seed;
use crate::plays::runs::{self, Run, opened};
use crate::plays::{Play, PlayError, Rules, requests};
use crate::quote::Words;

/// The name of the gate.
const FROZEN: &str = "lottery_frozen";

/// What a lottery would be opened as.
pub(crate) fn prepared(play: &Play, entropy: &dyn Entropy, now: Timestamp) -> Option<Open> {
    let Rules::Lottery(rules) = play.terms.rules.clone() else { return None };
    let (seed, run_id) = (Seed::new(entropy), RunId::new(now, entropy).to_string());
    let run = Run {
        run_id,
        play: play.clone(),
        shopper_id: String::new(),
        opened_at: now,
        // Nothing is published without an end.
        closes_at: play.terms.ends_at.unwrap_or(now),
        detail: seed.as_str().to_owned(),
        led: false,
        ended: None,
    };
    Some(Open { run, rules, seed })
}

/// Opens a lottery together with its publication, unless that version is open already; the digest that fixes its draws.
pub(crate) async fn open(tx: &mut Tx, prepared: Open, now: Timestamp) -> Result<String, PlayError> {
    let play = prepared.run.play.clone();
    let others = in_flight(tx, &play, now).await?;
    let frozen = frozen(&play, &others);
    if frozen.verdict == Verdict::Refuse {
        let evidence: Vec<&str> = frozen.evidence.iter().map(|words| words.en.as_str()).collect();
        let (play_id, evidence) = (play.play_id.clone(), evidence.join("; "));
        return Err(PlayError::Refused { play_id, gate: frozen.gate, evidence });
    }
    if let Some(known) = runs::of_version(tx, &play).await? {
        let known = Open::of(known)?;
        return Ok(known.commitment());
    }
    requests::keep(tx, opened(&prepared.run, prepared.run.closes_at)).await?;
    carry_out(tx, vec![prepared.issue()], now).await?;
    Ok(prepared.commitment())
}

impl Open {
    /// The digest that fixes its draws.
    pub fn commitment(&self) -> String {
        self.seed.commitment(&played(self))
    }
}

/// Whether publishing a play now would change a lottery that is open, if it is one.
pub(crate) async fn looked_at(tx: &mut Tx, play: &Play, now: Timestamp) -> Result<Option<GateResult>, PlayError> {
    let Rules::Lottery(_) = &play.terms.rules else { return Ok(None) };
    Ok(Some(frozen(play, &in_flight(tx, play, now).await?)))
}

/// The versions of a play that are open until a time to come.
pub(crate) async fn in_flight(tx: &mut Tx, play: &Play, now: Timestamp) -> Result<Vec<Run>, StoreError> {
    let runs = runs::list(tx, KIND, Some(&play.play_id), true, None, 10).await?;
    Ok(runs.into_iter().filter(|run| now < run.closes_at).collect())
}

/// Whether publishing would change a lottery that is open.
pub(crate) fn frozen(play: &Play, in_flight: &[Run]) -> GateResult {
    let others: Vec<&Run> = in_flight.iter().filter(|run| run.play.version != play.version).collect();
    let evidence = match (others.as_slice(), play.terms.ends_at) {
        ([], Some(ends)) => vec![Words::new(format!("it ends at {ends}"), format!("截止于 {ends}"))],
        ([], None) => vec![Words::new("it has no ends_at", "未设截止时间 ends_at")],
        (others, _) => others
            .iter()
            .map(|run| {
                let (version, closes_at) = (run.play.version, run.closes_at);
                Words::new(
                    format!("version {version} is open until {closes_at}"),
                    format!("版本 {version} 进行中，截止于 {closes_at}"),
                )
            })
            .collect(),
    };
    GateResult {
        gate: FROZEN.into(),
        rule: Words {
            en: "prizes, odds and stock of a lottery hold from its publication to an end that is told (Provisions on \
                 Regulating Promotional Acts, article 13)"
                .into(),
            zh: "抽奖的奖品、中奖概率和数量自公布起至公示的截止时间不得变更（《规范促销行为暂行规定》第十三条）".into(),
        },
        verdict: if others.is_empty() && play.terms.ends_at.is_some() { Verdict::Pass } else { Verdict::Refuse },
        evidence,
    }
}
