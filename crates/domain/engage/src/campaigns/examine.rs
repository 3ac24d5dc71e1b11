//! `GET /api/v1/campaigns/{campaign_id}/gates`: what the gates would find if the campaign were published now: its own, and
//! those of every offer and play it holds.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::gates::{GateResult, Verdict};
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::gates::{Against, check};
use super::store::{self, Kept};
use super::{CampaignError, CampaignTerms, Campaigns};

/// What the gates find of a campaign.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignGates {
    /// The campaign.
    pub campaign_id: String,
    /// The version that was looked at.
    pub version: i64,
    /// Whether it could be published.
    pub passes: bool,
    /// What each gate found; those of an offer or a play are named `its identifier/the gate`.
    pub gates: Vec<GateResult>,
}

/// Check a campaign before it is published
///
/// Nothing is published and nothing kept.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{campaign_id}/gates", tag = "engage", operation_id = "check_campaign",
    params(("campaign_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "What each gate found", body = CampaignGates),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn check_campaign(
    State(campaigns): State<Arc<Campaigns>>,
    Segment(campaign_id): Segment<String>,
) -> Answer<Json<CampaignGates>> {
    let kept = campaigns.kept(&campaign_id).await?;
    let gates = campaigns.examine(&kept).await?;
    let passes = gates.iter().all(|gate| gate.verdict != Verdict::Refuse);
    Ok(Json(CampaignGates { campaign_id, version: kept.version, passes, gates }))
}

impl Campaigns {
    /// The campaign of that identifier.
    pub(crate) async fn kept(&self, campaign_id: &str) -> Result<Kept, CampaignError> {
        let wanted = campaign_id.to_owned();
        let found = self.store.read(|tx| Box::pin(async move { store::one(tx, &wanted).await })).await?;
        found.ok_or_else(|| CampaignError::Unknown(campaign_id.to_owned()))
    }

    /// What the gates find of a campaign and of all it holds.
    pub(crate) async fn examine(&self, kept: &Kept) -> Result<Vec<GateResult>, CampaignError> {
        let mut unknown = Vec::new();
        let mut of_pieces = Vec::new();
        for piece in &kept.terms.pieces {
            if self.others.pieces.look(piece).await?.is_none() {
                unknown.push(piece.id.clone());
                continue;
            }
            let found = self.others.pieces.gates(piece).await?;
            of_pieces
                .extend(found.into_iter().map(|one| GateResult { gate: format!("{}/{}", piece.id, one.gate), ..one }));
        }
        let mut gates = self.own_gates(&kept.campaign_id, &kept.terms, unknown);
        gates.extend(of_pieces);
        Ok(gates)
    }

    /// What a campaign's own gates find of these terms.
    pub(crate) fn own_gates(&self, campaign_id: &str, terms: &CampaignTerms, unknown: Vec<String>) -> Vec<GateResult> {
        let shelf = self.admissions.shelf();
        let others = shelf.campaigns.iter().filter(|other| other.campaign_id != campaign_id);
        let held = others.flat_map(|other| {
            let mine = other.terms.pieces.iter().filter(|piece| terms.pieces.contains(piece));
            mine.map(|piece| (piece.id.clone(), other.campaign_id.clone()))
        });
        let against = Against {
            segment_exists: terms.segment.as_deref().is_some_and(|one| self.others.audience.has_segment(one)),
            unknown,
            held: held.collect(),
            absolute: self.others.pieces.absolute_words(&terms.name),
            now: self.clock.now(),
        };
        check(terms, &against)
    }
}

/// Refuses what a gate refused.
pub(crate) fn let_through(campaign_id: &str, gates: &[GateResult]) -> Result<(), CampaignError> {
    let Some(refused) = gates.iter().find(|gate| gate.verdict == Verdict::Refuse) else { return Ok(()) };
    let evidence: Vec<&str> = refused.evidence.iter().map(|words| words.en.as_str()).collect();
    let (gate, evidence) = (refused.gate.clone(), evidence.join("; "));
    Err(CampaignError::Refused { campaign_id: campaign_id.to_owned(), gate, evidence })
}
