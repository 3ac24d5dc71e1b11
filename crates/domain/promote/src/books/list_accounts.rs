//! `GET /api/v1/ledger/accounts`: the accounts of the ledger, by name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_ledger::{Kind, accounts, kinds};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::show_account::LedgerAccount;
use crate::Promote;
use crate::quote::Words;

/// Accounts of the ledger.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerAccounts {
    /// Some of them, by name.
    pub accounts: Vec<LedgerAccount>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<String>,
    /// The kinds there are accounts of.
    pub kinds: Vec<LedgerKind>,
}

/// A kind of account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerKind {
    /// Its name.
    pub kind: &'static str,
    /// What such accounts are for.
    pub purpose: Words,
    /// How many there are.
    pub accounts: i64,
}

/// Which accounts.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LedgerAccountsQuery {
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those whose names begin so.
    pub begins: Option<String>,
    /// Only those after this name.
    pub after: Option<String>,
    /// At most this many; 50 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// List the accounts of the ledger
#[utoipa::path(
    get, path = "/api/v1/ledger/accounts", tag = "promote", operation_id = "list_ledger_accounts",
    params(LedgerAccountsQuery),
    responses(
        (status = 200, description = "Accounts by name", body = LedgerAccounts),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_ledger_accounts(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<LedgerAccountsQuery>,
) -> Answer<Json<LedgerAccounts>> {
    let kind = query.kind.as_deref().map(kind_named).transpose()?;
    let (begins, after) = (query.begins.unwrap_or_default(), query.after.unwrap_or_default());
    let limit = query.limit.unwrap_or(50).clamp(1, 500);
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let found = accounts(tx, kind, &begins, &after, limit).await?;
            Ok::<_, StoreError>((found, kinds(tx).await?))
        })
    });
    let (found, kinds) = read.await.map_err(Problem::from)?;
    let full = found.len() == limit as usize;
    let next = found.last().filter(|_| full).map(|last| last.account.clone());
    let kinds = kinds.into_iter().map(|(kind, accounts)| LedgerKind {
        kind: kind.as_str(),
        purpose: Words { en: kind.english().into(), zh: kind.chinese().into() },
        accounts,
    });
    let accounts = found.into_iter().map(LedgerAccount::from).collect();
    Ok(Json(LedgerAccounts { accounts, next, kinds: kinds.collect() }))
}

fn kind_named(name: &str) -> Result<Kind, Problem> {
    let found = Kind::ALL.iter().find(|kind| kind.as_str() == name).copied();
    found.ok_or_else(|| {
        let name: String = name.chars().take(64).collect();
        Problem::new(Code::InvalidParameter, format!("there is no kind of account {name}")).at("kind")
    })
}
