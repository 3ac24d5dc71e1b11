//! Requests of shoppers that were answered, by the key that names each: sent again, a request gets the same answer.

use fanvine_ledger::Along;
use fanvine_store::{Tx, args};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PlayError;
use crate::checkout::CheckoutError;
use crate::checkout::quote_cart::{LONGEST_SHOPPER, check_text};

/// Who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
}

impl PlayerForm {
    /// Refuses an identifier that cannot be kept.
    pub(crate) fn check(&self) -> Result<(), CheckoutError> {
        check_text("shopper_id", &self.shopper_id, LONGEST_SHOPPER)
    }
}

/// What the request of that key was answered, if it was.
pub(crate) async fn answered(tx: &mut Tx, key: &str, request: &str) -> Result<Option<String>, PlayError> {
    const SELECT: &str = "SELECT request, answer FROM play_requests WHERE idempotency_key = $1";
    let Some(row) = tx.one(SELECT, args![key]).await? else { return Ok(None) };
    if row.get::<String>("request")? != request {
        return Err(CheckoutError::KeyReused(key.to_owned()).into());
    }
    Ok(Some(row.get("answer")?))
}

/// The row of a request and its answer.
pub(crate) fn row(key: &str, request: &str, answer: &str) -> Along {
    Along {
        head: "INSERT INTO play_requests (idempotency_key, request, answer) VALUES",
        row: args![key, request, answer],
        tail: "",
    }
}

/// Keeps what a request was answered, and whatever else is to be kept with it.
pub(crate) async fn keep(tx: &mut Tx, rows: Vec<Along>) -> Result<(), PlayError> {
    for Along { head, row, tail } in rows {
        tx.insert_many(head, vec![row], tail).await?;
    }
    Ok(())
}
