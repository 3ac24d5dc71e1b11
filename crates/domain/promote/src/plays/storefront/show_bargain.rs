//! `GET /v1/bargains/{bargain_id}`: a bargain as its page shows it, to whoever was sent the link.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::HeaderMap;
use serde::Serialize;

use super::show_group::{MySeat, my_seat, rank};
use super::show_play::ShownProduct;
use crate::Promote;
use crate::bargain::{BargainState, BargainView};
use crate::plays::PlayError;
use crate::wallet::storefront::Storefront;

/// A help with a bargain. Who helped, the page does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShownHelp {
    /// What it cut off the price, in minor units.
    pub cut_minor: i64,
    /// Whether it was the shopper who asks.
    pub you: bool,
}

/// By what anybody computes all cuts anew; see the book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShownSeed {
    /// What was played: with the seed as the last line, its SHA-256 is the commitment.
    pub lines: Vec<String>,
    /// The seed.
    pub seed: String,
    /// The least that a help cuts, in minor units.
    pub least_cut_minor: i64,
}

/// A bargain as its page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownBargain {
    /// Its identifier.
    pub bargain_id: String,
    /// The play it is of.
    pub play_id: String,
    /// What the play is called.
    pub name: String,
    /// How it stands.
    pub state: BargainState,
    /// What a unit cost before anybody helped, in minor units.
    pub start_minor: i64,
    /// What it costs after all helps.
    pub floor_minor: i64,
    /// What it costs now.
    pub price_minor: i64,
    /// Helps that bring it to the floor.
    pub helps: i64,
    /// The helps so far, in the order they came.
    pub helped: Vec<ShownHelp>,
    /// Whether it may be ordered at its floor alone.
    pub floor_only: bool,
    /// Until when it may be paid.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// Whether the shopper who asks opened it.
    pub yours: bool,
    /// Their order of it.
    pub mine: Option<MySeat>,
    /// What is bargained for.
    pub product: ShownProduct,
    /// The digest by which all its cuts were fixed when it was opened.
    pub commitment: String,
    /// By what the cuts are proved; null while a cut may still come.
    pub proof: Option<ShownSeed>,
    /// The moment of the answer, by which the page counts down.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// Show a bargain on a page
///
/// Whoever has its link may see it. With `Authorization: Bearer <token>`, as for `GET /v1/profile`, it says what the shopper
/// has in it too.
#[utoipa::path(
    get, path = "/v1/bargains/{bargain_id}", tag = "promote", operation_id = "page_bargain",
    params(("bargain_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The bargain", body = ShownBargain),
        (status = 401, description = "A token that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_bargain(
    State(storefront): State<Arc<Storefront>>,
    Segment(bargain_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<ShownBargain>> {
    let shopper = storefront.shopper_if_told(&headers)?;
    Ok(Json(storefront.promote.shown_bargain(&bargain_id, shopper.as_deref()).await?))
}

impl Promote {
    /// A bargain as its page shows it to a shopper, or to anybody.
    pub async fn shown_bargain(&self, bargain_id: &str, shopper: Option<&str>) -> Result<ShownBargain, PlayError> {
        let (open, _) = self.bargain(bargain_id).await?;
        let detail = self.show_bargain(bargain_id).await?;
        let proof = self.prove_bargain(bargain_id).await?;
        let yours = |who: &str| shopper == Some(who);
        let orders = self.orders_of(bargain_id).await?;
        let mine = orders.iter().filter(|(member, ..)| yours(&member.shopper_id));
        let mine =
            mine.max_by_key(|(_, order, paid)| (rank(order), *paid)).map(|(_, order, paid)| my_seat(order, *paid));
        let helped = detail.helpers.iter();
        let helped = helped.map(|help| ShownHelp { cut_minor: help.cut_minor, you: yours(&help.shopper_id) }).collect();
        let BargainView { product_id, shopper_id, state, commitment, .. } = detail.bargain;
        let (lines, least_cut_minor) = (proof.lines, open.rules.least_cut_minor);
        Ok(ShownBargain {
            bargain_id: bargain_id.to_owned(),
            play_id: detail.bargain.play_id,
            name: open.run.play.terms.name.clone(),
            state,
            start_minor: detail.bargain.start_minor,
            floor_minor: detail.bargain.floor_minor,
            price_minor: detail.bargain.price_minor,
            helps: detail.bargain.helps,
            helped,
            floor_only: open.rules.order_at == crate::bargain::OrderAt::Floor,
            closes_at: detail.bargain.closes_at,
            yours: yours(&shopper_id),
            mine,
            product: self.shown_product(&product_id).await?,
            commitment,
            proof: proof.seed.map(|seed| ShownSeed { lines, seed, least_cut_minor }),
            now: self.clock.now(),
        })
    }
}
