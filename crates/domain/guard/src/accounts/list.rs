//! `GET /api/v1/accounts`: everyone who may sign in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::{Account, AccountError, store};
use crate::Guard;

/// Every account, oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AccountList {
    accounts: Vec<Account>,
}

/// All accounts
#[utoipa::path(
    get, path = "/api/v1/accounts", tag = "guard", operation_id = "list_accounts",
    responses(
        (status = 200, description = "Every account, oldest first", body = AccountList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn list_accounts(State(guard): State<Arc<Guard>>) -> Answer<Json<AccountList>> {
    let accounts = guard.store.read(|tx| Box::pin(store::all(tx))).await.map_err(AccountError::Store)?;
    Ok(Json(AccountList { accounts }))
}
