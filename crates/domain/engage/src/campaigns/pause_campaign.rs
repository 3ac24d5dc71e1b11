//! `POST /api/v1/campaigns/{campaign_id}/pause` and `…/resume`: for now, nobody gets anything of a campaign.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::event::names;
use fanvine_web::{Answer, ProblemBody, Segment};

use super::list_campaigns::CampaignView;
use super::state::{CampaignState, Why};
use super::store::{self, Kept};
use super::{CampaignError, Campaigns, LOCK};

/// Pause a campaign
///
/// Nobody gets anything of it any more, nor joins what is open of its plays. What was reserved before may still be paid.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{campaign_id}/pause", tag = "engage", operation_id = "pause_campaign",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The campaign", body = CampaignView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn pause_campaign(
    State(campaigns): State<Arc<Campaigns>>,
    actor: Option<Extension<Actor>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    campaigns.pause(&campaign_id, Why::Asked, by).await?;
    Ok(Json(campaigns.view(campaigns.kept(&campaign_id).await?).await?))
}

/// Resume a campaign
///
/// It goes on as before: with the same people held out. If its budget is used up or its return is below the floor, raise the
/// one or lower the other first, or it pauses again.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{campaign_id}/resume", tag = "engage", operation_id = "resume_campaign",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The campaign", body = CampaignView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn resume_campaign(
    State(campaigns): State<Arc<Campaigns>>,
    actor: Option<Extension<Actor>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    let now = campaigns.clock.now();
    let resumed = move |kept: &Kept| match kept.state {
        CampaignState::Paused { .. } => {
            let begun = kept.terms.starts_at.is_none_or(|starts_at| starts_at <= now);
            Ok(Some(if begun { CampaignState::Running } else { CampaignState::Published }))
        }
        CampaignState::Running | CampaignState::Published => Ok(None),
        CampaignState::Draft | CampaignState::Closed { .. } => Err("resumed"),
    };
    campaigns.turn(&campaign_id, names::CAMPAIGN_RESUMED, by, resumed).await?;
    Ok(Json(campaigns.view(campaigns.kept(&campaign_id).await?).await?))
}

impl Campaigns {
    /// Pauses a campaign; one that is paused already stays as it is.
    pub(crate) async fn pause(&self, campaign_id: &str, why: Why, by: String) -> Result<(), CampaignError> {
        let paused = move |kept: &Kept| match kept.state {
            CampaignState::Published | CampaignState::Running => Ok(Some(CampaignState::Paused { why })),
            CampaignState::Paused { .. } => Ok(None),
            CampaignState::Draft | CampaignState::Closed { .. } => Err("paused"),
        };
        self.turn(campaign_id, names::CAMPAIGN_PAUSED, by, paused).await
    }

    /// Turns a campaign to another state, as `next` decides by how it stands: none if it is so already, or what it cannot be.
    pub(crate) async fn turn(
        &self,
        campaign_id: &str,
        name: &'static str,
        by: String,
        next: impl Fn(&Kept) -> Result<Option<CampaignState>, &'static str> + Send + 'static,
    ) -> Result<(), CampaignError> {
        let (wanted, now) = (campaign_id.to_owned(), self.clock.now());
        let turning = self.store.write(move |tx| {
            Box::pin(async move {
                tx.lock(LOCK).await?;
                let before = store::one(tx, &wanted).await?.ok_or(CampaignError::Unknown(wanted))?;
                let (campaign_id, state) = (before.campaign_id.clone(), before.state.as_str());
                let next = next(&before).map_err(|wanted| CampaignError::State { campaign_id, state, wanted })?;
                let Some(state) = next else { return Ok(()) };
                let kept = Kept { state, updated_at: now, ..before };
                Ok(store::done(tx, &kept, name, &by, None, now).await?)
            })
        });
        let done: Result<(), CampaignError> = turning.await;
        self.admissions.read_anew().await?;
        done
    }
}
