//! `PUT /api/v1/campaigns/{campaign_id}`: sets a campaign, as a new version.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_contracts::gates::GateResult;
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::names;
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};

use super::examine::let_through;
use super::list_campaigns::CampaignView;
use super::state::CampaignState;
use super::store::{self, Kept};
use super::terms::check_id;
use super::{CampaignError, CampaignTerms, Campaigns, LOCK};

/// Set a campaign
///
/// Makes a new version, unless it is the same. Of one that was published, the name, the goal, the budget, the end and the
/// floor may change, and hold at once if its own gates pass; whom it is for, what it holds and who is held out may not.
#[utoipa::path(
    put, path = "/api/v1/campaigns/{campaign_id}", tag = "engage", operation_id = "put_campaign",
    params(("campaign_id" = String, Path, description = "Its identifier: letters, digits, `_`, `-`, `.`")),
    request_body = CampaignTerms,
    responses(
        (status = 200, description = "The campaign", body = CampaignView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_campaign(
    State(campaigns): State<Arc<Campaigns>>,
    actor: Option<Extension<Actor>>,
    Segment(campaign_id): Segment<String>,
    Body(terms): Body<CampaignTerms>,
) -> Answer<Json<CampaignView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(campaigns.put_campaign(campaign_id, terms, by).await?))
}

impl Campaigns {
    /// Sets a campaign.
    pub async fn put_campaign(
        &self,
        campaign_id: String,
        terms: CampaignTerms,
        by: String,
    ) -> Result<CampaignView, CampaignError> {
        check_id(&campaign_id)?;
        terms.check()?;
        // Looked at before and kept with the version; they are only asked of a campaign that was published.
        let gates = self.own_gates(&campaign_id, &terms, Vec::new());
        let mut salt = [0; 8];
        self.entropy.fill(&mut salt);
        let salt = salt.iter().map(|byte| format!("{byte:02x}")).collect();
        let (wanted, now) = (campaign_id.clone(), self.clock.now());
        let saving = self.store.write(move |tx| Box::pin(put(tx, wanted, terms, salt, gates, by, now)));
        saving.await?;
        self.admissions.read_anew().await?;
        self.view(self.kept(&campaign_id).await?).await
    }
}

async fn put(
    tx: &mut Tx,
    campaign_id: String,
    terms: CampaignTerms,
    salt: String,
    gates: Vec<GateResult>,
    by: String,
    now: Timestamp,
) -> Result<(), CampaignError> {
    tx.lock(LOCK).await?;
    let Some(before) = store::one(tx, &campaign_id).await? else {
        let fresh = Kept {
            campaign_id,
            version: 1,
            terms,
            state: CampaignState::Draft,
            salt,
            pieces_due: false,
            created_at: now,
            updated_at: now,
            published_at: None,
        };
        store::save_version(tx, &fresh, &by, now).await?;
        return Ok(store::done(tx, &fresh, names::CAMPAIGN_CHANGED, &by, None, now).await?);
    };
    if before.terms == terms {
        return Ok(());
    }
    let state = before.state.as_str();
    let live = before.state != CampaignState::Draft;
    if matches!(before.state, CampaignState::Closed { .. }) {
        return Err(CampaignError::State { campaign_id, state, wanted: "changed" });
    }
    if let Some(field) = before.terms.fixed_difference(&terms).filter(|_| live) {
        return Err(CampaignError::Fixed { campaign_id, state, field });
    }
    if live {
        let_through(&campaign_id, &gates)?;
    }
    let version = before.version + 1;
    let kept = Kept { version, terms, updated_at: now, ..before };
    store::save_version(tx, &kept, &by, now).await?;
    store::done(tx, &kept, names::CAMPAIGN_CHANGED, &by, live.then_some(gates.as_slice()), now).await?;
    Ok(())
}
