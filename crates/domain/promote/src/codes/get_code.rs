//! `GET /api/v1/codes/{code}`: what a code is good for, and how often it was used.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code as ProblemCode, Problem};
use fanvine_ledger::{Standing, standings};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::{Code, store};
use crate::Promote;
use crate::checkout::code_account;
use crate::checkout::realm::Realm;

/// A code and its uses.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CodeView {
    /// The code.
    pub code: String,
    /// The offer it is of.
    pub offer_id: String,
    /// How often it may be used; without end if null.
    pub most_uses: Option<i64>,
    /// How often it was redeemed; not counted for a code without end.
    pub redeemed: Option<i64>,
    /// In how many open reservations it is.
    pub reserved: Option<i64>,
}

/// Look a code up
#[utoipa::path(
    get, path = "/api/v1/codes/{code}", tag = "promote", operation_id = "get_code",
    params(("code" = String, Path, description = "The code")),
    responses(
        (status = 200, description = "The code", body = CodeView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_code(
    State(promote): State<Arc<Promote>>,
    Segment(code): Segment<String>,
) -> Answer<Json<CodeView>> {
    let (wanted, now) = (code.clone(), promote.clock.now());
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let found = store::some(tx, BTreeSet::from([wanted.clone()])).await?.remove(&wanted);
            let account =
                found.as_ref().and_then(|code| code_account(&Realm::default(), code)).map(|account| account.name);
            let mut uses = standings(tx, account.as_deref(), now).await?;
            Ok((found, account.and_then(|account| uses.remove(&account))))
        })
    });
    let found: Result<(Option<Code>, Option<Standing>), StoreError> = read.await;
    let (found, uses) = found.map_err(Problem::from)?;
    let found = found.ok_or_else(|| Problem::new(ProblemCode::NotFound, format!("there is no code {code}")))?;
    let of = |count: fn(&Standing) -> i64| found.most_uses.map(|_| uses.as_ref().map_or(0, count));
    let (redeemed, reserved) = (of(|uses| uses.balance), of(|uses| uses.held_in));
    Ok(Json(CodeView { code: found.code, offer_id: found.offer_id, most_uses: found.most_uses, redeemed, reserved }))
}
