//! `GET /api/v1/campaigns/{campaign_id}/numbers`: what a campaign has done so far.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, ProblemBody, Segment};

use super::numbers::{Bought, CampaignNumbers, numbers};
use super::people::{self, People};
use super::state::CampaignState;
use super::store::Kept;
use super::{CampaignError, Campaigns};

/// Orders read at a time.
const AT_ONCE: u32 = 5_000;

/// Show a campaign's numbers
///
/// As they are now; those of a closed campaign go on changing with what comes back, its review does not.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{campaign_id}/numbers", tag = "engage", operation_id = "show_campaign_numbers",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "What it has done", body = CampaignNumbers),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_campaign_numbers(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignNumbers>> {
    let kept = campaigns.kept(&campaign_id).await?;
    Ok(Json(campaigns.numbers_of(&kept).await?))
}

impl Campaigns {
    /// What a campaign has done so far.
    pub(crate) async fn numbers_of(&self, kept: &Kept) -> Result<CampaignNumbers, CampaignError> {
        let (since, until) = self.times(kept);
        let given = self.others.pieces.given(&kept.charge(), &kept.terms.pieces, since).await?;
        let campaign_id = kept.campaign_id.clone();
        let assigned = self.store.read(|tx| Box::pin(async move { people::all(tx, &campaign_id).await })).await;
        let assigned = assigned.map_err(CampaignError::Store)?;
        let people = People::new(&assigned, &self.others.persons.merged());
        let mut bought = Bought::new(&people, kept.terms.currency);
        let mut after = None;
        loop {
            let orders = self.others.orders.placed(since, until, after, AT_ONCE).await?;
            bought.take(&orders);
            match orders.into_iter().last() {
                Some(last) if !people.people.is_empty() => after = Some((last.placed_at, last.order_id)),
                _ => break,
            }
        }
        Ok(numbers(&kept.terms, &given, &bought, self.clock.now()))
    }

    /// From when until when orders count.
    fn times(&self, kept: &Kept) -> (Timestamp, Timestamp) {
        let since = kept.published_at.unwrap_or(kept.created_at);
        let until = match kept.state {
            CampaignState::Closed { at, .. } => at,
            _ => self.clock.now().plus_micros(1),
        };
        (since, until)
    }
}
