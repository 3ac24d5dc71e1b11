//! `GET /api/v1/campaigns`, `GET /api/v1/campaigns/{campaign_id}` and `…/versions`: the campaigns, by identifier.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::campaigns::{Piece, PieceLook};
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::store::{self, Kept};
use super::{CampaignError, CampaignState, CampaignTerms, Campaigns};

/// A campaign as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CampaignView {
    /// Its identifier.
    pub campaign_id: String,
    /// How it stands.
    pub status: CampaignState,
    /// The version that holds: the latest.
    pub version: i64,
    /// What it is, in that version.
    pub terms: CampaignTerms,
    /// Its offers and plays as they stand, in the order of the terms.
    pub pieces: Vec<PieceStanding>,
    /// By which people are assigned: whoever has it can reckon anew who is held out.
    pub salt: String,
    /// When it was first made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it was published.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Timestamp>,
}

/// An offer or a play of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PieceStanding {
    /// Which.
    #[serde(flatten)]
    pub piece: Piece,
    /// As it stands; null if there is no such piece.
    pub look: Option<PieceLook>,
}

/// Campaigns, by identifier.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignList {
    /// Some of them.
    pub campaigns: Vec<CampaignView>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<String>,
}

/// Which campaigns.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CampaignQuery {
    /// Only those after this identifier.
    pub after: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// A version of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = CampaignVersion)]
pub struct Version {
    /// Its number.
    pub version: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// What it says.
    pub terms: CampaignTerms,
}

/// The versions of a campaign.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignVersions {
    /// The latest first.
    pub versions: Vec<Version>,
}

/// List campaigns
#[utoipa::path(
    get, path = "/api/v1/campaigns", tag = "engage", operation_id = "list_campaigns",
    params(CampaignQuery),
    responses(
        (status = 200, description = "Campaigns by identifier", body = CampaignList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_campaigns(
    State(campaigns): State<Arc<Campaigns>>,
    Params(query): Params<CampaignQuery>,
) -> Answer<Json<CampaignList>> {
    let (after, limit) = (query.after.unwrap_or_default(), query.limit.unwrap_or(50).clamp(1, 200));
    let read = campaigns.store.read(|tx| Box::pin(async move { store::list(tx, &after, limit).await })).await;
    let kept: Vec<Kept> = read.map_err(CampaignError::Store)?;
    let next = kept.last().filter(|_| kept.len() == limit as usize).map(|last| last.campaign_id.clone());
    let mut views = Vec::with_capacity(kept.len());
    for one in kept {
        views.push(campaigns.view(one).await?);
    }
    Ok(Json(CampaignList { campaigns: views, next }))
}

/// Show a campaign
#[utoipa::path(
    get, path = "/api/v1/campaigns/{campaign_id}", tag = "engage", operation_id = "get_campaign",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The campaign", body = CampaignView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_campaign(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignView>> {
    Ok(Json(campaigns.view(campaigns.kept(&campaign_id).await?).await?))
}

/// List the versions of a campaign
#[utoipa::path(
    get, path = "/api/v1/campaigns/{campaign_id}/versions", tag = "engage", operation_id = "list_campaign_versions",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "Its versions, the latest first", body = CampaignVersions),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_campaign_versions(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignVersions>> {
    let wanted = campaigns.kept(&campaign_id).await?.campaign_id;
    let read = campaigns.store.read(|tx| Box::pin(async move { store::versions(tx, &wanted).await })).await;
    Ok(Json(CampaignVersions { versions: read.map_err(CampaignError::Store)? }))
}

impl Campaigns {
    /// A campaign as it is shown.
    pub(crate) async fn view(&self, kept: Kept) -> Result<CampaignView, CampaignError> {
        let mut pieces = Vec::with_capacity(kept.terms.pieces.len());
        for piece in &kept.terms.pieces {
            pieces.push(PieceStanding { piece: piece.clone(), look: self.others.pieces.look(piece).await? });
        }
        Ok(CampaignView {
            campaign_id: kept.campaign_id,
            status: kept.state,
            version: kept.version,
            terms: kept.terms,
            pieces,
            salt: kept.salt,
            created_at: kept.created_at,
            updated_at: kept.updated_at,
            published_at: kept.published_at,
        })
    }
}
