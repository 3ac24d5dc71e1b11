//! `POST /v1/bargains/open`, `…/help` and `…/order`: a shopper bargains from a page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, ProblemBody};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::show_bargain::ShownBargain;
use super::take_seat::Wanted;
use crate::Promote;
use crate::plays::{PlayError, PlayerForm};
use crate::wallet::storefront::Storefront;

/// A bargain to open.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageBargainForm {
    /// The play.
    pub play_id: String,
}

/// A bargain.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichBargain {
    /// Which.
    pub bargain_id: String,
}

/// A help, and the bargain after it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PageHelped {
    /// What it cut off the price, in minor units.
    pub cut_minor: i64,
    /// The bargain.
    pub bargain: ShownBargain,
}

/// An order that is kept until it is paid.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PageBargainOrder {
    /// The order: the shop takes the payment and redeems it.
    pub redemption_id: String,
    /// What is to be paid, in minor units.
    pub payable_minor: i64,
    /// Until when it is kept.
    #[schema(value_type = String, format = DateTime)]
    pub deadline: Timestamp,
    /// The bargain.
    pub bargain: ShownBargain,
}

/// Open a bargain from a page
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. The same key answers the same bargain.
#[utoipa::path(
    post, path = "/v1/bargains/open", tag = "promote", operation_id = "page_open_bargain",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = PageBargainForm,
    responses(
        (status = 200, description = "The bargain", body = ShownBargain),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_open_bargain(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageBargainForm>,
) -> Answer<Json<ShownBargain>> {
    let (shopper, key) = storefront.asks(&headers)?;
    let promote = &storefront.promote;
    let opened = promote.open_bargain(&form.play_id, key, PlayerForm { shopper_id: shopper.clone() }).await?;
    Ok(Json(promote.shown_bargain(&opened.bargain_id, Some(&shopper)).await?))
}

/// Help with a bargain from a page
///
/// As for `POST /v1/bargains/open`. The same key answers the same help.
#[utoipa::path(
    post, path = "/v1/bargains/help", tag = "promote", operation_id = "page_help_bargain",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = WhichBargain,
    responses(
        (status = 200, description = "The help and the bargain", body = PageHelped),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_help_bargain(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<WhichBargain>,
) -> Answer<Json<PageHelped>> {
    let (shopper, key) = storefront.asks(&headers)?;
    let promote = &storefront.promote;
    let helped = promote.help_bargain(&form.bargain_id, key, PlayerForm { shopper_id: shopper.clone() }).await?;
    let bargain = promote.shown_bargain(&form.bargain_id, Some(&shopper)).await?;
    Ok(Json(PageHelped { cut_minor: helped.cut_minor, bargain }))
}

/// Order at the price of a bargain from a page
///
/// As for `POST /v1/bargains/open`: who opened it gets the order to be paid, as for `POST /v1/groups/open`.
#[utoipa::path(
    post, path = "/v1/bargains/order", tag = "promote", operation_id = "page_order_bargain",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = WhichBargain,
    responses(
        (status = 200, description = "The order to be paid, and the bargain", body = PageBargainOrder),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_order_bargain(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<WhichBargain>,
) -> Answer<Json<PageBargainOrder>> {
    let (shopper, key) = storefront.asks(&headers)?;
    Ok(Json(storefront.promote.page_order_bargain(&shopper, key, &form.bargain_id).await?))
}

impl Promote {
    async fn page_order_bargain(
        &self,
        shopper: &str,
        key: String,
        bargain_id: &str,
    ) -> Result<PageBargainOrder, PlayError> {
        let (open, _) = self.bargain(bargain_id).await?;
        let play_id = &open.run.play.play_id;
        self.may_reserve(play_id, shopper, &key).await?;
        let wanted = Wanted { product_id: &open.rules.product_id, quantity: None, expect_payable_minor: None };
        let order = self.page_order(play_id, shopper, &wanted).await?;
        let redemption = self.order_bargain(bargain_id, key, order).await?.redemption;
        let bargain = self.shown_bargain(bargain_id, Some(shopper)).await?;
        let (payable_minor, deadline) = (redemption.quote.payable_minor, redemption.deadline);
        Ok(PageBargainOrder { redemption_id: redemption.redemption_id, payable_minor, deadline, bargain })
    }
}
