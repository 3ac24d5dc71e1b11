//! The rows of redemptions.

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, args};

use super::{Redemption, Returned, Status, Use};
use crate::offers::store::json;
use crate::quote::{Quote, ReturnLine};

/// A redemption as it is kept.
pub(crate) struct Kept {
    pub redemption: Redemption,
    pub idempotency_key: String,
    pub request: String,
    pub uses: Vec<Use>,
}

/// The row of a new redemption.
pub(crate) fn row(kept: &Kept) -> Along {
    let one = &kept.redemption;
    Along {
        head: "INSERT INTO redemptions (redemption_id, idempotency_key, request, shopper_id, order_id, quote, uses,
               reserved_at, deadline) VALUES",
        row: args![
            &one.redemption_id,
            &kept.idempotency_key,
            &kept.request,
            one.shopper_id.as_deref(),
            one.order_id.as_deref(),
            json(&one.quote),
            json(&kept.uses),
            one.reserved_at,
            one.deadline
        ],
        tail: "",
    }
}

/// The row of a step.
pub(crate) fn step(redemption_id: &str, status: Status, now: Timestamp) -> Along {
    let name = if status == Status::RolledBack { "rolled_back" } else { "redeemed" };
    Along {
        head: "INSERT INTO redemption_steps (redemption_id, step, at) VALUES",
        row: args![redemption_id, name, now],
        tail: "ON CONFLICT DO NOTHING",
    }
}

/// The redemption of that idempotency key.
pub(crate) async fn of_key(tx: &mut Tx, key: &str, now: Timestamp) -> Result<Option<Kept>, StoreError> {
    let row = tx.one("SELECT * FROM redemptions WHERE idempotency_key = $1", args![key]).await?;
    match row {
        Some(row) => read(tx, &row, now).await,
        None => Ok(None),
    }
}

/// The redemption of that identifier.
pub(crate) async fn one(tx: &mut Tx, redemption_id: &str, now: Timestamp) -> Result<Option<Kept>, StoreError> {
    let row = tx.one("SELECT * FROM redemptions WHERE redemption_id = $1", args![redemption_id]).await?;
    match row {
        Some(row) => read(tx, &row, now).await,
        None => Ok(None),
    }
}

async fn read(tx: &mut Tx, row: &Row, now: Timestamp) -> Result<Option<Kept>, StoreError> {
    let redemption_id: String = row.get("redemption_id")?;
    let quote = serde_json::from_str::<Quote>(&row.get::<String>("quote")?);
    let uses = serde_json::from_str::<Vec<Use>>(&row.get::<String>("uses")?);
    let (Ok(quote), Ok(uses)) = (quote, uses) else {
        tracing::error!(redemption_id, "a redemption cannot be read back");
        return Ok(None);
    };
    let returns = returns(tx, &redemption_id).await?;
    let deadline: Timestamp = row.get("deadline")?;
    let redemption = Redemption {
        status: status(tx, &redemption_id, deadline, now).await?,
        shopper_id: row.get("shopper_id")?,
        order_id: row.get("order_id")?,
        reserved_at: row.get("reserved_at")?,
        deadline,
        quote,
        refunded_minor: returns.iter().map(|one| one.refund_minor).sum(),
        returns,
        redemption_id,
    };
    let (idempotency_key, request) = (row.get("idempotency_key")?, row.get("request")?);
    Ok(Some(Kept { redemption, idempotency_key, request, uses }))
}

async fn status(tx: &mut Tx, id: &str, deadline: Timestamp, now: Timestamp) -> Result<Status, StoreError> {
    let rows = tx.rows("SELECT step FROM redemption_steps WHERE redemption_id = $1", args![id]).await?;
    let steps = rows.iter().map(|row| row.get("step")).collect::<Result<Vec<String>, _>>()?;
    let took = |step: &str| steps.iter().any(|one| one == step);
    Ok(match (took("rolled_back"), took("redeemed")) {
        (true, _) => Status::RolledBack,
        (false, true) => Status::Redeemed,
        (false, false) if deadline <= now => Status::Lapsed,
        (false, false) => Status::Reserved,
    })
}

async fn returns(tx: &mut Tx, redemption_id: &str) -> Result<Vec<Returned>, StoreError> {
    const SELECT: &str = "SELECT lines, refund_minor, returned_at FROM redemption_returns WHERE redemption_id = $1
        ORDER BY number";
    let rows = tx.rows(SELECT, args![redemption_id]).await?;
    let read = |row: &Row| {
        // Nothing but this program writes them.
        let lines = serde_json::from_str(&row.get::<String>("lines")?).unwrap_or_default();
        Ok(Returned { lines, refund_minor: row.get("refund_minor")?, returned_at: row.get("returned_at")? })
    };
    rows.iter().map(read).collect()
}

/// What was refunded under that key before, with the lines it was asked for.
pub(crate) async fn returned_before(
    tx: &mut Tx,
    redemption_id: &str,
    key: &str,
) -> Result<Option<(String, i64)>, StoreError> {
    const SELECT: &str =
        "SELECT lines, refund_minor FROM redemption_returns WHERE redemption_id = $1 AND idempotency_key = $2";
    let row = tx.one(SELECT, args![redemption_id, key]).await?;
    row.map(|row| Ok((row.get("lines")?, row.get("refund_minor")?))).transpose()
}

pub(crate) async fn save_return(
    tx: &mut Tx,
    redemption_id: &str,
    key: &str,
    number: i64,
    lines: &[ReturnLine],
    refund_minor: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO redemption_returns (redemption_id, number, idempotency_key, lines, refund_minor,
        returned_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(INSERT, args![redemption_id, number, key, json(&lines), refund_minor, now]).await?;
    Ok(())
}
