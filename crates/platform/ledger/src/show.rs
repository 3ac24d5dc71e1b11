//! Looking at accounts.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_store::{StoreError, Tx, Value, args};

use crate::book::{Row, State};
use crate::command::What;
use crate::kind::Floor;
use crate::lots;
use crate::rows::query;
use crate::{Account, Kind, Leg};

/// An account as it stands. Reservations that are overdue are not counted any more, lots that expired are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub account: String,
    /// What is counted in it.
    pub unit: String,
    /// What it is for.
    pub kind: Kind,
    /// Most that may be in it.
    pub ceiling: Option<i64>,
    /// What is in it.
    pub balance: i64,
    /// What is reserved to leave it.
    pub held_out: i64,
    /// What is reserved to come into it.
    pub held_in: i64,
}

impl Standing {
    /// What is in it and not reserved; in an account with lots, frozen and expired ones included.
    pub fn free(&self) -> i64 {
        self.balance.saturating_sub(self.held_out)
    }

    /// How much more may come in, if it has a ceiling.
    pub fn room(&self) -> Option<i64> {
        Some(self.ceiling?.saturating_sub(self.balance).saturating_sub(self.held_in).max(0))
    }

    pub(crate) fn is_beyond_its_bounds(&self) -> bool {
        let below = self.kind.floor() == Floor::Zero && self.free() < 0;
        below || self.ceiling.is_some_and(|ceiling| self.balance.saturating_add(self.held_in) > ceiling)
    }
}

impl From<State> for Standing {
    fn from(state: State) -> Self {
        Self {
            account: state.name.to_string(),
            unit: state.unit.to_string(),
            kind: state.kind,
            ceiling: state.ceiling,
            balance: state.balance,
            held_out: state.held_out,
            held_in: state.held_in,
        }
    }
}

/// Reservations that released themselves, by the keys they were made under, at most `most` of them, behind the transfer
/// numbered `after`; and the number to go on from. None is passed over: numbers are given out in the order of commits.
pub async fn lapsed(tx: &mut Tx, after: i64, most: u32) -> Result<(Vec<String>, i64), StoreError> {
    const LAST: &str = "SELECT MAX(id) AS last FROM ledger_transfers";
    const LAPSED: &str = "SELECT l.id AS id, h.idempotency_key AS hold FROM ledger_transfers l
        JOIN ledger_transfers h ON h.id = l.of_id WHERE l.id > $1 AND l.what = $2 AND h.leg = 0 ORDER BY l.id LIMIT $3";
    let last = tx.one(LAST, args![]).await?.map(|row| row.get::<Option<i64>>("last")).transpose()?.flatten();
    let rows = tx.rows(LAPSED, args![after, What::Lapsed.code(), most]).await?;
    let mut keys = Vec::with_capacity(rows.len());
    let mut next = after;
    for row in &rows {
        keys.push(row.get("hold")?);
        next = row.get("id")?;
    }
    // Read first, so that what came meanwhile is not passed over.
    let all = rows.len() < most as usize;
    Ok((keys, if all { last.unwrap_or(after).max(next) } else { next }))
}

/// The accounts of these names that were ever opened.
pub async fn standings(
    tx: &mut Tx,
    names: impl IntoIterator<Item = &str> + Send,
    now: Timestamp,
) -> Result<BTreeMap<String, Standing>, StoreError> {
    const OVERDUE: &str = "SELECT t.debit, t.credit, t.amount FROM ledger_transfers t
        JOIN ledger_holds h ON h.idempotency_key = t.idempotency_key WHERE h.deadline <= $1";
    let names: Vec<Value> = names.into_iter().map(Value::from).collect();
    let mut found: BTreeMap<i64, Standing> = BTreeMap::new();
    for answer in tx.rows_in(query!(accounts "name IN ("), names, ")").await? {
        let state = State::read(&answer)?;
        found.insert(state.number, state.into());
    }
    for answer in tx.rows(OVERDUE, args![now]).await? {
        let amount: i64 = answer.get("amount")?;
        found.get_mut(&answer.get("debit")?).into_iter().for_each(|standing| standing.held_out -= amount);
        found.get_mut(&answer.get("credit")?).into_iter().for_each(|standing| standing.held_in -= amount);
    }
    Ok(found.into_values().map(|standing| (standing.account.clone(), standing)).collect())
}

/// What is left of an amount that came into an account with lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// From when on it may be spent; at once if absent.
    pub opens_at: Option<Timestamp>,
    /// When it expires; never if absent.
    pub expires_at: Option<Timestamp>,
    /// How much is left of it.
    pub remaining: i64,
}

impl Lot {
    /// Whether it may be spent now.
    pub fn is_spendable(&self, now: Timestamp) -> bool {
        self.opens_at.is_none_or(|opens| opens <= now) && self.expires_at.is_none_or(|expires| now < expires)
    }
}

/// The lots of an account of which something is left, in the order they came in.
pub async fn lots_of(tx: &mut Tx, account: &str) -> Result<Vec<Lot>, StoreError> {
    const ACCOUNT: &str = "SELECT account FROM ledger_accounts WHERE name = $1";
    let Some(row) = tx.one(ACCOUNT, args![account]).await? else { return Ok(Vec::new()) };
    let number: i64 = row.get("account")?;
    let rows = tx.rows(query!(lots "account = $1 AND remaining > 0 ORDER BY lot"), args![number]).await?;
    let read = |row| lots::Lot::read(row).map(|(_, lot)| lot);
    let view = |lot: lots::Lot| Lot { opens_at: lot.opens_at, expires_at: lot.expires_at, remaining: lot.remaining };
    rows.iter().map(|row| read(row).map(view)).collect()
}

/// What the command of that key moved or set aside: its legs, between the accounts as they are now.
pub async fn legs_of(tx: &mut Tx, key: &str) -> Result<Vec<Leg>, StoreError> {
    let rows = tx.rows(query!(transfers "idempotency_key = $1 ORDER BY leg"), args![key]).await?;
    let mut legs = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = Row::read(row)?;
        let (Some(from), Some(to)) = (account_of(tx, row.debit).await?, account_of(tx, row.credit).await?) else {
            continue;
        };
        legs.push(Leg { from, to, amount: row.amount, opens_at: row.opens_at, expires_at: row.expires_at });
    }
    Ok(legs)
}

async fn account_of(tx: &mut Tx, number: i64) -> Result<Option<Account>, StoreError> {
    let row = tx.one(query!(accounts "account = $1"), args![number]).await?;
    let account = |state: State| Account {
        name: state.name.to_string(),
        unit: state.unit.to_string(),
        kind: state.kind,
        ceiling: state.ceiling,
    };
    row.as_ref().map(|row| State::read(row).map(account)).transpose()
}
