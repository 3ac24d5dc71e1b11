//! `GET /api/v1/bargains/{bargain_id}/proof`: what anybody needs to compute a bargain's cuts anew, and whether they are what
//! was cut.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::cuts::{cuts, played};
use super::show_bargain::is_told;
use crate::Promote;
use crate::plays::PlayError;

/// How a bargain's cuts came about.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BargainProof {
    /// The bargain.
    pub bargain_id: String,
    /// What was published when it opened: the SHA-256 of `lines` and the seed, joined by line feeds, in base 16.
    pub commitment: String,
    /// The lines before the seed.
    pub lines: Vec<String>,
    /// The seed; null while a cut may still come.
    pub seed: Option<String>,
    /// Every cut the seed has, in minor units, in the order helps come; null while the seed is.
    pub cuts: Option<Vec<i64>>,
    /// What was cut, in that order.
    pub cut: Vec<i64>,
    /// Whether that is how the cuts begin; null while the seed is.
    pub agrees: Option<bool>,
}

/// Prove a bargain's cuts
///
/// Once no more cuts can come, the seed is told: the book has the few lines of code by which anybody computes commitment and
/// cuts from it.
#[utoipa::path(
    get, path = "/api/v1/bargains/{bargain_id}/proof", tag = "promote", operation_id = "prove_bargain",
    params(("bargain_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "How its cuts came about", body = BargainProof),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn prove_bargain(
    State(promote): State<Arc<Promote>>,
    Segment(bargain_id): Segment<String>,
) -> Answer<Json<BargainProof>> {
    Ok(Json(promote.prove_bargain(&bargain_id).await?))
}

impl Promote {
    /// How a bargain's cuts came about.
    pub async fn prove_bargain(&self, bargain_id: &str) -> Result<BargainProof, PlayError> {
        let (open, cut) = self.bargain(bargain_id).await?;
        let helps = self.helps_with(bargain_id).await?;
        let lines = played(bargain_id, &open.rules);
        let told = is_told(&open, cut);
        let cuts = told.then(|| cuts(&open.rules, &open.seed));
        let cut: Vec<i64> = helps.iter().map(|help| help.cut_minor).collect();
        Ok(BargainProof {
            bargain_id: bargain_id.to_owned(),
            commitment: open.commitment(),
            lines,
            seed: told.then(|| open.seed.as_str().to_owned()),
            agrees: cuts.as_ref().map(|cuts| cuts.starts_with(&cut)),
            cuts,
            cut,
        })
    }
}
