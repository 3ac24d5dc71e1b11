//! `GET /api/v1/ledger/account`: what is in an account of the ledger.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_ledger::{Standing, standings};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use crate::Promote;
use crate::quote::Words;

/// An account of the ledger.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerAccount {
    /// Its name.
    pub account: String,
    /// What is counted in it.
    pub unit: String,
    /// What it is for.
    pub kind: &'static str,
    /// What it is for, in words.
    pub purpose: Words,
    /// Most that may be in it; without end if null.
    pub ceiling: Option<i64>,
    /// What is in it.
    pub balance: i64,
    /// What is reserved to leave it.
    pub held_out: i64,
    /// What is reserved to come into it.
    pub held_in: i64,
}

/// Which account.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LedgerAccountQuery {
    /// Its name: `sold/flash_7/mug`.
    pub name: String,
}

/// Show an account of the ledger
#[utoipa::path(
    get, path = "/api/v1/ledger/account", tag = "promote", operation_id = "show_ledger_account",
    params(LedgerAccountQuery),
    responses(
        (status = 200, description = "The account", body = LedgerAccount),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_ledger_account(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<LedgerAccountQuery>,
) -> Answer<Json<LedgerAccount>> {
    let (name, now) = (query.name.clone(), promote.clock.now());
    let found = promote.store.read(|tx| {
        Box::pin(async move { standings(tx, [name.as_str()], now).await.map(|mut found| found.remove(&name)) })
    });
    let found: Result<Option<Standing>, StoreError> = found.await;
    let found = found.map_err(Problem::from)?;
    let one = found.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no account {}", query.name)))?;
    Ok(Json(one.into()))
}

impl From<Standing> for LedgerAccount {
    fn from(one: Standing) -> Self {
        Self {
            purpose: Words { en: one.kind.english().into(), zh: one.kind.chinese().into() },
            kind: one.kind.as_str(),
            account: one.account,
            unit: one.unit,
            ceiling: one.ceiling,
            balance: one.balance,
            held_out: one.held_out,
            held_in: one.held_in,
        }
    }
}
