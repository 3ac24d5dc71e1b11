//! What a page of the shop shows a shopper of what is theirs: `GET /v1/coupons`, `GET /v1/points`, `GET /v1/level`. The
//! page's own server vouches for the shopper by a token it signs, as for `GET /v1/profile`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use fanvine_contracts::storefront::{ShopperTokens, TokenFault};
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_web::{Answer, ProblemBody};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    AUTHORIZATION, CACHE_CONTROL,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::claim_coupon;
use super::list_coupons::CouponList;
use super::show_centre;
use crate::Promote;
use crate::levels::show_member;
use crate::plays::storefront::{Pace, routes as plays};
use crate::points::show_points::PointsView;
use crate::reminders::remind_me;

/// Coupons told at once.
const MOST: u32 = 200;

/// The state of these routes: this room, and who vouches for shoppers.
pub(crate) struct Storefront {
    pub promote: Arc<Promote>,
    tokens: Arc<dyn ShopperTokens>,
    pub pace: Pace,
}

impl Storefront {
    /// Who asks.
    pub fn shopper(&self, headers: &HeaderMap) -> Result<String, Problem> {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = given.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(|| {
            let says = "this needs a shopper's token: `Authorization: Bearer …`, signed by the shop's own server";
            Problem::new(Code::InvalidShopperToken, says)
        })?;
        self.tokens.shopper_of(token.trim()).map_err(refused)
    }
}

fn refused(fault: TokenFault) -> Problem {
    let (code, says) = match fault {
        TokenFault::Malformed(what) => (Code::InvalidShopperToken, format!("the token is malformed: {what}")),
        TokenFault::UnknownSource(source) => (
            Code::InvalidShopperToken,
            format!("the token names source `{source}`, which there is not, is switched off, or has no signing secret"),
        ),
        TokenFault::Forged => {
            (Code::InvalidShopperToken, "the token is not signed with the secret of its source".to_owned())
        }
        TokenFault::TooLong(most) => {
            (Code::InvalidShopperToken, format!("the token is good for more than {most} seconds"))
        }
        TokenFault::Expired(at) => {
            (Code::ShopperTokenExpired, format!("the token expired at {}", Timestamp::from_seconds(at)))
        }
    };
    Problem::new(code, says)
}

/// List my coupons
///
/// For pages of the shop: `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. Pages of any origin
/// may ask.
#[utoipa::path(
    get, path = "/v1/coupons", tag = "promote", operation_id = "my_coupons",
    responses(
        (status = 200, description = "The latest 200 coupons", body = CouponList),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn my_coupons(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
) -> Answer<Json<CouponList>> {
    let shopper = storefront.shopper(&headers)?;
    Ok(Json(storefront.promote.coupons_of(shopper, None, MOST).await?))
}

/// Show my points
///
/// As for `GET /v1/coupons`.
#[utoipa::path(
    get, path = "/v1/points", tag = "promote", operation_id = "my_points",
    responses(
        (status = 200, description = "The shopper's points", body = PointsView),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn my_points(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
) -> Answer<Json<PointsView>> {
    let shopper = storefront.shopper(&headers)?;
    Ok(Json(storefront.promote.points_of(&shopper).await?))
}

/// Lets a page of any origin read the answer, also a refusal, and nobody keep it: the token, not the origin, says who the
/// shopper is. A browser that asks beforehand is answered here too.
async fn open(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        http::Method::OPTIONS => {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    let allowed = HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Answers a browser's preflight request for coupons.
#[utoipa::path(
    options, path = "/v1/coupons", operation_id = "preflight_coupons", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
pub(crate) async fn preflight_coupons() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for the coupons to be taken.
#[utoipa::path(
    options, path = "/v1/coupons/centre", operation_id = "preflight_centre", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
pub(crate) async fn preflight_centre() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for taking a coupon.
#[utoipa::path(
    options, path = "/v1/coupons/claim", operation_id = "preflight_claim", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
pub(crate) async fn preflight_claim() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for points.
#[utoipa::path(
    options, path = "/v1/points", operation_id = "preflight_points", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
pub(crate) async fn preflight_points() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers a browser's preflight request for reminders.
#[utoipa::path(
    options, path = "/v1/reminders/add", operation_id = "preflight_reminders", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
pub(crate) async fn preflight_reminders() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The routes of pages; `tokens` says whom a token names.
pub fn router(promote: Arc<Promote>, tokens: Arc<dyn ShopperTokens>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(my_coupons, preflight_coupons))
        .routes(routes!(show_centre::coupon_centre, preflight_centre))
        .routes(routes!(claim_coupon::claim_coupon, preflight_claim))
        .routes(routes!(my_points, preflight_points))
        .routes(routes!(show_member::my_level, show_member::preflight_level))
        .routes(routes!(remind_me::remind_me, preflight_reminders))
        .merge(plays::router())
        .layer(from_fn(open))
        .with_state(Arc::new(Storefront { promote, tokens, pace: Pace::default() }))
}
