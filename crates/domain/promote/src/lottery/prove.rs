//! `GET /api/v1/lotteries/{lottery_id}/proof`: what anybody needs to compute a lottery's draws anew, and whether they are what was
//! given.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::chance::{played, prize_at, roll};
use super::show_draws::{DrawQuery, DrawView};
use super::{Open, PrizeView};
use crate::Promote;
use crate::plays::PlayError;

/// How the draws of a lottery came about.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LotteryProof {
    /// The lottery.
    pub lottery_id: String,
    /// What was published when it opened: the SHA-256 of `lines` and the seed, joined by line feeds, in base 16.
    pub commitment: String,
    /// The lines before the seed: each prize with its odds and its stock among them.
    pub lines: Vec<String>,
    /// The seed; null while it can be drawn.
    pub seed: Option<String>,
    /// Some of its draws, the latest first.
    pub draws: Vec<DrawView>,
    /// Those of them whose number or prize is not what the seed says; null while the seed is.
    pub wrong: Option<Vec<String>>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which of the draws.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProofQuery {
    /// Only those made before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// Prove a lottery's draws
///
/// Once it has ended the seed is told: the book has the few lines of code by which anybody computes commitment and draws from it.
#[utoipa::path(
    get, path = "/api/v1/lotteries/{lottery_id}/proof", tag = "promote", operation_id = "prove_lottery",
    params(("lottery_id" = String, Path, description = "Its identifier"), ProofQuery),
    responses(
        (status = 200, description = "How its draws came about", body = LotteryProof),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn prove_lottery(
    State(promote): State<Arc<Promote>>,
    Segment(lottery_id): Segment<String>,
    Params(query): Params<ProofQuery>,
) -> Answer<Json<LotteryProof>> {
    Ok(Json(promote.prove_lottery(&lottery_id, query).await?))
}

impl Promote {
    /// How a lottery's draws came about.
    pub async fn prove_lottery(&self, lottery_id: &str, query: ProofQuery) -> Result<LotteryProof, PlayError> {
        let open = self.lottery(lottery_id).await?;
        let told = open.run.ended.is_some();
        let ProofQuery { before, limit } = query;
        let wanted = DrawQuery { lottery_id: Some(lottery_id.to_owned()), shopper_id: None, before, limit };
        let found = self.draws(wanted).await?;
        let prizes = self.lottery_view(open.clone()).await?.prizes;
        let wrong = |draw: &&DrawView| !agrees(&open, &prizes, draw);
        let wrong = told.then(|| found.draws.iter().filter(wrong).map(|draw| draw.draw_id.clone()).collect());
        Ok(LotteryProof {
            lottery_id: lottery_id.to_owned(),
            commitment: open.commitment(),
            lines: played(&open),
            seed: told.then(|| open.seed.as_str().to_owned()),
            draws: found.draws,
            wrong,
            next: found.next,
        })
    }
}

/// Whether a draw is what the seed says: its number, and the prize of the number, unless it was missed. Of goods and points none is
/// missed while one is left; a coupon may be, when its offer gave out all it had.
fn agrees(open: &Open, prizes: &[PrizeView], draw: &DrawView) -> bool {
    let due = prize_at(&open.rules, draw.number).map(|prize| prize.prize_id.as_str());
    let prize_is_due = match (&draw.prize, &draw.missed) {
        (Some(prize), None) => due == Some(prize.prize_id.as_str()),
        (None, Some(missed)) => {
            let stands = prizes.iter().find(|one| one.prize.prize_id == *missed);
            let coupon = |one: &PrizeView| matches!(one.prize.gives, super::Gives::Coupon { .. });
            due == Some(missed.as_str()) && stands.is_some_and(|one| one.won == one.prize.stock || coupon(one))
        }
        (None, None) => due.is_none(),
        (Some(_), Some(_)) => false,
    };
    prize_is_due && draw.number == roll(open, &draw.shopper_id, &draw.key)
}
