//! `GET /api/v1/redemptions`: who uses which offers, the latest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::{Redemption, store};
use crate::Promote;

/// Redemptions, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RedemptionList {
    /// Some of them.
    pub redemptions: Vec<Redemption>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which redemptions. Of `offer_id`, `shopper_id` and `order_id`, the first that is given counts.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RedemptionQuery {
    /// Those with this offer.
    pub offer_id: Option<String>,
    /// Those of this shopper.
    pub shopper_id: Option<String>,
    /// Those of this order.
    pub order_id: Option<String>,
    /// Only those reserved before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// List redemptions
#[utoipa::path(
    get, path = "/api/v1/redemptions", tag = "promote", operation_id = "list_redemptions",
    params(RedemptionQuery),
    responses(
        (status = 200, description = "Redemptions, the latest first", body = RedemptionList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_redemptions(
    State(promote): State<Arc<Promote>>,
    Params(wanted): Params<RedemptionQuery>,
) -> Answer<Json<RedemptionList>> {
    let (limit, now) = (wanted.limit.unwrap_or(50).clamp(1, 500), promote.clock.now());
    let read = promote.store.read(|tx| Box::pin(async move { store::list(tx, &wanted, limit, now).await }));
    let redemptions: Result<Vec<Redemption>, StoreError> = read.await;
    let redemptions = redemptions.map_err(Problem::from)?;
    let full = redemptions.len() == limit as usize;
    let next = redemptions.last().filter(|_| full).map(|one| one.redemption_id.clone());
    Ok(Json(RedemptionList { redemptions, next }))
}
