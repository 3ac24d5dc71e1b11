//! `GET /api/v1/offers/{offer_id}/versions`: what an offer was, and what was found whenever it was published.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::gates::GateResult;
use super::list_offers::unknown;
use super::{Terms, store};
use crate::Promote;

/// Versions shown at once.
const MOST: u32 = 200;

/// A version of an offer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OfferVersion {
    /// Its number, from 1.
    pub version: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// What it offers.
    pub terms: Terms,
    /// When it was published, and what was found, the latest first.
    pub publications: Vec<Publication>,
}

/// A publication of a version.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Publication {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
    /// What the account or key that published it was called: an e-mail address, or the name of a key.
    pub published_by: String,
    /// What each gate found.
    pub gates: Vec<GateResult>,
}

/// The versions of an offer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OfferVersions {
    /// The latest first, two hundred at most.
    pub versions: Vec<OfferVersion>,
}

/// List the versions of an offer
#[utoipa::path(
    get, path = "/api/v1/offers/{offer_id}/versions", tag = "promote", operation_id = "list_offer_versions",
    params(("offer_id" = String, Path, description = "The offer")),
    responses(
        (status = 200, description = "The latest first", body = OfferVersions),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_offer_versions(
    State(promote): State<Arc<Promote>>,
    Segment(offer_id): Segment<String>,
) -> Answer<Json<OfferVersions>> {
    let wanted = offer_id.clone();
    let read = promote.store.read(|tx| Box::pin(async move { store::versions(tx, &wanted, MOST).await })).await;
    let versions: Vec<OfferVersion> = read.map_err(|error: StoreError| Problem::from(error))?;
    if versions.is_empty() {
        return Err(unknown(&offer_id).into());
    }
    Ok(Json(OfferVersions { versions }))
}
