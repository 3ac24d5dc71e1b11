//! The rows of redemptions.

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, args};

use super::list_redemptions::RedemptionQuery;
use super::{Redemption, Returned, Status, Use};
use crate::offers::store::json;
use crate::quote::{Quote, ReturnLine};
use crate::settlements::Shared;

/// A redemption as it is kept.
pub(crate) struct Kept {
    pub redemption: Redemption,
    pub idempotency_key: String,
    pub request: String,
    pub uses: Vec<Use>,
    /// What each offer takes off, and how much of it a partner bears; empty for one that was read.
    pub shared: Vec<Shared>,
}

/// The rows of a new redemption.
pub(crate) fn rows(kept: &Kept) -> Vec<Along> {
    let one = &kept.redemption;
    let redemption = Along {
        head: "INSERT INTO redemptions (redemption_id, idempotency_key, request, shopper_id, order_id, quote, uses,
               reserved_at, deadline, sandbox) VALUES",
        row: args![
            &one.redemption_id,
            &kept.idempotency_key,
            &kept.request,
            one.shopper_id.as_deref(),
            one.order_id.as_deref(),
            json(&one.quote),
            json(&kept.uses),
            one.reserved_at,
            one.deadline,
            one.sandbox.as_deref()
        ],
        tail: "",
    };
    // By these it is found by its offers.
    let offers = kept.shared.iter().map(|shared| Along {
        head: "INSERT INTO redemption_offers (offer_id, redemption_id, currency, off_minor, partner, partner_minor,
               campaign_id, payable_minor) VALUES",
        row: args![
            &shared.offer_id,
            &one.redemption_id,
            one.quote.currency.code(),
            shared.off_minor,
            shared.partner.as_deref(),
            shared.partner_minor,
            shared.campaign_id.as_deref(),
            one.quote.payable_minor
        ],
        tail: "ON CONFLICT DO NOTHING",
    });
    std::iter::once(redemption).chain(offers).collect()
}

/// The row of a step.
pub(crate) fn step(redemption_id: &str, status: Status, now: Timestamp) -> Along {
    let name = match status {
        Status::RolledBack => "rolled_back",
        Status::Deposited => "deposited",
        _ => "redeemed",
    };
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

/// Redemptions before `before`, the newest first: of an offer, a shopper or an order, where one of these is told.
pub(crate) async fn list(
    tx: &mut Tx,
    of: &RedemptionQuery,
    most: u32,
    now: Timestamp,
) -> Result<Vec<Redemption>, StoreError> {
    const OF_OFFER: &str = "SELECT r.* FROM redemptions r JOIN redemption_offers o ON o.redemption_id = r.redemption_id
        WHERE o.offer_id = $1 AND r.redemption_id < $2 ORDER BY r.redemption_id DESC LIMIT $3";
    const OF_SHOPPER: &str =
        "SELECT * FROM redemptions WHERE shopper_id = $1 AND redemption_id < $2 ORDER BY redemption_id DESC LIMIT $3";
    const OF_ORDER: &str =
        "SELECT * FROM redemptions WHERE order_id = $1 AND redemption_id < $2 ORDER BY redemption_id DESC LIMIT $3";
    const ALL: &str = "SELECT * FROM redemptions WHERE redemption_id < $1 ORDER BY redemption_id DESC LIMIT $2";
    // Greater than every identifier, however letters and signs are sorted.
    let before = of.before.as_deref().unwrap_or("red_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz");
    let rows = match (&of.offer_id, &of.shopper_id, &of.order_id) {
        (Some(offer), ..) => tx.rows(OF_OFFER, args![offer, before, most]).await?,
        (None, Some(shopper), _) => tx.rows(OF_SHOPPER, args![shopper, before, most]).await?,
        (None, None, Some(order)) => tx.rows(OF_ORDER, args![order, before, most]).await?,
        (None, None, None) => tx.rows(ALL, args![before, most]).await?,
    };
    let mut redemptions = Vec::with_capacity(rows.len());
    for row in &rows {
        redemptions.extend(read(tx, row, now).await?.map(|kept| kept.redemption));
    }
    Ok(redemptions)
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
    let reserved_until: Timestamp = row.get("deadline")?;
    let (status, deadline) = status(tx, &redemption_id, &quote, reserved_until, now).await?;
    let redemption = Redemption {
        status,
        sandbox: row.get("sandbox")?,
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
    Ok(Some(Kept { redemption, idempotency_key, request, uses, shared: Vec::new() }))
}

/// What became of it, and until when it is set aside: once the deposit is paid, until the balance is due.
async fn status(
    tx: &mut Tx,
    id: &str,
    quote: &Quote,
    reserved_until: Timestamp,
    now: Timestamp,
) -> Result<(Status, Timestamp), StoreError> {
    let rows = tx.rows("SELECT step FROM redemption_steps WHERE redemption_id = $1", args![id]).await?;
    let steps = rows.iter().map(|row| row.get("step")).collect::<Result<Vec<String>, _>>()?;
    let took = |step: &str| steps.iter().any(|one| one == step);
    let deposited = quote.presale.as_ref().filter(|_| took("deposited"));
    let deadline = deposited.map_or(reserved_until, |presale| presale.balance_until);
    let status = match (took("rolled_back"), took("redeemed")) {
        (true, _) => Status::RolledBack,
        (false, true) => Status::Redeemed,
        (false, false) if deadline <= now => Status::Lapsed,
        (false, false) if deposited.is_some() => Status::Deposited,
        (false, false) => Status::Reserved,
    };
    Ok((status, deadline))
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

/// Saves how much of what offers took off came back with goods.
pub(crate) async fn save_offers_back(
    tx: &mut Tx,
    redemption_id: &str,
    number: i64,
    before: &[Shared],
    after: &[Shared],
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO redemption_offer_returns (redemption_id, number, offer_id, off_minor, partner_minor,
        returned_at) VALUES";
    let changed = before.iter().zip(after).filter(|(before, after)| before.off_minor > after.off_minor);
    let rows = changed.map(|(before, after)| {
        let partner_minor = before.partner_minor - after.partner_minor;
        let off_minor = before.off_minor - after.off_minor;
        args![redemption_id, number, &before.offer_id, off_minor, partner_minor, now]
    });
    tx.insert_many(INSERT, rows.collect(), "").await?;
    Ok(())
}
