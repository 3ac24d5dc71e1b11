//! `GET /api/v1/offers` and `GET /api/v1/offers/{offer_id}`: the offers, by identifier.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{Terms, store};
use crate::Promote;

/// An offer as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct OfferView {
    /// Its identifier.
    pub offer_id: String,
    /// Its latest version.
    pub version: i64,
    /// The version that is published; none is if null.
    pub published_version: Option<i64>,
    /// When it was first made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its latest version was made.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// What its latest version offers.
    pub terms: Terms,
}

/// Offers, by identifier.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OfferList {
    /// Some of them.
    pub offers: Vec<OfferView>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<String>,
}

/// Which offers.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfferQuery {
    /// Only those after this identifier.
    pub after: Option<String>,
    /// At most this many; 100 if absent, 1,000 at most.
    pub limit: Option<u32>,
}

/// List offers
#[utoipa::path(
    get, path = "/api/v1/offers", tag = "promote", operation_id = "list_offers",
    params(OfferQuery),
    responses(
        (status = 200, description = "Offers by identifier", body = OfferList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_offers(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<OfferQuery>,
) -> Answer<Json<OfferList>> {
    let (after, limit) = (query.after.unwrap_or_default(), query.limit.unwrap_or(100).clamp(1, 1_000));
    let offers = promote.store.read(|tx| Box::pin(async move { store::list(tx, &after, limit).await })).await;
    let offers: Vec<OfferView> = offers.map_err(Problem::from)?;
    let full = offers.len() == limit as usize;
    let next = offers.last().filter(|_| full).map(|offer| offer.offer_id.clone());
    Ok(Json(OfferList { offers, next }))
}

/// Show an offer
#[utoipa::path(
    get, path = "/api/v1/offers/{offer_id}", tag = "promote", operation_id = "get_offer",
    params(("offer_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The offer", body = OfferView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_offer(
    State(promote): State<Arc<Promote>>,
    Segment(offer_id): Segment<String>,
) -> Answer<Json<OfferView>> {
    let wanted = offer_id.clone();
    let found = promote.store.read(|tx| Box::pin(async move { store::one(tx, &wanted).await })).await;
    let found: Option<OfferView> = found.map_err(|error: StoreError| Problem::from(error))?;
    Ok(Json(found.ok_or_else(|| unknown(&offer_id))?))
}

/// That there is no such offer.
pub(crate) fn unknown(offer_id: &str) -> Problem {
    Problem::new(Code::NotFound, format!("there is no offer {offer_id}"))
}
