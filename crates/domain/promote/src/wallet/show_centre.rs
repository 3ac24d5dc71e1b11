//! `GET /v1/coupons/centre`: the coupons that shoppers may take by themselves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_ledger::standings;
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::storefront::Storefront;
use crate::Promote;
use crate::offers::{Claim, Offer};

/// A coupon that may be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ClaimableCoupon {
    /// What to claim.
    pub offer_id: String,
    /// What people call it.
    pub name: String,
    /// Until when its offer holds.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// What one costs, in points; nothing if null.
    pub points: Option<i64>,
    /// How many are left; any number if null.
    pub left: Option<i64>,
}

/// The coupons that may be taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CouponCentre {
    /// By offer.
    pub offers: Vec<ClaimableCoupon>,
}

/// List the coupons to be taken
///
/// For pages of the shop; whoever may take one is decided when they do.
#[utoipa::path(
    get, path = "/v1/coupons/centre", tag = "promote", operation_id = "coupon_centre",
    responses(
        (status = 200, description = "The coupons", body = CouponCentre),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn coupon_centre(State(storefront): State<Arc<Storefront>>) -> Answer<Json<CouponCentre>> {
    Ok(Json(storefront.promote.coupon_centre().await?))
}

impl Promote {
    /// The coupons that shoppers may take by themselves now.
    pub async fn coupon_centre(&self) -> Result<CouponCentre, Problem> {
        let (book, now) = (self.offers(), self.clock.now());
        let open = |offer: &&Offer| {
            let terms = &offer.terms;
            let begun = terms.starts_at.is_none_or(|starts| starts <= now);
            terms.claim == Claim::Coupon && terms.receive.open && begun && terms.ends_at.is_none_or(|ends| now < ends)
        };
        let offers: Vec<Offer> = book.offers().iter().filter(open).cloned().collect();
        let received = |offer: &Offer| format!("received/{}", offer.offer_id);
        let names: Vec<String> = offers.iter().map(received).collect();
        let read =
            self.store.read(|tx| Box::pin(async move { standings(tx, names.iter().map(String::as_str), now).await }));
        let given = read.await.map_err(|error: StoreError| Problem::from(error))?;
        let claimable = |offer: Offer| {
            let out = given.get(&received(&offer)).map_or(0, |account| account.balance + account.held_in);
            let Offer { offer_id, terms, .. } = offer;
            let left = terms.receive.total.map(|total| (total - out).max(0));
            ClaimableCoupon { offer_id, name: terms.name, ends_at: terms.ends_at, points: terms.receive.points, left }
        };
        Ok(CouponCentre { offers: offers.into_iter().map(claimable).collect() })
    }
}
