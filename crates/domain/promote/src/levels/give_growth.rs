//! `POST /api/v1/levels/members/{shopper_id}/growth`: lets a shopper grow for something they did; `…/growth/{key}/take-back`
//! takes that back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::show_member::MemberView;
use super::store::{self, Given};
use crate::Promote;
use crate::checkout::CheckoutError;
use crate::checkout::quote_cart::{LONGEST_SHOPPER, check_text};
use crate::checkout::reserve::{check_key, key_of};

/// Most growth given at once.
const MOST: i64 = 1_000_000_000;
/// Longest note, in bytes.
const LONGEST_NOTE: usize = 500;

/// How much, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrowthForm {
    /// How much.
    pub growth: i64,
    /// For what, for whoever looks at it later.
    #[serde(default)]
    pub note: Option<String>,
}

/// Let a shopper grow
///
/// For something done that is no order: a review, a survey, making up for a fault. It counts like an order of this moment. The
/// same key again gives nothing more.
#[utoipa::path(
    post, path = "/api/v1/levels/members/{shopper_id}/growth", tag = "promote", operation_id = "give_growth",
    params(
        ("shopper_id" = String, Path, description = "The shop's number for the shopper"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing"),
    ),
    request_body = GrowthForm,
    responses(
        (status = 200, description = "Where they stand", body = MemberView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn give_growth(
    State(promote): State<Arc<Promote>>,
    Segment(shopper_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<GrowthForm>,
) -> Answer<Json<MemberView>> {
    promote.give_growth(shopper_id.clone(), key_of(&headers), form).await?;
    Ok(Json(promote.show_member(shopper_id).await?))
}

/// Take back what let a shopper grow
///
/// From now on it is as if it had never been given: a level that was reached with it is lost. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/levels/members/{shopper_id}/growth/{key}/take-back", tag = "promote",
    operation_id = "take_growth_back",
    params(
        ("shopper_id" = String, Path, description = "The shop's number for the shopper"),
        ("key" = String, Path, description = "The key of the request that gave it"),
    ),
    responses(
        (status = 200, description = "Where they stand", body = MemberView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn take_growth_back(
    State(promote): State<Arc<Promote>>,
    Segment((shopper_id, key)): Segment<(String, String)>,
) -> Answer<Json<MemberView>> {
    promote.take_growth_back(shopper_id.clone(), key).await?;
    Ok(Json(promote.show_member(shopper_id).await?))
}

impl Promote {
    /// Takes back what a request let a shopper grow.
    pub async fn take_growth_back(&self, shopper_id: String, key: String) -> Result<(), Problem> {
        let now = self.clock.now();
        let taking = self.store.write(move |tx| {
            Box::pin(async move {
                let source = source_of(&key);
                let before = store::given(tx, &source).await?;
                if before.is_none_or(|(shopper, ..)| shopper != shopper_id) {
                    let says = format!("shopper {shopper_id} was given no growth under the key {key}");
                    return Err(Problem::new(Code::NotFound, says));
                }
                Ok(store::take_back(tx, &source, &shopper_id, now).await?)
            })
        });
        taking.await
    }

    /// Lets a shopper grow.
    pub async fn give_growth(&self, shopper_id: String, key: String, form: GrowthForm) -> Result<(), Problem> {
        check_key(&key)?;
        check_text("shopper_id", &shopper_id, LONGEST_SHOPPER)?;
        if !(1..=MOST).contains(&form.growth) {
            let says = format!("growth is {}, where 1 to {MOST} can be", form.growth);
            return Err(Problem::new(Code::InvalidBody, says).at("growth"));
        }
        if let Some(note) = form.note.as_ref().filter(|note| note.is_empty() || note.len() > LONGEST_NOTE) {
            let says = format!("note has {} bytes, where 1 to {LONGEST_NOTE} can be", note.len());
            return Err(Problem::new(Code::InvalidBody, says).at("note"));
        }
        let now = self.clock.now();
        let giving = self.store.write(move |tx| {
            Box::pin(async move {
                let (source, note) = (source_of(&key), form.note.as_deref());
                let given = Given { source: &source, shopper: &shopper_id, growth: form.growth, note };
                if store::give(tx, &given, now).await? > 0 {
                    return Ok(());
                }
                let before = store::given(tx, &source).await?;
                let same = before.is_some_and(|(shopper, growth, note)| {
                    shopper == shopper_id && growth == form.growth && note == form.note
                });
                if same { Ok(()) } else { Err(CheckoutError::KeyReused(key)) }
            })
        });
        giving.await.map_err(Problem::from)
    }
}

fn source_of(key: &str) -> String {
    format!("given/{key}")
}
