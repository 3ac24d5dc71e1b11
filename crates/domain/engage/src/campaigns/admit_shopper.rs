//! `POST /api/v1/campaigns/{campaign_id}/admissions`: whether a shopper may take part, for whoever shows a campaign.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::campaigns::Admission;
use fanvine_contracts::gates::Words;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{CampaignError, CampaignState, Campaigns};

const LONGEST_SHOPPER: usize = 128;

/// Who would take part.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmissionForm {
    /// The shop's number for them.
    pub shopper_id: String,
}

/// Whether a shopper may take part.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ShopperAdmission {
    /// Whether they may.
    pub admitted: bool,
    /// Why not, in words that may be shown: nobody is told that they are held out.
    pub words: Option<Words>,
}

/// Ask whether a shopper may take part
///
/// For pages that show a campaign only to whom it is for. Who is asked about for the first time meets the campaign by this, and
/// is assigned: ask only when it would be shown.
#[utoipa::path(
    post, path = "/api/v1/campaigns/{campaign_id}/admissions", tag = "engage", operation_id = "admit_to_campaign",
    params(("campaign_id" = String, Path, description = "The campaign")),
    request_body = AdmissionForm,
    responses(
        (status = 200, description = "Whether they may", body = ShopperAdmission),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn admit_to_campaign(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
    Body(form): Body<AdmissionForm>,
) -> Answer<Json<ShopperAdmission>> {
    Ok(Json(campaigns.admit_shopper(&campaign_id, &form.shopper_id).await?))
}

impl Campaigns {
    async fn admit_shopper(&self, campaign_id: &str, shopper: &str) -> Result<ShopperAdmission, CampaignError> {
        if shopper.is_empty() || shopper.len() > LONGEST_SHOPPER || shopper.contains('\0') {
            let bytes = shopper.len();
            return Err(CampaignError::Text { field: "shopper_id", bytes, most: LONGEST_SHOPPER });
        }
        let kept = self.kept(campaign_id).await?;
        if kept.state == CampaignState::Draft {
            let (campaign_id, state) = (kept.campaign_id, kept.state.as_str());
            return Err(CampaignError::State { campaign_id, state, wanted: "shown" });
        }
        let admission = self.admissions.ask(&kept, Some(shopper), "page", self.clock.now()).await?;
        let words = match admission {
            Admission::Open(_) => None,
            Admission::NotYet { starts_at } => {
                Some(Words::new(format!("begins at {starts_at}"), format!("将于 {starts_at} 开始")))
            }
            Admission::Over { ended_at } => {
                Some(Words::new(format!("ended at {ended_at}"), format!("已于 {ended_at} 结束")))
            }
            Admission::Paused => Some(Words::new("is paused", "活动已暂停")),
            Admission::OtherShoppers => Some(Words::new("is for other shoppers", "不适用于当前用户")),
        };
        Ok(ShopperAdmission { admitted: words.is_none(), words })
    }
}
