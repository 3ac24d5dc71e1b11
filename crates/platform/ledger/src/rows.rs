//! The rows of the ledger: reading what a batch of commands needs, and saving what it did, with few statements.

use std::collections::BTreeSet;

use fanvine_kernel::Timestamp;
use fanvine_store::{Row as Answer, StoreError, Tx, Value, args};

use crate::Kind;
use crate::book::{Book, Changes, Row, State};
use crate::command::{Command, What};
use crate::lots::Lot;

/// The lock of whoever changes the ledger, held until they commit: it has one writer at a time.
const LOCK: &str = "ledger";
/// Overdue reservations released with one statement.
const RELEASED_AT_ONCE: i64 = 256;

/// The columns of a table in the order they are read, and a condition.
macro_rules! query {
    (transfers $tail:literal) => {
        concat!(
            "SELECT id, idempotency_key, leg, digest, what, debit, credit, amount, of_id, at, deadline, opens_at,
             expires_at, lots FROM ledger_transfers WHERE ",
            $tail
        )
    };
    (accounts $tail:literal) => {
        concat!(
            "SELECT account, name, unit, kind, ceiling, balance, held_out, held_in FROM ledger_accounts WHERE ",
            $tail
        )
    };
    (lots $tail:literal) => {
        concat!("SELECT lot, account, opens_at, expires_at, remaining FROM ledger_lots WHERE ", $tail)
    };
}
pub(crate) use query;

/// Reads what `commands` need into `book`, and the accounts of these names, releasing reservations and expiring lots that are due.
pub(crate) async fn load(
    tx: &mut Tx,
    book: &mut Book,
    commands: &[&Command],
    also: &[&str],
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.lock(LOCK).await?;
    let last = tx.one("SELECT MAX(id) AS last FROM ledger_transfers", args![]).await?;
    let last = last.map(|row| row.get::<Option<i64>>("last")).transpose()?.flatten().unwrap_or(0);
    // Every change of the ledger comes with a higher number, so memory is as good as the rows while this is the last.
    if book.last != last {
        *book = Book::after(last);
    }
    release_overdue(tx, book, now).await?;

    let keys: BTreeSet<&str> = commands.iter().flat_map(|one| [Some(one.key.as_str()), one.of()]).flatten().collect();
    entries(tx, book, keys.into_iter().map(Value::from).collect()).await?;
    let earlier: Vec<Row> = commands.iter().filter_map(|one| book.entries.get(one.of()?)).flatten().cloned().collect();
    fates(tx, book, &earlier).await?;

    let named = commands.iter().flat_map(|one| one.legs()).flat_map(|leg| [&leg.from, &leg.to]);
    let mut lotted: BTreeSet<i64> = BTreeSet::new();
    let names: BTreeSet<&str> = named.map(|account| account.name.as_str()).collect();
    let wanted: BTreeSet<&str> = names.iter().chain(also).copied().collect();
    accounts_named(tx, book, wanted.into_iter()).await?;
    let ends: BTreeSet<i64> = earlier.iter().flat_map(|row| [row.debit, row.credit]).collect();
    accounts_numbered(tx, book, &ends).await?;
    let numbers = names.iter().filter_map(|name| book.numbers.get(*name)).chain(&ends);
    for state in numbers.filter_map(|number| book.accounts.get(number)).filter(|state| state.kind.has_lots()) {
        lotted.insert(state.number);
    }
    let drawn = earlier.iter().flat_map(|row| &row.lots).map(|(lot, _)| Value::from(*lot)).collect();
    lots(tx, book, &lotted, drawn).await?;
    expire_due(tx, book, &lotted, now).await?;
    Ok(())
}

/// Releases every reservation whose deadline has come; how many.
pub(crate) async fn release_overdue(tx: &mut Tx, book: &mut Book, now: Timestamp) -> Result<usize, StoreError> {
    const DUE: &str = "SELECT idempotency_key FROM ledger_holds WHERE deadline <= $1 ORDER BY deadline LIMIT $2";
    const DELETE: &str = "DELETE FROM ledger_holds WHERE idempotency_key IN (";
    let mut released = 0;
    while book.next_deadline.is_none_or(|next| next <= now) {
        let due = tx.rows(DUE, args![now, RELEASED_AT_ONCE]).await?;
        let keys = due.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            let next = tx.one("SELECT MIN(deadline) AS next FROM ledger_holds", args![]).await?;
            let next = next.map(|row| row.get::<Option<Timestamp>>("next")).transpose()?.flatten();
            book.next_deadline = Some(next.unwrap_or(Timestamp::from_micros(i64::MAX)));
            break;
        }
        let values = || keys.iter().map(Value::from).collect::<Vec<_>>();
        entries(tx, book, values()).await?;
        let rows = keys.iter().filter_map(|key| book.entries.get(key.as_str())).flatten();
        let ends = rows.flat_map(|row| [row.debit, row.credit]).collect();
        accounts_numbered(tx, book, &ends).await?;
        keys.iter().for_each(|key| book.lapse(key, now));
        tx.execute_in(DELETE, values(), ")").await?;
        released += keys.len();
    }
    book.changes.released.clear();
    Ok(released)
}

async fn entries(tx: &mut Tx, book: &mut Book, keys: Vec<Value>) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for answer in tx.rows_in(query!(transfers "idempotency_key IN ("), keys, ")").await? {
        rows.push(Row::read(&answer)?);
    }
    rows.sort_by_key(|row| row.id);
    for row in rows {
        let legs = book.entries.entry(row.key.clone()).or_default();
        if legs.iter().all(|known| known.id != row.id) {
            legs.push(row);
        }
    }
    Ok(())
}

async fn fates(tx: &mut Tx, book: &mut Book, earlier: &[Row]) -> Result<(), StoreError> {
    const SELECT: &str =
        "SELECT of_id, what, CAST(SUM(amount) AS BIGINT) AS amount FROM ledger_transfers WHERE of_id IN (";
    let ids: BTreeSet<i64> = earlier.iter().map(|row| row.id).collect();
    for answer in tx.rows_in(SELECT, ids.into_iter().map(Value::from).collect(), ") GROUP BY of_id, what").await? {
        let fate = book.fates.entry(answer.get("of_id")?).or_default();
        match What::of_code(answer.get("what")?) {
            Some(What::Reversed) => fate.reversed = answer.get("amount")?,
            // A lot that expired says nothing of the leg it came with.
            Some(What::Expired) | None => {}
            settled => fate.settled = settled,
        }
    }
    Ok(())
}

async fn accounts_named<'n>(
    tx: &mut Tx,
    book: &mut Book,
    names: impl Iterator<Item = &'n str>,
) -> Result<(), StoreError> {
    let unknown: Vec<Value> = names.filter(|name| !book.numbers.contains_key(*name)).map(Value::from).collect();
    for answer in tx.rows_in(query!(accounts "name IN ("), unknown, ")").await? {
        book.learn(State::read(&answer)?);
    }
    Ok(())
}

async fn accounts_numbered(tx: &mut Tx, book: &mut Book, numbers: &BTreeSet<i64>) -> Result<(), StoreError> {
    let unknown = numbers.iter().filter(|number| !book.accounts.contains_key(number)).map(|number| (*number).into());
    for answer in tx.rows_in(query!(accounts "account IN ("), unknown.collect(), ")").await? {
        book.learn(State::read(&answer)?);
    }
    Ok(())
}

async fn lots(tx: &mut Tx, book: &mut Book, accounts: &BTreeSet<i64>, drawn: Vec<Value>) -> Result<(), StoreError> {
    let accounts = accounts.iter().map(|account| (*account).into()).collect();
    let mut answers = tx.rows_in(query!(lots "account IN ("), accounts, ") AND remaining > 0").await?;
    answers.extend(tx.rows_in(query!(lots "lot IN ("), drawn, ")").await?);
    for answer in answers {
        let (account, lot) = Lot::read(&answer)?;
        let known = book.lots.entry(account).or_default();
        if known.iter().all(|other| other.lot != lot.lot) {
            known.push(lot);
        }
    }
    Ok(())
}

/// Lets what is past its day in these accounts expire; in how many of them anything did.
pub(crate) async fn expire_due(
    tx: &mut Tx,
    book: &mut Book,
    accounts: &BTreeSet<i64>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let due: Vec<i64> = accounts.iter().copied().filter(|account| book.due_to_expire(*account, now) > 0).collect();
    let units = due.iter().filter_map(|account| book.accounts.get(account)).map(|state| state.unit.clone());
    let names: BTreeSet<String> = units.map(|unit| Book::expired_into(&unit).name).collect();
    accounts_named(tx, book, names.iter().map(String::as_str)).await?;
    due.iter().for_each(|account| book.expire(*account, now));
    Ok(due.len())
}

/// Reads the accounts that have lots past their day into `book`, at most `most` lots' worth; which.
pub(crate) async fn load_expiring(
    tx: &mut Tx,
    book: &mut Book,
    now: Timestamp,
    most: i64,
) -> Result<BTreeSet<i64>, StoreError> {
    // Lots that reservations need stay behind; they must not keep the others from their turn.
    const DUE: &str = "SELECT lot.account FROM ledger_lots lot JOIN ledger_accounts a ON a.account = lot.account
        WHERE lot.remaining > 0 AND lot.expires_at <= $1 AND a.held_out < a.balance
        ORDER BY lot.expires_at LIMIT $2";
    let answers = tx.rows(DUE, args![now, most]).await?;
    let accounts = answers.iter().map(|row| row.get(0)).collect::<Result<BTreeSet<i64>, _>>()?;
    accounts_numbered(tx, book, &accounts).await?;
    lots(tx, book, &accounts, Vec::new()).await?;
    Ok(accounts)
}

/// Saves what changed.
pub(crate) async fn save(tx: &mut Tx, book: &mut Book) -> Result<(), StoreError> {
    let changes = std::mem::take(&mut book.changes);
    if changes.rows.is_empty() {
        return Ok(());
    }
    save_accounts(tx, book, &changes).await?;
    tx.insert_many(
        "INSERT INTO ledger_transfers (id, idempotency_key, leg, digest, what, debit, credit, amount, of_id, at, deadline,
         opens_at, expires_at, lots) VALUES",
        changes.rows.iter().map(Row::values).collect(),
        "",
    )
    .await?;
    let holds = changes.holds.iter().map(|(key, deadline)| args![&**key, *deadline]).collect();
    tx.insert_many("INSERT INTO ledger_holds (idempotency_key, deadline) VALUES", holds, "").await?;
    let released = changes.released.iter().map(|key| (&**key).into()).collect();
    tx.execute_in("DELETE FROM ledger_holds WHERE idempotency_key IN (", released, ")").await?;
    save_lots(tx, book, &changes).await
}

async fn save_accounts(tx: &mut Tx, book: &Book, changes: &Changes) -> Result<(), StoreError> {
    let accounts = changes.accounts.iter().filter_map(|number| book.accounts.get(number));
    let rows = accounts.map(|state| {
        args![
            state.number,
            &*state.name,
            &*state.unit,
            state.kind.as_str(),
            state.ceiling,
            state.balance,
            state.held_out,
            state.held_in
        ]
    });
    tx.insert_many(
        "INSERT INTO ledger_accounts (account, name, unit, kind, ceiling, balance, held_out, held_in) VALUES",
        rows.collect(),
        "ON CONFLICT (account) DO UPDATE SET ceiling = excluded.ceiling, balance = excluded.balance,
         held_out = excluded.held_out, held_in = excluded.held_in",
    )
    .await?;
    Ok(())
}

async fn save_lots(tx: &mut Tx, book: &Book, changes: &Changes) -> Result<(), StoreError> {
    let lots = changes.lots.iter().filter_map(|account| Some((account, book.lots.get(account)?)));
    let rows = lots.flat_map(|(account, lots)| {
        lots.iter().map(|lot| args![lot.lot, *account, lot.opens_at, lot.expires_at, lot.remaining])
    });
    tx.insert_many(
        "INSERT INTO ledger_lots (lot, account, opens_at, expires_at, remaining) VALUES",
        rows.collect(),
        "ON CONFLICT (lot) DO UPDATE SET remaining = excluded.remaining",
    )
    .await?;
    Ok(())
}

impl State {
    pub(crate) fn read(answer: &Answer) -> Result<Self, StoreError> {
        let kind: String = answer.get(3)?;
        Ok(Self {
            number: answer.get(0)?,
            name: answer.get::<String>(1)?.into(),
            unit: answer.get::<String>(2)?.into(),
            // Nothing but this program writes them; a kind of a newer one is bounded like most.
            kind: Kind::named(&kind).unwrap_or(Kind::Gone),
            ceiling: answer.get(4)?,
            balance: answer.get(5)?,
            held_out: answer.get(6)?,
            held_in: answer.get(7)?,
        })
    }
}

impl Lot {
    pub(crate) fn read(answer: &Answer) -> Result<(i64, Self), StoreError> {
        let (lot, account) = (answer.get(0)?, answer.get(1)?);
        let (opens_at, expires_at, remaining) = (answer.get(2)?, answer.get(3)?, answer.get(4)?);
        Ok((account, Self { lot, opens_at, expires_at, remaining }))
    }
}

impl Row {
    pub(crate) fn read(answer: &Answer) -> Result<Self, StoreError> {
        let what: i64 = answer.get(4)?;
        let lots: Option<String> = answer.get(13)?;
        Ok(Self {
            id: answer.get(0)?,
            key: answer.get::<String>(1)?.into(),
            leg: answer.get(2)?,
            digest: answer.get(3)?,
            what: What::of_code(what).unwrap_or(What::Lapsed),
            debit: answer.get(5)?,
            credit: answer.get(6)?,
            amount: answer.get(7)?,
            of: answer.get(8)?,
            at: answer.get(9)?,
            deadline: answer.get(10)?,
            opens_at: answer.get(11)?,
            expires_at: answer.get(12)?,
            lots: lots.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        })
    }

    fn values(&self) -> Vec<Value> {
        // Plain numbers: writing them as JSON cannot fail.
        let lots = (!self.lots.is_empty()).then(|| serde_json::to_string(&self.lots).unwrap_or_default());
        args![
            self.id,
            &*self.key,
            self.leg,
            self.digest,
            self.what.code(),
            self.debit,
            self.credit,
            self.amount,
            self.of,
            self.at,
            self.deadline,
            self.opens_at,
            self.expires_at,
            lots
        ]
    }
}
