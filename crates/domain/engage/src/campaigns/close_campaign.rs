//! `POST /api/v1/campaigns/{campaign_id}/close`: a campaign is over, and its figures are kept as they are then.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::event::names;
use fanvine_web::{Answer, ProblemBody, Segment};

use super::list_campaigns::CampaignView;
use super::review::Review;
use super::state::{CampaignState, Why};
use super::store::{self, Kept};
use super::{CampaignError, Campaigns, LOCK};

/// Close a campaign
///
/// For ever: its offers and plays are withdrawn, and its review keeps the figures of this moment. What was reserved before may
/// still be paid.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{campaign_id}/close", tag = "engage", operation_id = "close_campaign",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The campaign", body = CampaignView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn close_campaign(
    State(campaigns): State<Arc<Campaigns>>,
    actor: Option<Extension<Actor>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    campaigns.close(&campaign_id, Why::Asked, by).await?;
    Ok(Json(campaigns.view(campaigns.kept(&campaign_id).await?).await?))
}

impl Campaigns {
    /// Closes a campaign, and withdraws what it holds; one that is closed already stays as it is.
    pub(crate) async fn close(&self, campaign_id: &str, why: Why, by: String) -> Result<(), CampaignError> {
        let kept = self.kept(campaign_id).await?;
        let state = kept.state.as_str();
        match kept.state {
            CampaignState::Closed { .. } => return self.settle_pieces(&kept, &by).await,
            CampaignState::Draft => {
                return Err(CampaignError::State { campaign_id: kept.campaign_id, state, wanted: "closed" });
            }
            CampaignState::Published | CampaignState::Running | CampaignState::Paused { .. } => {}
        }
        let (numbers, now) = (self.numbers_of(&kept).await?, self.clock.now());
        let (wanted, told) = (kept.campaign_id, by.clone());
        let closing = self.store.write(move |tx| {
            Box::pin(async move {
                tx.lock(LOCK).await?;
                let before = store::one(tx, &wanted).await?.ok_or(CampaignError::Unknown(wanted))?;
                if matches!(before.state, CampaignState::Closed { .. }) {
                    return Ok(());
                }
                let state = CampaignState::Closed { why, at: now };
                let closed = Kept { state, pieces_due: true, updated_at: now, ..before };
                store::done(tx, &closed, names::CAMPAIGN_CLOSED, &told, None, now).await?;
                let history = store::history(tx, &closed.campaign_id).await?;
                let review = Review::of(&closed, why, now, numbers, history);
                Ok::<_, CampaignError>(store::save_review(tx, &closed, &store::json(&review), now).await?)
            })
        });
        closing.await?;
        self.admissions.read_anew().await?;
        let kept = self.kept(campaign_id).await?;
        self.settle_pieces(&kept, &by).await
    }
}
