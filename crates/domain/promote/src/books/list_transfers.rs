//! `GET /api/v1/ledger/transfers` and `GET /api/v1/ledger/reservations`: what moved, and what is set aside.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_ledger::{Transfer, reservations, transfers};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use crate::Promote;

/// Legs of reservations shown at once.
const MOST_RESERVED: u32 = 500;

/// A transfer of the ledger.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerTransfer {
    /// Its number; a later one is greater.
    pub id: i64,
    /// The idempotency key of the command it belongs to.
    pub key: String,
    /// What it did: `moved`, `reserved`, `posted`, `voided`, `reversed`, `lapsed` or `expired`.
    pub what: &'static str,
    /// The account it left, or was reserved to leave.
    pub from: String,
    /// The account it came into.
    pub to: String,
    /// What is counted.
    pub unit: String,
    /// How much.
    pub amount: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When it releases itself, if it reserves.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deadline: Option<Timestamp>,
    /// The transfer it settles or reverses.
    pub of: Option<i64>,
}

impl From<Transfer> for LedgerTransfer {
    fn from(one: Transfer) -> Self {
        let Transfer { id, key, what, from, to, unit, amount, at, deadline, of } = one;
        Self { id, key, what, from, to, unit, amount, at, deadline, of }
    }
}

/// Transfers, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerTransfers {
    /// Some of them.
    pub transfers: Vec<LedgerTransfer>,
    /// Ask again with this as `before` to look further back; null at the beginning. One request looks at so many
    /// transfers, so an answer about one account may be empty and still have more behind it.
    pub next: Option<i64>,
}

/// Which transfers.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LedgerTransfersQuery {
    /// Only those of this account.
    pub account: Option<String>,
    /// Only those before this number.
    pub before: Option<i64>,
    /// At most this many; 50 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// List the transfers of the ledger
#[utoipa::path(
    get, path = "/api/v1/ledger/transfers", tag = "promote", operation_id = "list_ledger_transfers",
    params(LedgerTransfersQuery),
    responses(
        (status = 200, description = "The latest first", body = LedgerTransfers),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_ledger_transfers(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<LedgerTransfersQuery>,
) -> Answer<Json<LedgerTransfers>> {
    let (before, limit) = (query.before.unwrap_or(i64::MAX), query.limit.unwrap_or(50).clamp(1, 500));
    let read =
        promote.store.read(|tx| Box::pin(async move { transfers(tx, query.account.as_deref(), before, limit).await }));
    let (found, next) = read.await.map_err(|error: StoreError| Problem::from(error))?;
    Ok(Json(LedgerTransfers { transfers: found.into_iter().map(LedgerTransfer::from).collect(), next }))
}

/// What is set aside.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerReservations {
    /// How many reservations are open.
    pub reservations: i64,
    /// Their legs, those that release themselves soonest first; the first five hundred.
    pub legs: Vec<LedgerTransfer>,
}

/// List the open reservations of the ledger
#[utoipa::path(
    get, path = "/api/v1/ledger/reservations", tag = "promote", operation_id = "list_ledger_reservations",
    responses(
        (status = 200, description = "What is set aside", body = LedgerReservations),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_ledger_reservations(State(promote): State<Arc<Promote>>) -> Answer<Json<LedgerReservations>> {
    let read = promote.store.read(|tx| Box::pin(reservations(tx, MOST_RESERVED))).await;
    let (legs, reservations) = read.map_err(|error: StoreError| Problem::from(error))?;
    Ok(Json(LedgerReservations { reservations, legs: legs.into_iter().map(LedgerTransfer::from).collect() }))
}
