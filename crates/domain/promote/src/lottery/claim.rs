//! `POST /api/v1/draws/{draw_id}/claim`: goods that were won are claimed, with the order by which the shop sends them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_ledger::{Command, Leg, carry_out};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::show_draws::DrawView;
use super::{Gives, store};
use crate::checkout::quote_cart::check_text;
use crate::plays::PlayError;
use crate::{Promote, announce};

/// Longest order number, in bytes.
const LONGEST_ORDER: usize = 200;

/// With which order the goods come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimForm {
    /// The shop's number for the order by which it sends them.
    pub order_id: String,
}

/// Claim goods that were won
///
/// Once for each draw: again with the same order, it changes nothing. Where they are sent is the shop's to know.
#[utoipa::path(
    post, path = "/api/v1/draws/{draw_id}/claim", tag = "promote", operation_id = "claim_prize",
    params(("draw_id" = String, Path, description = "The draw")),
    request_body = ClaimForm,
    responses(
        (status = 200, description = "The draw", body = DrawView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn claim_prize(
    State(promote): State<Arc<Promote>>,
    Segment(draw_id): Segment<String>,
    Body(form): Body<ClaimForm>,
) -> Answer<Json<DrawView>> {
    Ok(Json(promote.claim_prize(&draw_id, form).await?))
}

impl Promote {
    /// Claims the goods of a draw.
    pub async fn claim_prize(&self, draw_id: &str, form: ClaimForm) -> Result<DrawView, PlayError> {
        check_text("order_id", &form.order_id, LONGEST_ORDER)?;
        let (open, draw) = self.draw(draw_id).await?;
        let refused = |why: String| PlayError::Rule { play_id: open.run.play.play_id.clone(), why };
        let prize = open.rules.prizes.iter().find(|prize| Some(&prize.prize_id) == draw.prize_id.as_ref());
        let goods = prize.filter(|prize| matches!(prize.gives, Gives::Goods { .. }));
        let prize = goods.ok_or_else(|| refused(format!("draw {draw_id} won no goods to claim")))?.clone();
        let (open, now, wanted, order_id) = (open.clone(), self.clock.now(), draw_id.to_owned(), form.order_id.clone());
        let claiming = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read: of two claims at once, one comes second.
                carry_out(tx, Vec::new(), now).await?;
                let draw = store::one(tx, &wanted).await?;
                if let Some(known) = draw.as_ref().and_then(|draw| draw.claimed.clone()) {
                    return Ok(known);
                }
                let leg = Leg::new(open.won(&prize), open.claimed(&prize), 1);
                carry_out(tx, vec![Command::transfer(format!("claim/{wanted}"), vec![leg])], now).await?;
                store::save_claim(tx, &wanted, &order_id, now).await?;
                if let Some(draw) = draw {
                    tx.emit(&announce::prize_claimed(&open, &draw, &prize, &order_id, now)).await?;
                }
                Ok::<_, PlayError>(order_id)
            })
        });
        let claimed = claiming.await?;
        match claimed == form.order_id {
            true => self.drawn(draw_id).await,
            false => Err(refused(format!("draw {draw_id} was claimed with order {claimed}"))),
        }
    }
}
