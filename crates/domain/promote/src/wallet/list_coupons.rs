//! `GET /api/v1/coupons`: the coupons of a shopper, and what became of each.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_ledger::standings;
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::{Coupon, store};
use crate::Promote;
use crate::checkout::coupon_account;

/// What became of a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponStatus {
    /// It is good from a later day on.
    NotYet,
    /// It may be used.
    Unused,
    /// It is set aside for an order.
    Reserved,
    /// It was used, or taken back.
    Used,
    /// Its time is over.
    Expired,
}

/// A coupon and what became of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CouponView {
    /// The coupon.
    #[serde(flatten)]
    pub coupon: Coupon,
    /// What people call its offer; null if it is not published any more.
    pub name: Option<String>,
    /// What became of it.
    pub status: CouponStatus,
}

/// The coupons of a shopper, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CouponList {
    /// Some of them.
    pub coupons: Vec<CouponView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Whose coupons.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CouponQuery {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// Only those before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// List the coupons of a shopper
#[utoipa::path(
    get, path = "/api/v1/coupons", tag = "promote", operation_id = "list_coupons",
    params(CouponQuery),
    responses(
        (status = 200, description = "Coupons, the latest first", body = CouponList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_coupons(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<CouponQuery>,
) -> Answer<Json<CouponList>> {
    let limit = query.limit.unwrap_or(50).clamp(1, 500);
    Ok(Json(promote.coupons_of(query.shopper_id, query.before, limit).await?))
}

impl Promote {
    pub(crate) async fn coupons_of(
        &self,
        shopper: String,
        before: Option<String>,
        limit: u32,
    ) -> Result<CouponList, Problem> {
        let now = self.clock.now();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let coupons = store::of_shopper(tx, &shopper, before.as_deref(), limit).await?;
                let names: Vec<String> = coupons.iter().map(|coupon| coupon_account(coupon).name).collect();
                let standing = standings(tx, names.iter().map(String::as_str), now).await?;
                Ok::<_, StoreError>((coupons, names, standing))
            })
        });
        let (coupons, names, standing) = read.await.map_err(Problem::from)?;
        let full = coupons.len() == limit as usize;
        let next = coupons.last().filter(|_| full).map(|coupon| coupon.coupon_id.clone());
        let book = self.offers();
        let view = |(coupon, account): (Coupon, &String)| {
            let uses = standing.get(account).map_or((0, 0), |one| (one.balance, one.held_in));
            let status = match uses {
                (1.., _) => CouponStatus::Used,
                (_, 1..) => CouponStatus::Reserved,
                _ if now < coupon.opens_at => CouponStatus::NotYet,
                _ if coupon.is_open(now) => CouponStatus::Unused,
                _ => CouponStatus::Expired,
            };
            let name = book.offer(&coupon.offer_id).map(|offer| offer.terms.name.clone());
            CouponView { coupon, name, status }
        };
        Ok(CouponList { coupons: coupons.into_iter().zip(&names).map(view).collect(), next })
    }
}
