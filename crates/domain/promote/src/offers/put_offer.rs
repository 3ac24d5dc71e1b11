//! `PUT /api/v1/offers/{offer_id}` and `PUT /api/v1/offer-groups/{group}`: sets an offer, as a new version, or a group.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, Problem};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, ProblemBody, Segment};

use super::check::{TermsError, check_id};
use super::list_offers::OfferView;
use super::{Group, Offer, Terms, store};
use crate::{Promote, announce};

/// Why an offer was not set.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// Its terms cannot be.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// There is no such offer.
    #[error("there is no offer {0}")]
    Unknown(String),
    /// A gate refused it.
    #[error("offer {offer_id} does not pass the gate {gate}: {evidence}")]
    Refused {
        /// The offer.
        offer_id: String,
        /// The gate.
        gate: String,
        /// What it found.
        evidence: String,
    },
    /// Other offers changed again and again.
    #[error("other offers changed while offer {0} was checked; publish it again")]
    Changing(String),
    /// The check was given up: the program ends, or the check met a fault of its own.
    #[error("the check of an offer was given up before it was made")]
    Ended,
    /// Another room could not be asked.
    #[error(transparent)]
    Asked(#[from] Problem),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OfferError> for Problem {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Store(error) => error.into(),
            OfferError::Asked(problem) => problem,
            OfferError::Changing(_) => Problem::new(Code::Conflict, error.to_string()),
            OfferError::Ended => Problem::new(Code::Internal, error.to_string()),
            OfferError::Unknown(_) => Problem::new(Code::NotFound, error.to_string()),
            OfferError::Terms(_) | OfferError::Refused { .. } => Problem::new(Code::InvalidOffer, error.to_string()),
        }
    }
}

/// Set an offer
///
/// Makes a new version, unless it is the same. What is published stays published until that version is.
#[utoipa::path(
    put, path = "/api/v1/offers/{offer_id}", tag = "promote", operation_id = "put_offer",
    params(("offer_id" = String, Path, description = "Its identifier: letters, digits, `_`, `-`, `.`")),
    request_body = Terms,
    responses(
        (status = 200, description = "The offer", body = OfferView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_offer(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(offer_id): Segment<String>,
    Body(terms): Body<Terms>,
) -> Answer<Json<OfferView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.put_offer(offer_id, terms, by).await?))
}

/// Set a group of offers
#[utoipa::path(
    put, path = "/api/v1/offer-groups/{group}", tag = "promote", operation_id = "put_offer_group",
    params(("group" = String, Path, description = "Its name")),
    request_body = Group,
    responses(
        (status = 200, description = "The group", body = Group),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_offer_group(
    State(promote): State<Arc<Promote>>,
    Segment(name): Segment<String>,
    Body(group): Body<Group>,
) -> Answer<Json<Group>> {
    check_id(&name).map_err(OfferError::from)?;
    if group.group != name {
        let says = format!("the group is called {name} in the address and {} in the body", group.group);
        return Err(Problem::new(Code::InvalidOffer, says).at("group").into());
    }
    let (saved, now) = (group.clone(), promote.clock.now());
    let message_id = format!("{}/{name}/{}", names::OFFER_GROUP_CHANGED, now.micros());
    let told = announce::event(names::OFFER_GROUP_CHANGED, message_id, now, &serde_json::json!(group));
    let done = promote.change_offers(move |tx| {
        Box::pin(async move {
            store::save_group(tx, &saved).await?;
            tx.emit(&told).await
        })
    });
    let done = done.await;
    done.map_err(|error: StoreError| Problem::from(error))?;
    Ok(Json(group))
}

impl Promote {
    /// Sets an offer.
    pub async fn put_offer(&self, offer_id: String, terms: Terms, by: String) -> Result<OfferView, OfferError> {
        check_id(&offer_id)?;
        terms.check()?;
        let now = self.clock.now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(crate::LOCK).await?;
                    let before = store::one(tx, &offer_id).await?;
                    if before.as_ref().is_none_or(|before| before.terms != terms) {
                        let version = before.map_or(1, |before| before.version + 1);
                        let offer = Offer { offer_id: offer_id.clone(), version, terms };
                        store::save(tx, &offer, now).await?;
                        tx.emit(&announce::offer(names::OFFER_CHANGED, &offer, &by, now)).await?;
                    }
                    store::one(tx, &offer_id).await?.ok_or(OfferError::Unknown(offer_id))
                })
            })
            .await
    }
}
