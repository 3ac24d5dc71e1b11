//! `GET /v1/check-ins/{play_id}` and `POST /v1/check-ins/today`: a shopper checks in from a page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::Deserialize;

use crate::check_in::StreakView;
use crate::plays::PlayerForm;
use crate::wallet::storefront::Storefront;

/// A check-in.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageCheckInForm {
    /// The play.
    pub play_id: String,
}

/// Show my check-ins
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`.
#[utoipa::path(
    get, path = "/v1/check-ins/{play_id}", tag = "promote", operation_id = "page_streak",
    params(("play_id" = String, Path, description = "The play")),
    responses(
        (status = 200, description = "How they stand", body = StreakView),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_streak(
    State(storefront): State<Arc<Storefront>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<StreakView>> {
    let shopper = storefront.shopper(&headers)?;
    Ok(Json(storefront.promote.streak_of(&play_id, &shopper).await?))
}

/// Check in from a page
///
/// As for `GET /v1/check-ins/{play_id}`. Again on the same day it changes nothing.
#[utoipa::path(
    post, path = "/v1/check-ins/today", tag = "promote", operation_id = "page_check_in",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageCheckInForm,
    responses(
        (status = 200, description = "How they stand now", body = StreakView),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_check_in(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageCheckInForm>,
) -> Answer<Json<StreakView>> {
    let (shopper_id, _) = storefront.asks(&headers)?;
    storefront.promote.check_in(&form.play_id, PlayerForm { shopper_id: shopper_id.clone() }).await?;
    Ok(Json(storefront.promote.streak_of(&form.play_id, &shopper_id).await?))
}
