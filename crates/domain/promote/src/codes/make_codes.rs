//! `POST /api/v1/offers/{offer_id}/codes`: one code that everybody shares, or unique ones by the million.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Code as ProblemCode, Event, Problem};
use fanvine_store::{StoreError, Tx};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Code, store, unique};
use crate::Promote;
use crate::announce;
use crate::checkout::quote_cart::LONGEST_CODE;
use crate::checkout::reserve::{check_key, key_of};
use crate::offers::store as offers;
use crate::offers::store::json as text;

/// Most codes of one request.
const MOST_CODES: i64 = 1_000_000;
/// Codes saved in one transaction, so that others get their turn between.
const AT_ONCE: i64 = 5_000;
const LONGEST_PREFIX: usize = 32;

/// Which codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodesForm {
    /// A code that everybody shares, as it is to be typed.
    #[serde(default)]
    pub code: Option<String>,
    /// How many unique codes, each good once unless `most_uses` says otherwise.
    #[serde(default)]
    pub count: Option<i64>,
    /// What unique codes begin with.
    #[serde(default)]
    pub prefix: Option<String>,
    /// How often each code may be used: once for unique ones if absent, without end for a shared one.
    #[serde(default)]
    pub most_uses: Option<i64>,
}

/// What was made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CodesMade {
    /// How many codes this request has made.
    pub made: i64,
    /// Some of them, if they were made now.
    pub sample: Vec<String>,
}

/// Why codes were not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodesError {
    #[error("a request for codes has either `code` or `count`, of 1 to {MOST_CODES}")]
    Form,
    #[error("a code has 1 to {LONGEST_CODE} bytes, a prefix at most {LONGEST_PREFIX}, and most_uses is at least 1")]
    Text,
    #[error("there is no offer {0}")]
    Unknown(String),
    #[error("the code {0} is there already")]
    Taken(String),
    #[error("the idempotency key `{0}` was used before with another request")]
    KeyReused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CodesError> for Problem {
    fn from(error: CodesError) -> Self {
        let code = match error {
            CodesError::Store(error) => return error.into(),
            CodesError::Form | CodesError::Text => ProblemCode::InvalidOffer,
            CodesError::Unknown(_) => ProblemCode::NotFound,
            CodesError::Taken(_) => ProblemCode::Conflict,
            CodesError::KeyReused(_) => ProblemCode::IdempotencyKeyReused,
        };
        Problem::new(code, error.to_string())
    }
}

/// Make codes
///
/// The same key with the same request goes on where it was interrupted and makes no more than it says.
#[utoipa::path(
    post, path = "/api/v1/offers/{offer_id}/codes", tag = "promote", operation_id = "make_codes",
    params(
        ("offer_id" = String, Path, description = "The offer"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it makes no more codes"),
    ),
    request_body = CodesForm,
    responses(
        (status = 200, description = "What was made", body = CodesMade),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn make_codes(
    State(promote): State<Arc<Promote>>,
    Segment(offer_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<CodesForm>,
) -> Answer<Json<CodesMade>> {
    let key = key_of(&headers);
    check_key(&key)?;
    check(&form)?;
    Ok(Json(promote.make_codes(offer_id, key, form).await?))
}

fn check(form: &CodesForm) -> Result<(), CodesError> {
    match (&form.code, form.count) {
        (Some(code), None) if code.is_empty() || code.len() > LONGEST_CODE || code.contains('\0') => {
            return Err(CodesError::Text);
        }
        (Some(_), None) => {}
        (None, Some(count)) if (1..=MOST_CODES).contains(&count) => {}
        _ => return Err(CodesError::Form),
    }
    let prefix = form.prefix.as_deref().unwrap_or_default();
    let good = prefix.len() <= LONGEST_PREFIX && !prefix.contains('\0') && form.most_uses.unwrap_or(1) >= 1;
    if good { Ok(()) } else { Err(CodesError::Text) }
}

impl Promote {
    pub(crate) async fn make_codes(
        &self,
        offer_id: String,
        key: String,
        form: CodesForm,
    ) -> Result<CodesMade, CodesError> {
        // The offer is part of the request: the same key for another one is another request.
        let request = text(&(&offer_id, &form));
        let wanted = form.count.unwrap_or(1);
        let mut sample = Vec::new();
        loop {
            let new = || self.new_code(&offer_id, &form);
            let codes: Vec<Code> = (0..AT_ONCE.min(wanted)).map(|_| new()).collect();
            let (key, request, shared) = (key.clone(), request.clone(), form.code.clone());
            let told = json!({ "offer_id": offer_id, "codes": wanted, "prefix": form.prefix, "code": form.code });
            let told = announce::event(names::CODES_MADE, format!("codes/{key}"), self.clock.now(), &told);
            let first: Vec<String> = codes.iter().take(10).map(|code| code.code.clone()).collect();
            let step = self.store.write(move |tx| Box::pin(step(tx, key, request, codes, wanted, shared, told)));
            let (made, before) = step.await?;
            if sample.is_empty() {
                // Those beyond were not saved.
                sample = first;
                sample.truncate(usize::try_from(made - before).unwrap_or(0));
            }
            if made >= wanted {
                return Ok(CodesMade { made, sample });
            }
        }
    }

    fn new_code(&self, offer_id: &str, form: &CodesForm) -> Code {
        let prefix = form.prefix.as_deref().unwrap_or_default();
        match &form.code {
            Some(code) => Code { code: code.clone(), offer_id: offer_id.to_owned(), most_uses: form.most_uses },
            None => Code {
                code: unique(prefix, self.entropy.as_ref()),
                offer_id: offer_id.to_owned(),
                most_uses: Some(form.most_uses.unwrap_or(1)),
            },
        }
    }
}

/// Saves some codes, and tells of the last ones; how many the request has made now, and how many before.
async fn step(
    tx: &mut Tx,
    key: String,
    request: String,
    mut codes: Vec<Code>,
    wanted: i64,
    shared: Option<String>,
    told: Event,
) -> Result<(i64, i64), CodesError> {
    tx.lock("offer codes").await?;
    let before = match store::batch(tx, &key).await? {
        Some((known, _)) if known != request => return Err(CodesError::KeyReused(key)),
        Some((_, made)) => made,
        None => 0,
    };
    if before >= wanted {
        return Ok((before, before));
    }
    let offer_id = codes.first().map(|code| code.offer_id.clone()).unwrap_or_default();
    if offers::one(tx, &offer_id).await?.is_none() {
        return Err(CodesError::Unknown(offer_id));
    }
    codes.truncate(usize::try_from(wanted - before).unwrap_or(0));
    let added = i64::try_from(store::add(tx, codes).await?).unwrap_or(0);
    if added == 0
        && let Some(code) = shared
    {
        return Err(CodesError::Taken(code));
    }
    store::save_batch(tx, &key, &request, before + added).await?;
    if before + added >= wanted {
        tx.emit(&told).await?;
    }
    Ok((before + added, before))
}
