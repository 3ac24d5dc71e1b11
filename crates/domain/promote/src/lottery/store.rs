//! The rows of draws.

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, args};

use super::draw::PaidWith;

/// A draw as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draw {
    pub draw_id: String,
    pub run_id: String,
    pub shopper_id: String,
    pub key: String,
    pub roll: i64,
    pub prize_id: Option<String>,
    /// The prize that was drawn and could not be given: none was left.
    pub missed: Option<String>,
    pub paid_with: PaidWith,
    pub drawn_at: Timestamp,
    /// The order its goods come with, once they were claimed.
    pub claimed: Option<String>,
}

const SELECT: &str = "SELECT d.draw_id AS draw_id, d.run_id AS run_id, d.shopper_id AS shopper_id,
    d.request_key AS request_key, d.roll AS roll, d.prize_id AS prize_id, d.missed AS missed, d.paid_with AS paid_with,
    d.drawn_at AS drawn_at, c.order_id AS order_id
    FROM lottery_draws d LEFT JOIN lottery_claims c ON c.draw_id = d.draw_id";

fn read(row: &Row) -> Result<Draw, StoreError> {
    Ok(Draw {
        draw_id: row.get("draw_id")?,
        run_id: row.get("run_id")?,
        shopper_id: row.get("shopper_id")?,
        key: row.get("request_key")?,
        roll: row.get("roll")?,
        prize_id: row.get("prize_id")?,
        missed: row.get("missed")?,
        paid_with: PaidWith::named(&row.get::<String>("paid_with")?),
        drawn_at: row.get("drawn_at")?,
        claimed: row.get("order_id")?,
    })
}

/// The draw of that identifier.
pub(crate) async fn one(tx: &mut Tx, draw_id: &str) -> Result<Option<Draw>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE d.draw_id = $1"), args![draw_id]).await?;
    row.as_ref().map(read).transpose()
}

/// Draws before `before`, the latest first: of a lottery, of a shopper, where that is asked.
pub(crate) async fn list(
    tx: &mut Tx,
    run_id: Option<&str>,
    shopper_id: Option<&str>,
    before: Option<&str>,
    most: u32,
) -> Result<Vec<Draw>, StoreError> {
    // Greater than every identifier, however letters and signs are sorted.
    let before = before.unwrap_or("run_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz");
    let tail = "ORDER BY d.draw_id DESC LIMIT $2";
    let rows = match (run_id, shopper_id) {
        (Some(run), Some(shopper)) => {
            let sql = format!("{SELECT} WHERE d.draw_id < $1 AND d.run_id = $3 AND d.shopper_id = $4 {tail}");
            tx.rows(sql, args![before, most, run, shopper]).await?
        }
        (Some(run), None) => {
            tx.rows(format!("{SELECT} WHERE d.draw_id < $1 AND d.run_id = $3 {tail}"), args![before, most, run]).await?
        }
        (None, Some(shopper)) => {
            let sql = format!("{SELECT} WHERE d.draw_id < $1 AND d.shopper_id = $3 {tail}");
            tx.rows(sql, args![before, most, shopper]).await?
        }
        (None, None) => tx.rows(format!("{SELECT} WHERE d.draw_id < $1 {tail}"), args![before, most]).await?,
    };
    rows.iter().map(read).collect()
}

/// The row of a draw.
pub(crate) fn row(draw: &Draw) -> Along {
    let Draw { draw_id, run_id, shopper_id, key, roll, prize_id, missed, paid_with, drawn_at, .. } = draw;
    let (prize_id, missed) = (prize_id.clone(), missed.clone());
    Along {
        head: "INSERT INTO lottery_draws (draw_id, run_id, shopper_id, request_key, roll, prize_id, missed, paid_with, drawn_at)
            VALUES",
        row: args![draw_id, run_id, shopper_id, key, *roll, prize_id, missed, paid_with.as_str(), *drawn_at],
        tail: "",
    }
}

/// Writes down with which order a draw's goods come.
pub(crate) async fn save_claim(tx: &mut Tx, draw_id: &str, order_id: &str, now: Timestamp) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO lottery_claims (draw_id, order_id, claimed_at) VALUES ($1, $2, $3)";
    tx.execute(INSERT, args![draw_id, order_id, now]).await?;
    Ok(())
}
