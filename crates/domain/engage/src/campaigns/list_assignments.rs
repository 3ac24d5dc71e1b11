//! `GET /api/v1/campaigns/{campaign_id}/assignments`: who met a campaign, and was treated or held out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::assign::{Arm, Assigned, standing};
use super::people;
use super::{CampaignError, Campaigns};

/// A shopper key that met a campaign. Written once, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CampaignAssignment)]
pub struct Assignment {
    /// The key.
    pub shopper_key: String,
    /// The key by which the person was assigned then: with the campaign's salt, it gives the arm.
    pub person_key: String,
    /// What they were assigned to.
    pub arm: Arm,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub assigned_at: Timestamp,
    /// What they met: `offer/…`, `play/…`, or `page`.
    pub met: String,
}

/// Who met a campaign.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CampaignAssignmentList)]
pub struct AssignmentList {
    /// Some of them, by key.
    pub assignments: Vec<Assignment>,
    /// Of one shopper, the arm that stands: the earliest of all keys of the person.
    pub stands: Option<Arm>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<String>,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AssignmentQuery {
    /// Only the keys of the person with this one.
    pub shopper_id: Option<String>,
    /// Only those after this key.
    pub after: Option<String>,
    /// At most this many; 100 if absent, 1,000 at most.
    pub limit: Option<u32>,
}

/// List who met a campaign
#[utoipa::path(
    get, path = "/api/v1/campaigns/{campaign_id}/assignments", tag = "engage", operation_id = "list_campaign_assignments",
    params(("campaign_id" = String, Path, description = "The campaign"), AssignmentQuery),
    responses(
        (status = 200, description = "Shopper keys, by key", body = AssignmentList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_campaign_assignments(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
    Params(query): Params<AssignmentQuery>,
) -> Answer<Json<AssignmentList>> {
    let wanted = campaigns.kept(&campaign_id).await?.campaign_id;
    let limit = query.limit.unwrap_or(100).clamp(1, 1_000);
    let keys = query.shopper_id.map(|shopper| campaigns.others.audience.keys_of(&shopper));
    let one = keys.is_some();
    let read = campaigns.store.read(|tx| {
        Box::pin(async move {
            match keys {
                Some(keys) => people::of_keys(tx, &wanted, &keys).await,
                None => people::page(tx, &wanted, &query.after.unwrap_or_default(), limit).await,
            }
        })
    });
    let found: Vec<Assigned> = read.await.map_err(CampaignError::Store)?;
    let stands = standing(found.iter()).filter(|_| one).map(|stands| stands.arm);
    let next = found.last().filter(|_| !one && found.len() == limit as usize).map(|last| last.shopper_key.clone());
    Ok(Json(AssignmentList { assignments: found.into_iter().map(shown).collect(), stands, next }))
}

fn shown(one: Assigned) -> Assignment {
    let Assigned { shopper_key, person_key, arm, at, met } = one;
    Assignment { shopper_key, person_key, arm, assigned_at: at, met }
}
