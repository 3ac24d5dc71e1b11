//! Looking through the ledger: accounts, what moved, what is reserved.

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, args};

use crate::Kind;
use crate::book::State;
use crate::command::What;
use crate::rows::query;
use crate::show::Standing;

/// Transfers looked at for those of one account: they are not found by account, so that whoever moves something need not
/// keep an index of it.
const LOOKED_AT: i64 = 200_000;

/// A transfer, as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its number; a later one is greater.
    pub id: i64,
    /// The idempotency key of the command it belongs to.
    pub key: String,
    /// What it did.
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
    pub at: Timestamp,
    /// When it releases itself, if it reserves.
    pub deadline: Option<Timestamp>,
    /// The transfer it settles or reverses.
    pub of: Option<i64>,
}

const COLUMNS: &str = "SELECT t.id AS id, t.idempotency_key AS idempotency_key, t.what AS what, d.name AS debit,
    c.name AS credit, d.unit AS unit, t.amount AS amount, t.at AS at, t.deadline AS deadline, t.of_id AS of_id
    FROM ledger_transfers t JOIN ledger_accounts d ON d.account = t.debit
    JOIN ledger_accounts c ON c.account = t.credit";

fn transfer(row: &Row) -> Result<Transfer, StoreError> {
    let what = match What::of_code(row.get("what")?) {
        Some(What::Moved) | None => "moved",
        Some(What::Reserved) => "reserved",
        Some(What::Posted) => "posted",
        Some(What::Voided) => "voided",
        Some(What::Reversed) => "reversed",
        Some(What::Lapsed) => "lapsed",
        Some(What::Expired) => "expired",
    };
    Ok(Transfer {
        id: row.get("id")?,
        key: row.get("idempotency_key")?,
        what,
        from: row.get("debit")?,
        to: row.get("credit")?,
        unit: row.get("unit")?,
        amount: row.get("amount")?,
        at: row.get("at")?,
        deadline: row.get("deadline")?,
        of: row.get("of_id")?,
    })
}

/// How many accounts there are of each kind that has any.
pub async fn kinds(tx: &mut Tx) -> Result<Vec<(Kind, i64)>, StoreError> {
    let rows = tx.rows("SELECT kind, COUNT(*) AS many FROM ledger_accounts GROUP BY kind", args![]).await?;
    let mut kinds = Vec::new();
    for row in &rows {
        let name: String = row.get("kind")?;
        if let Some(kind) = Kind::ALL.iter().find(|kind| kind.as_str() == name) {
            kinds.push((*kind, row.get("many")?));
        }
    }
    kinds.sort();
    Ok(kinds)
}

/// Accounts by name, behind `after`: of that kind, whose names begin so. Reservations that are overdue are counted still.
pub async fn accounts(
    tx: &mut Tx,
    kind: Option<Kind>,
    beginning: &str,
    after: &str,
    most: u32,
) -> Result<Vec<Standing>, StoreError> {
    const SELECT: &str = query!(accounts "name > $1 AND ($2 = '' OR kind = $2) AND substr(name, 1, length($3)) = $3
        ORDER BY name LIMIT $4");
    let kind = kind.map_or("", Kind::as_str);
    let rows = tx.rows(SELECT, args![after, kind, beginning, most]).await?;
    rows.iter().map(|row| State::read(row).map(Standing::from)).collect()
}

/// Transfers before number `before`, the latest first: all, or those of one account. Of the transfers of one account only
/// so many are looked at; the second answer is the number to go on from, if there is more to look at.
pub async fn transfers(
    tx: &mut Tx,
    account: Option<&str>,
    before: i64,
    most: u32,
) -> Result<(Vec<Transfer>, Option<i64>), StoreError> {
    let last = tx.one("SELECT MAX(id) AS last FROM ledger_transfers", args![]).await?;
    let last = last.map(|row| row.get::<Option<i64>>("last")).transpose()?.flatten().unwrap_or(0);
    let before = before.min(last.saturating_add(1));
    let (rows, from) = match account {
        None => {
            let sql = format!("{COLUMNS} WHERE t.id < $1 ORDER BY t.id DESC LIMIT $2");
            (tx.rows(sql, args![before, most]).await?, 1)
        }
        Some(name) => {
            let found = tx.one("SELECT account FROM ledger_accounts WHERE name = $1", args![name]).await?;
            let Some(number) = found.map(|row| row.get::<i64>("account")).transpose()? else {
                return Ok((Vec::new(), None));
            };
            let from = before.saturating_sub(LOOKED_AT).max(1);
            let sql = format!(
                "{COLUMNS} WHERE t.id < $1 AND t.id >= $2 AND (t.debit = $3 OR t.credit = $3)
                 ORDER BY t.id DESC LIMIT $4"
            );
            (tx.rows(sql, args![before, from, number, most]).await?, from)
        }
    };
    let transfers = rows.iter().map(transfer).collect::<Result<Vec<_>, _>>()?;
    let full = transfers.len() == most as usize;
    let next = if full { transfers.last().map(|last| last.id) } else { Some(from) };
    Ok((transfers, next.filter(|next| *next > 1)))
}

/// What is reserved, the soonest to release itself first, at most `most` legs; and how many reservations there are.
pub async fn reservations(tx: &mut Tx, most: u32) -> Result<(Vec<Transfer>, i64), StoreError> {
    let many = tx.one("SELECT COUNT(*) AS many FROM ledger_holds", args![]).await?;
    let many = many.map(|row| row.get("many")).transpose()?.unwrap_or(0);
    let sql = format!(
        "{COLUMNS} JOIN ledger_holds h ON h.idempotency_key = t.idempotency_key
         ORDER BY h.deadline, h.idempotency_key, t.leg LIMIT $1"
    );
    let rows = tx.rows(sql, args![most]).await?;
    Ok((rows.iter().map(transfer).collect::<Result<_, _>>()?, many))
}
