//! `GET /api/v1/plays/{play_id}/gates`: what the gates would find if the play were published now.
//!
//! Every price a play promises is held against the gates of offers, as the offer it would be; what only plays promise has
//! gates of its own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::prices::Goods;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::gift::rewards_exist;
use super::sign_off::{self, SignOff};
use super::{Play, PlayError, Rules, store};
use crate::offers::examine::versions;
use crate::offers::gates::{Against, absolute_words, check};
use crate::offers::{GateResult, Offer, Verdict, store as offers};
use crate::points::store as points;
use crate::{Promote, assist, bargain, contest, lottery, referral};

/// Most products a play is held against.
const MOST_PRODUCTS: u32 = 300;
const DAY: i64 = 86_400_000_000;

/// What the gates find of a play.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlayGates {
    /// The play.
    pub play_id: String,
    /// The version that was looked at: its latest.
    pub version: i64,
    /// Whether it could be published.
    pub passes: bool,
    /// What each gate found.
    pub gates: Vec<GateResult>,
}

/// A play that was held against the gates, and the published offers of that moment.
pub(crate) struct Examined {
    pub play: Play,
    /// Their identifiers and versions.
    pub beside: Vec<(String, i64)>,
    pub gates: Vec<GateResult>,
}

/// Check a play before it is published
///
/// Nothing is published and nothing kept.
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/gates", tag = "promote", operation_id = "check_play",
    params(("play_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "What each gate found", body = PlayGates),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn check_play(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
) -> Answer<Json<PlayGates>> {
    let Examined { play, gates, .. } = promote.examine_play(&play_id).await?;
    let passes = gates.iter().all(|gate| gate.verdict != Verdict::Refuse);
    Ok(Json(PlayGates { play_id: play.play_id, version: play.version, passes, gates }))
}

impl Promote {
    /// Holds the latest version of a play against the gates.
    pub(crate) async fn examine_play(&self, play_id: &str) -> Result<Examined, PlayError> {
        let (wanted, now) = (play_id.to_owned(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let view = store::one(tx, &wanted).await?.ok_or(PlayError::Unknown(wanted))?;
                let (published, groups) = (offers::published(tx).await?, offers::groups(tx).await?);
                let signed = sign_off::of(tx, &view.play_id, view.version).await?;
                let play = Play { play_id: view.play_id, version: view.version, terms: view.terms };
                let mut frozen: Vec<_> = lottery::publish::looked_at(tx, &play, now).await?.into_iter().collect();
                frozen.extend(contest::publish::looked_at(tx, &play, now).await?);
                Ok::<_, PlayError>((play, published, groups, points::rule(tx).await?, signed, frozen))
            })
        });
        let (play, published, groups, points, signed, frozen) = read.await?;
        let prices = promised(&play);
        let since = now.plus_micros(-self.reference_days.saturating_mul(DAY));
        let goods = prices.iter().flat_map(|offer| offer.terms.scope.products.iter().cloned()).collect();
        let goods = Goods { products: goods, ..Goods::default() };
        // A play that promises no price is about no goods; asked for none, all would be answered.
        let products = match prices.is_empty() {
            true => Vec::new(),
            false => self.others.prices.prices_of(&goods, since, MOST_PRODUCTS).await?,
        };
        let beside = versions(&published);
        let reference_days = self.reference_days;
        let against = Against { published, groups, points, products, cut_short: false, reference_days, now };
        let checking = move || {
            let found = prices.iter().flat_map(|offer| check(offer, &against)).collect();
            let mut gates = merged(found);
            if prices.is_empty() {
                gates.push(absolute_words(&play.terms.name));
            }
            gates.extend(of_its_kind(&play, &against, &signed));
            gates.extend(frozen);
            Examined { gates, beside, play }
        };
        tokio::task::spawn_blocking(checking).await.map_err(|_| PlayError::GivenUp)
    }
}

/// The prices a play promises, each as the offer it would be.
fn promised(play: &Play) -> Vec<Offer> {
    match &play.terms.rules {
        Rules::GroupBuy(rules) => rules.prices(play),
        Rules::Bargain(rules) => rules.prices(play),
        Rules::Lottery(_) | Rules::CheckIn(_) | Rules::Vote(_) | Rules::Quiz(_) => Vec::new(),
        Rules::Referral(_) | Rules::Assist(_) | Rules::Tasks(_) | Rules::Contest(_) => Vec::new(),
    }
}

/// What only plays of its kind are held against.
fn of_its_kind(play: &Play, against: &Against, signed: &[SignOff]) -> Vec<GateResult> {
    let published = &against.published;
    match &play.terms.rules {
        Rules::GroupBuy(_) | Rules::CheckIn(_) | Rules::Vote(_) => Vec::new(),
        Rules::Lottery(rules) => lottery::gates::gates(rules, published),
        Rules::Bargain(rules) => bargain::gates::gates(rules, &against.products, against.reference_days),
        Rules::Referral(rules) => referral::gates::gates(rules, signed),
        Rules::Tasks(rules) => vec![rewards_exist(rules.rewards().map(|(_, reward)| reward), published)],
        Rules::Quiz(rules) => vec![rewards_exist(rules.rewards.iter().map(|one| &one.reward), published)],
        Rules::Assist(rules) => assist::gates::gates(play, rules, published, against.now),
        Rules::Contest(rules) => contest::gates::gates(play, rules, published),
    }
}

/// What several offers of one play found, by gate: the worst verdict, and every finding once.
fn merged(found: Vec<GateResult>) -> Vec<GateResult> {
    let rank = |verdict: Verdict| match verdict {
        Verdict::Pass => 0,
        Verdict::Warn => 1,
        Verdict::Refuse => 2,
    };
    let mut gates: Vec<GateResult> = Vec::new();
    for result in found {
        let Some(known) = gates.iter_mut().find(|known| known.gate == result.gate) else {
            gates.push(result);
            continue;
        };
        // What was fine about one price says nothing where another is not.
        match rank(result.verdict).cmp(&rank(known.verdict)) {
            std::cmp::Ordering::Greater => *known = result,
            std::cmp::Ordering::Equal => {
                let fresh: Vec<_> = result.evidence.into_iter().filter(|one| !known.evidence.contains(one)).collect();
                known.evidence.extend(fresh);
            }
            std::cmp::Ordering::Less => {}
        }
    }
    gates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quote::Words;

    #[test]
    fn of_several_prices_the_worst_finding_counts() {
        let gate = |verdict, says: &str| GateResult {
            gate: "below_cost".into(),
            rule: Words::alike("rule"),
            verdict,
            evidence: vec![Words::alike(says)],
        };
        let found = vec![
            gate(Verdict::Pass, "fine"),
            gate(Verdict::Warn, "one"),
            gate(Verdict::Warn, "two"),
            gate(Verdict::Pass, "fine"),
        ];
        let gates = merged(found);
        assert_eq!(gates.len(), 1);
        assert_eq!(gates[0].verdict, Verdict::Warn);
        assert_eq!(gates[0].evidence, [Words::alike("one"), Words::alike("two")]);
    }
}
