//! `POST /api/v1/offers/{offer_id}/publish` and `…/withdraw`: from when on quotes know an offer, and until when.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::names;
use fanvine_store::Tx;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::examine::{Examined, versions};
use super::gates::{GateResult, Verdict};
use super::list_offers::OfferView;
use super::put_offer::OfferError;
use super::{Offer, store};
use crate::{Promote, announce};

/// How often an offer is checked anew because others changed meanwhile.
const TRIES: usize = 5;

/// An offer that was published, and what was checked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OfferPublished {
    /// The offer.
    pub offer: OfferView,
    /// What each gate found; kept as evidence.
    pub gates: Vec<GateResult>,
}

/// Publish an offer
///
/// Its latest version passes the gates, and what they found is kept. From then on quotes use it.
#[utoipa::path(
    post, path = "/api/v1/offers/{offer_id}/publish", tag = "promote", operation_id = "publish_offer",
    params(("offer_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The offer and what was checked", body = OfferPublished),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn publish_offer(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(offer_id): Segment<String>,
) -> Answer<Json<OfferPublished>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.publish_offer(offer_id, by).await?))
}

/// Withdraw an offer
///
/// Quotes no longer use it. What was reserved or redeemed with it stays.
#[utoipa::path(
    post, path = "/api/v1/offers/{offer_id}/withdraw", tag = "promote", operation_id = "withdraw_offer",
    params(("offer_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The offer", body = OfferView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn withdraw_offer(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(offer_id): Segment<String>,
) -> Answer<Json<OfferView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.withdraw_offer(offer_id, by).await?))
}

impl Promote {
    /// Withdraws an offer.
    pub(crate) async fn withdraw_offer(&self, offer_id: String, by: String) -> Result<OfferView, OfferError> {
        let now = self.clock.now();
        let withdrawing = self.change_offers(move |tx| {
            Box::pin(async move {
                tx.lock(crate::LOCK).await?;
                let view = store::one(tx, &offer_id).await?.ok_or(OfferError::Unknown(offer_id.clone()))?;
                if let Some(version) = view.published_version {
                    store::publish(tx, &offer_id, None).await?;
                    let offer = Offer { offer_id, version, terms: view.terms.clone() };
                    tx.emit(&announce::offer(names::OFFER_WITHDRAWN, &offer, &by, now)).await?;
                }
                Ok::<_, OfferError>(OfferView { published_version: None, ..view })
            })
        });
        withdrawing.await
    }

    /// Publishes the latest version of an offer, if the gates let it through.
    pub async fn publish_offer(&self, offer_id: String, by: String) -> Result<OfferPublished, OfferError> {
        for _ in 0..TRIES {
            let examined = self.examine(&offer_id).await?;
            if let Some(gate) = examined.gates.iter().find(|gate| gate.verdict == Verdict::Refuse) {
                let (gate, evidence) = (
                    gate.gate.clone(),
                    gate.evidence.iter().map(|words| words.en.as_str()).collect::<Vec<_>>().join("; "),
                );
                return Err(OfferError::Refused { offer_id, gate, evidence });
            }
            let (by, now) = (by.clone(), self.clock.now());
            let publishing = self.change_offers(move |tx| Box::pin(publish(tx, examined, by, now)));
            if let Some(done) = publishing.await? {
                return Ok(done);
            }
        }
        Err(OfferError::Changing(offer_id))
    }
}

/// Publishes what was examined, if it and the published offers are still what they were then.
async fn publish(
    tx: &mut Tx,
    examined: Examined,
    by: String,
    now: Timestamp,
) -> Result<Option<OfferPublished>, OfferError> {
    tx.lock(crate::LOCK).await?;
    let Examined { offer, beside, gates } = examined;
    let unknown = || OfferError::Unknown(offer.offer_id.clone());
    let view = store::one(tx, &offer.offer_id).await?.ok_or_else(unknown)?;
    if view.version != offer.version || versions(&store::published(tx).await?) != beside {
        return Ok(None);
    }
    store::keep_evidence(tx, &offer, &by, &gates, now).await?;
    store::publish(tx, &offer.offer_id, Some(offer.version)).await?;
    tx.emit(&announce::offer(names::OFFER_PUBLISHED, &offer, &by, now)).await?;
    let offer = store::one(tx, &offer.offer_id).await?.ok_or_else(unknown)?;
    Ok(Some(OfferPublished { offer, gates }))
}
