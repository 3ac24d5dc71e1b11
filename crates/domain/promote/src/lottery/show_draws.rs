//! `GET /api/v1/draws`: the draws of a lottery or of a shopper, the latest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::store::{self, Draw};
use super::{Open, PaidWith, Prize, WHAT};
use crate::Promote;
use crate::plays::PlayError;
use crate::plays::runs;

/// A draw that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DrawView {
    /// Its identifier.
    pub draw_id: String,
    /// The lottery.
    pub lottery_id: String,
    /// The play it is of.
    pub play_id: String,
    /// Who drew.
    pub shopper_id: String,
    /// The key of the request: with the seed and the shopper, what the number comes of.
    pub key: String,
    /// The number, from 0 to 999,999.
    pub number: i64,
    /// What was won; null is thanks for playing.
    pub prize: Option<Prize>,
    /// The prize whose number it was, where none of it was left.
    pub missed: Option<String>,
    /// What it was paid with.
    pub paid_with: PaidWith,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub drawn_at: Timestamp,
    /// The order with which goods that were won come, once they were claimed.
    pub claimed_with: Option<String>,
}

/// Draws, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DrawList {
    /// Some of them.
    pub draws: Vec<DrawView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which draws.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DrawQuery {
    /// Those of this lottery.
    pub lottery_id: Option<String>,
    /// Those of this shopper.
    pub shopper_id: Option<String>,
    /// Only those made before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// List draws
#[utoipa::path(
    get, path = "/api/v1/draws", tag = "promote", operation_id = "list_draws",
    params(DrawQuery),
    responses(
        (status = 200, description = "Draws, the latest first", body = DrawList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_draws(
    State(promote): State<Arc<Promote>>,
    Params(wanted): Params<DrawQuery>,
) -> Answer<Json<DrawList>> {
    Ok(Json(promote.draws(wanted).await?))
}

impl Promote {
    /// Draws, the latest first.
    pub async fn draws(&self, wanted: DrawQuery) -> Result<DrawList, PlayError> {
        let limit = wanted.limit.unwrap_or(50).clamp(1, 200);
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let (run, shopper) = (wanted.lottery_id.as_deref(), wanted.shopper_id.as_deref());
                let found = store::list(tx, run, shopper, wanted.before.as_deref(), limit).await?;
                let next = found.last().filter(|_| found.len() == limit as usize).map(|draw| draw.draw_id.clone());
                let (mut draws, mut open): (Vec<DrawView>, Option<Open>) = (Vec::new(), None);
                for draw in found {
                    if open.as_ref().is_none_or(|open| open.run.run_id != draw.run_id) {
                        open = runs::one(tx, &draw.run_id).await?.map(Open::of).transpose()?;
                    }
                    draws.extend(open.as_ref().map(|open| view(open, draw)));
                }
                Ok::<_, PlayError>(DrawList { draws, next })
            })
        });
        read.await
    }

    /// A draw, with the lottery it is of.
    pub(super) async fn draw(&self, draw_id: &str) -> Result<(Open, Draw), PlayError> {
        let wanted = draw_id.to_owned();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let unknown = |what, run_id: &str| PlayError::UnknownRun { what, run_id: run_id.to_owned() };
                let draw = store::one(tx, &wanted).await?.ok_or_else(|| unknown("draw", &wanted))?;
                let run = runs::one(tx, &draw.run_id).await?.ok_or_else(|| unknown(WHAT, &draw.run_id))?;
                Ok::<_, PlayError>((Open::of(run)?, draw))
            })
        });
        read.await
    }

    /// A draw as it is shown.
    pub(super) async fn drawn(&self, draw_id: &str) -> Result<DrawView, PlayError> {
        let (open, draw) = self.draw(draw_id).await?;
        Ok(view(&open, draw))
    }
}

/// A draw as it is shown.
pub(super) fn view(open: &Open, draw: Draw) -> DrawView {
    let prize = |id: &String| open.rules.prizes.iter().find(|prize| prize.prize_id == *id).cloned();
    DrawView {
        prize: draw.prize_id.as_ref().and_then(prize),
        draw_id: draw.draw_id,
        lottery_id: draw.run_id,
        play_id: open.run.play.play_id.clone(),
        shopper_id: draw.shopper_id,
        key: draw.key,
        number: draw.roll,
        missed: draw.missed,
        paid_with: draw.paid_with,
        drawn_at: draw.drawn_at,
        claimed_with: draw.claimed,
    }
}
