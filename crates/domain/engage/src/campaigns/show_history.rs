//! `GET /api/v1/campaigns/{campaign_id}/history`: what was done with a campaign, by whom and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::gates::GateResult;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::store;
use super::{CampaignError, Campaigns};

/// Something that was done with a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CampaignStep)]
pub struct Step {
    /// Its number, from 1.
    pub number: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// By whom: an account or a key; empty if by the campaign itself.
    pub by: String,
    /// What, as the event that told of it is named: `Campaign Paused`.
    pub what: String,
    /// Why, where that is told: `asked`, `budget_used`, `below_floor` or `ended`.
    pub why: Option<String>,
    /// The version that held.
    pub version: i64,
    /// What the gates found, where they were asked.
    pub gates: Option<Vec<GateResult>>,
}

/// What was done with a campaign.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignHistory {
    /// The latest first.
    pub steps: Vec<Step>,
}

/// Show a campaign's history
#[utoipa::path(
    get, path = "/api/v1/campaigns/{campaign_id}/history", tag = "engage", operation_id = "show_campaign_history",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "What was done with it, the latest first", body = CampaignHistory),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_campaign_history(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignHistory>> {
    let wanted = campaigns.kept(&campaign_id).await?.campaign_id;
    let read = campaigns.store.read(|tx| Box::pin(async move { store::history(tx, &wanted).await })).await;
    Ok(Json(CampaignHistory { steps: read.map_err(CampaignError::Store)? }))
}
