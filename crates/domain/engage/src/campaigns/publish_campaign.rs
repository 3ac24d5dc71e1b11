//! `POST /api/v1/campaigns/{campaign_id}/publish`: from when on a campaign decides about what it holds.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_contracts::gates::GateResult;
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::names;
use fanvine_store::Tx;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::examine::let_through;
use super::list_campaigns::CampaignView;
use super::state::CampaignState;
use super::store::{self, Kept};
use super::{CampaignError, Campaigns, LOCK};

/// A campaign that was published, and what was checked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignPublished {
    /// The campaign.
    pub campaign: CampaignView,
    /// What each gate found; kept as evidence.
    pub gates: Vec<GateResult>,
}

/// Publish a campaign
///
/// It passes its gates and those of every offer and play it holds, and what they found is kept. From then on it decides who
/// gets them; after that they are published too, in their latest versions.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{campaign_id}/publish", tag = "engage", operation_id = "publish_campaign",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The campaign and what was checked", body = CampaignPublished),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn publish_campaign(
    State(campaigns): State<Arc<Campaigns>>,
    actor: Option<Extension<Actor>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignPublished>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(campaigns.publish_campaign(&campaign_id, by).await?))
}

impl Campaigns {
    /// Publishes a campaign, if the gates let it through, and then what it holds.
    pub async fn publish_campaign(&self, campaign_id: &str, by: String) -> Result<CampaignPublished, CampaignError> {
        let kept = self.kept(campaign_id).await?;
        if kept.state != CampaignState::Draft {
            let (campaign_id, state) = (kept.campaign_id, kept.state.as_str());
            return Err(CampaignError::State { campaign_id, state, wanted: "published" });
        }
        let gates = self.examine(&kept).await?;
        let_through(campaign_id, &gates)?;
        let (evidence, told, now) = (gates.clone(), by.clone(), self.clock.now());
        let publishing = self.store.write(move |tx| Box::pin(publish(tx, kept, evidence, told, now)));
        publishing.await?;
        // It decides before anybody can get anything of it.
        self.admissions.read_anew().await?;
        let kept = self.kept(campaign_id).await?;
        self.settle_pieces(&kept, &by).await?;
        let campaign = self.view(self.kept(campaign_id).await?).await?;
        Ok(CampaignPublished { campaign, gates })
    }

    /// Publishes what a campaign holds, or withdraws it from one that is closed, if that is still to be done. What a crash
    /// came between, the sweep does.
    pub(crate) async fn settle_pieces(&self, kept: &Kept, by: &str) -> Result<(), CampaignError> {
        if !kept.pieces_due {
            return Ok(());
        }
        let closed = matches!(kept.state, CampaignState::Closed { .. });
        for piece in &kept.terms.pieces {
            match closed {
                true => self.others.pieces.withdraw(piece, by).await?,
                false => self.others.pieces.publish(piece, by).await?,
            }
        }
        let campaign_id = kept.campaign_id.clone();
        let saving = self.store.write(move |tx| {
            Box::pin(async move {
                tx.lock(LOCK).await?;
                let Some(now) = store::one(tx, &campaign_id).await? else { return Ok(()) };
                // Closed meanwhile, it must still be withdrawn.
                if matches!(now.state, CampaignState::Closed { .. }) != closed {
                    return Ok(());
                }
                Ok::<_, CampaignError>(store::save(tx, &Kept { pieces_due: false, ..now }).await?)
            })
        });
        saving.await?;
        Ok(self.admissions.read_anew().await?)
    }
}

/// Publishes what was examined, if it is still that and no other campaign took any of it meanwhile.
async fn publish(
    tx: &mut Tx,
    examined: Kept,
    gates: Vec<GateResult>,
    by: String,
    now: Timestamp,
) -> Result<(), CampaignError> {
    tx.lock(LOCK).await?;
    let campaign_id = examined.campaign_id.clone();
    let before = store::one(tx, &campaign_id).await?.ok_or(CampaignError::Unknown(campaign_id.clone()))?;
    let holds = |other: &Kept| other.terms.pieces.iter().any(|piece| before.terms.pieces.contains(piece));
    let taken = store::in_force(tx).await?.iter().any(|other| other.campaign_id != campaign_id && holds(other));
    if taken || before.version != examined.version || before.state != CampaignState::Draft {
        return Err(CampaignError::Changing(campaign_id));
    }
    let begun = before.terms.starts_at.is_none_or(|starts_at| starts_at <= now);
    let published =
        Kept { state: CampaignState::Published, pieces_due: true, updated_at: now, published_at: Some(now), ..before };
    store::done(tx, &published, names::CAMPAIGN_PUBLISHED, &by, Some(&gates), now).await?;
    if begun {
        let running = Kept { state: CampaignState::Running, ..published };
        store::done(tx, &running, names::CAMPAIGN_STARTED, &by, None, now).await?;
    }
    Ok(())
}
