//! `POST /v1/coupons/claim`: a shopper takes a coupon on the storefront, or by a link.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody};
use http::HeaderMap;
use serde::Deserialize;

use super::link::Link;
use super::receive::{WalletError, receipt_key};
use super::storefront::Storefront;
use super::{Coupon, Source};
use crate::Promote;
use crate::checkout::reserve::{check_key, key_of};

/// Which coupon: one of `offer_id` and `link`.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimForm {
    /// An offer whose coupons are given out on the storefront.
    pub offer_id: Option<String>,
    /// A link as it was made.
    pub link: Option<String>,
}

/// Take a coupon
///
/// For pages of the shop: `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. The same key again
/// answers the same coupon; a link gives a shopper one whatever the key.
#[utoipa::path(
    post, path = "/v1/coupons/claim", tag = "promote", operation_id = "claim_coupon",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer")),
    request_body = ClaimForm,
    responses(
        (status = 200, description = "The coupon", body = Coupon),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn claim_coupon(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<ClaimForm>,
) -> Answer<Json<Coupon>> {
    let shopper = storefront.shopper(&headers)?;
    let key = key_of(&headers);
    check_key(&key)?;
    Ok(Json(storefront.promote.claim_coupon(&shopper, &key, form).await?))
}

impl Promote {
    pub(crate) async fn claim_coupon(&self, shopper: &str, key: &str, form: ClaimForm) -> Result<Coupon, WalletError> {
        let now = self.clock.now();
        match (form.offer_id, form.link) {
            (Some(offer_id), None) => {
                let offer = self.coupon_offer(&offer_id, now)?;
                if !offer.terms.receive.open {
                    return Err(WalletError::NotOpen(offer_id));
                }
                let receipt = receipt_key(Source::Claimed, &[&offer_id, shopper, key]);
                Ok(self.receive(&offer, shopper, Source::Claimed, receipt, None).await?.0)
            }
            (None, Some(link)) => {
                let link = Link::read(&link, &self.link_secret().await?, now)?;
                let offer = self.coupon_offer(&link.offer_id, now)?;
                let receipt = receipt_key(Source::Link, &[&link.name, shopper]);
                Ok(self.receive(&offer, shopper, Source::Link, receipt, link.account()).await?.0)
            }
            _ => Err(WalletError::Form("a coupon is taken either by `offer_id` or by `link`".into())),
        }
    }
}
