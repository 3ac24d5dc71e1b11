//! `GET /v1/lotteries/{lottery_id}` and `POST /v1/lotteries/draw`: a lottery on a page, and by what anybody proves its draws.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::Promote;
use crate::lottery::prove::ProofQuery;
use crate::lottery::show_draws::DrawQuery;
use crate::lottery::{DrawForm, DrawView, EntriesView, LotteryView};
use crate::plays::PlayError;
use crate::wallet::storefront::Storefront;

/// Draws of the shopper that are shown.
const MOST: u32 = 50;

/// A lottery as its page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownLottery {
    /// The lottery: its prizes, and the seed once it has ended.
    #[serde(flatten)]
    pub lottery: LotteryView,
    /// What the play is called.
    pub name: String,
    /// What was played: with the seed as the last line, its SHA-256 is the commitment.
    pub lines: Vec<String>,
    /// The draws that the shopper who asks has left; null if nobody is told or it has ended.
    pub mine: Option<EntriesView>,
    /// Their latest draws.
    pub draws: Vec<DrawView>,
    /// The moment of the answer.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// A lottery to draw from.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageDrawForm {
    /// The play.
    pub play_id: String,
}

/// Show a lottery on a page
///
/// Whoever has its link may see it. With `Authorization: Bearer <token>`, as for `GET /v1/profile`, it says what the shopper
/// has drawn.
#[utoipa::path(
    get, path = "/v1/lotteries/{lottery_id}", tag = "promote", operation_id = "page_lottery",
    params(("lottery_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The lottery", body = ShownLottery),
        (status = 401, description = "A token that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_lottery(
    State(storefront): State<Arc<Storefront>>,
    Segment(lottery_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<ShownLottery>> {
    let shopper = storefront.shopper_if_told(&headers)?;
    Ok(Json(storefront.promote.shown_lottery(&lottery_id, shopper.as_deref()).await?))
}

/// Draw from a page
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. The same key answers the same draw.
#[utoipa::path(
    post, path = "/v1/lotteries/draw", tag = "promote", operation_id = "page_draw",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = PageDrawForm,
    responses(
        (status = 200, description = "The draw", body = DrawView),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_draw(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageDrawForm>,
) -> Answer<Json<DrawView>> {
    let (shopper_id, key) = storefront.asks(&headers)?;
    let form_of = DrawForm { shopper_id, pay_with: None };
    Ok(Json(storefront.promote.draw_lottery(&form.play_id, key, form_of).await?))
}

impl Promote {
    /// A lottery as its page shows it to a shopper, or to anybody.
    pub async fn shown_lottery(&self, lottery_id: &str, shopper: Option<&str>) -> Result<ShownLottery, PlayError> {
        let open = self.lottery(lottery_id).await?;
        let (name, play_id) = (open.run.play.terms.name.clone(), open.run.play.play_id.clone());
        let ended = open.run.ended.is_some();
        let proof = self.prove_lottery(lottery_id, ProofQuery { before: None, limit: Some(1) }).await?;
        let lottery = self.lottery_view(open).await?;
        let mut draws = Vec::new();
        let mut mine = None;
        if let Some(shopper) = shopper {
            let wanted = DrawQuery {
                lottery_id: Some(lottery_id.to_owned()),
                shopper_id: Some(shopper.to_owned()),
                before: None,
                limit: Some(MOST),
            };
            draws = self.draws(wanted).await?.draws;
            if !ended {
                mine = self.entries_of(&play_id, shopper).await.ok();
            }
        }
        Ok(ShownLottery { lottery, name, lines: proof.lines, mine, draws, now: self.clock.now() })
    }
}
