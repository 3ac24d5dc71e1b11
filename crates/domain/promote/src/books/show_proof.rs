//! `GET /api/v1/ledger/proof`: the whole ledger replayed from its first transfer and held against its balances.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_ledger::{Proof, prove};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use crate::Promote;

/// What the replay found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LedgerProof {
    /// Whether everything holds: each unit sums to zero after every transfer, balances are what the transfers make them,
    /// nothing is beyond its bounds, nothing went back that had not moved.
    pub sound: bool,
    /// Accounts.
    pub accounts: u64,
    /// Transfers replayed.
    pub transfers: u64,
    /// Open reservations.
    pub open_reservations: u64,
    /// Units.
    pub units: u64,
    /// What does not hold, in words; the first hundred.
    pub faults: Vec<String>,
}

/// Prove the ledger
///
/// One at a time: it reads everything, and many at once would leave nobody else a connection.
#[utoipa::path(
    get, path = "/api/v1/ledger/proof", tag = "promote", operation_id = "show_ledger_proof",
    responses(
        (status = 200, description = "What the replay found", body = LedgerProof),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_ledger_proof(State(promote): State<Arc<Promote>>) -> Answer<Json<LedgerProof>> {
    let Ok(_turn) = promote.proving.try_lock() else {
        let says = "the ledger is being proved for somebody else already; ask again when that has ended";
        return Err(Problem::new(Code::Unavailable, says).retry_after(5).into());
    };
    let proof: Result<Proof, StoreError> = promote.store.read(|tx| Box::pin(prove(tx))).await;
    let proof = proof.map_err(Problem::from)?;
    Ok(Json(LedgerProof {
        sound: proof.faults.is_empty(),
        accounts: proof.accounts,
        transfers: proof.transfers,
        open_reservations: proof.open_reservations,
        units: proof.units.len() as u64,
        faults: proof.faults.iter().map(ToString::to_string).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use fanvine_kernel::Zone;
    use fanvine_testkit::{FakeClock, FixedEntropy, stores};

    use super::*;

    #[tokio::test]
    async fn the_ledger_is_proved_for_one_at_a_time() {
        for store in stores().await {
            store.migrate(fanvine_ledger::MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
            store.migrate(crate::MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
            let (clock, entropy) = (Arc::new(FakeClock::at("2026-11-11T00:00:00Z")), Arc::new(FixedEntropy(7)));
            let promote = Promote::open(store.store(), clock, entropy, Zone::UTC).await;
            let promote = Arc::new(promote.map_err(|error| error.in_full()).unwrap());
            let turn = promote.proving.lock().await;
            assert!(show_ledger_proof(State(promote.clone())).await.is_err(), "{}", store.name);
            drop(turn);
            assert!(show_ledger_proof(State(promote.clone())).await.is_ok());
        }
    }
}
