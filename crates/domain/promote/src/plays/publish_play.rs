//! `POST /api/v1/plays/{play_id}/publish` and `…/withdraw`: from when on a play may be opened, and until when.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::names;
use fanvine_store::Tx;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::examine::Examined;
use super::list_plays::PlayView;
use super::{Play, PlayError, store};
use crate::offers::examine::versions;
use crate::offers::{GateResult, Verdict, store as offers};
use crate::{Promote, announce, contest, lottery};

/// How often a play is checked anew because others changed meanwhile.
const TRIES: usize = 5;

/// A play that was published, and what was checked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlayPublished {
    /// The play.
    pub play: PlayView,
    /// What each gate found; kept as evidence.
    pub gates: Vec<GateResult>,
}

/// Publish a play
///
/// Its latest version passes the gates, and what they found is kept. From then on it may be opened.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/publish", tag = "promote", operation_id = "publish_play",
    params(("play_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The play and what was checked", body = PlayPublished),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn publish_play(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(play_id): Segment<String>,
) -> Answer<Json<PlayPublished>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.publish_play(play_id, by).await?))
}

/// Withdraw a play
///
/// Nobody opens it any more. What was opened goes on to its end.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/withdraw", tag = "promote", operation_id = "withdraw_play",
    params(("play_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The play", body = PlayView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn withdraw_play(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(play_id): Segment<String>,
) -> Answer<Json<PlayView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.withdraw_play(&play_id, &by).await?))
}

impl Promote {
    /// Withdraws a play.
    pub(crate) async fn withdraw_play(&self, play_id: &str, by: &str) -> Result<PlayView, PlayError> {
        let (play_id, by, now) = (play_id.to_owned(), by.to_owned(), self.clock.now());
        let done = self.change_offers(move |tx| {
            Box::pin(async move {
                tx.lock(crate::LOCK).await?;
                let view = store::one(tx, &play_id).await?.ok_or_else(|| PlayError::Unknown(play_id.clone()))?;
                if let Some(version) = view.published_version {
                    store::publish(tx, &play_id, None).await?;
                    let play = Play { play_id, version, terms: view.terms.clone() };
                    tx.emit(&announce::play(names::PLAY_WITHDRAWN, &play, &by, now)).await?;
                }
                Ok::<_, PlayError>(PlayView { published_version: None, ..view })
            })
        });
        done.await
    }

    /// Publishes the latest version of a play, if the gates let it through.
    pub async fn publish_play(&self, play_id: String, by: String) -> Result<PlayPublished, PlayError> {
        for _ in 0..TRIES {
            let examined = self.examine_play(&play_id).await?;
            if let Some(gate) = examined.gates.iter().find(|gate| gate.verdict == Verdict::Refuse) {
                let evidence: Vec<&str> = gate.evidence.iter().map(|words| words.en.as_str()).collect();
                let (gate, evidence) = (gate.gate.clone(), evidence.join("; "));
                return Err(PlayError::Refused { play_id, gate, evidence });
            }
            let (by, now) = (by.clone(), self.clock.now());
            let lottery = lottery::publish::prepared(&examined.play, self.entropy.as_ref(), now);
            let opens = Opens { lottery, contest: self.prepared_contest(&examined.play, now)? };
            let contest = opens.contest.is_some();
            let publishing = self.change_offers(move |tx| Box::pin(publish(tx, examined, opens, by, now)));
            let published = publishing.await;
            if contest {
                self.contests.one_more();
            }
            if let Some(done) = published? {
                return Ok(done);
            }
        }
        Err(PlayError::Changing(play_id))
    }
}

/// What is opened with the publication of a play, by its kind.
struct Opens {
    lottery: Option<lottery::Open>,
    contest: Option<contest::publish::Prepared>,
}

/// Publishes what was examined, if it and the published offers are still what they were then.
async fn publish(
    tx: &mut Tx,
    examined: Examined,
    opens: Opens,
    by: String,
    now: Timestamp,
) -> Result<Option<PlayPublished>, PlayError> {
    tx.lock(crate::LOCK).await?;
    let Examined { play, beside, gates } = examined;
    let unknown = || PlayError::Unknown(play.play_id.clone());
    let view = store::one(tx, &play.play_id).await?.ok_or_else(unknown)?;
    if view.version != play.version || versions(&offers::published(tx).await?) != beside {
        return Ok(None);
    }
    store::keep_evidence(tx, &play, &by, &gates, now).await?;
    store::publish(tx, &play.play_id, Some(play.version)).await?;
    if let Some(prepared) = opens.contest {
        contest::publish::open(tx, prepared, now).await?;
    }
    let commitment = match opens.lottery {
        Some(prepared) => Some(lottery::publish::open(tx, prepared, now).await?),
        None => None,
    };
    tx.emit(&announce::published(&play, &by, commitment.as_deref(), now)).await?;
    let play = store::one(tx, &play.play_id).await?.ok_or_else(unknown)?;
    Ok(Some(PlayPublished { play, gates }))
}
