//! The proof: the whole ledger replayed from its first transfer, by plain sums, and held against what is stored.
//!
//! It shares no code with the decisions. What holds after every single row: its unit sums to zero, nothing is below zero
//! that may not be, and the lots of an account sum to its balance. What holds at the end: balances, open reservations and
//! lots are those that are stored, nothing is above its ceiling, and nothing went back beyond what had moved.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_store::{StoreError, Tx, args};

use crate::book::{Row, State};
use crate::command::What;
use crate::kind::Floor;
use crate::lots::Lot;
use crate::rows::query;
use crate::show::Standing;

const PAGE: i64 = 5_000;
const MOST_FAULTS: usize = 100;

/// What the replay found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Accounts.
    pub accounts: u64,
    /// Transfers replayed.
    pub transfers: u64,
    /// Reservations that are open.
    pub open_reservations: u64,
    /// Units, each of which sums to zero if there is no fault.
    pub units: BTreeSet<String>,
    /// What does not hold; the first hundred. None if the ledger is sound.
    pub faults: Vec<Fault>,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A unit does not sum to zero.
    #[error("{unit} sums to {sum} after transfer {transfer}")]
    Sum {
        /// The unit.
        unit: String,
        /// Its sum.
        sum: i64,
        /// After which transfer.
        transfer: i64,
    },
    /// An account is stored other than it was replayed.
    #[error("account {account} is stored with {what} {stored}, replayed {replayed}")]
    Differs {
        /// The account.
        account: String,
        /// Balance, held_out, held_in or lots.
        what: &'static str,
        /// As stored.
        stored: i64,
        /// As replayed.
        replayed: i64,
    },
    /// An account is beyond its bounds.
    #[error("account {account} of kind {kind} is beyond its bounds after transfer {transfer}: balance {balance}")]
    Bounds {
        /// The account.
        account: String,
        /// Its kind.
        kind: &'static str,
        /// After which transfer; the last, for a ceiling.
        transfer: i64,
        /// What is in it.
        balance: i64,
    },
    /// A transfer does not fit what it is about.
    #[error("transfer {transfer} ({what}) does not fit what it is about")]
    Unfit {
        /// The transfer.
        transfer: i64,
        /// What it did.
        what: &'static str,
    },
    /// Open reservations are stored other than they were replayed.
    #[error("the reservation `{key}` is {}", if *.stored { "stored as open but is not" } else { "open but not stored so" })]
    Hold {
        /// Its key.
        key: String,
        /// Whether it is among those stored.
        stored: bool,
    },
}

/// Replays the whole ledger. Reads it page by page, so give it a reading transaction, which sees one moment.
pub async fn prove(tx: &mut Tx) -> Result<Proof, StoreError> {
    let mut replay = Replay::default();
    for answer in tx.rows(query!(accounts "account >= 0"), args![]).await? {
        let state = State::read(&answer)?;
        replay.stored.insert(state.number, state.into());
    }
    let mut last = 0;
    loop {
        let answers = tx.rows(query!(transfers "id > $1 ORDER BY id LIMIT $2"), args![last, PAGE]).await?;
        let Some(end) = answers.last() else { break };
        last = end.get(0)?;
        for answer in &answers {
            replay.step(&Row::read(answer)?);
        }
    }
    replay.overdrawn_reversals(tx).await?;
    replay.stored_holds(tx).await?;
    replay.stored_lots(tx).await?;
    replay.stored_accounts();
    let units = replay.stored.values().map(|account| account.unit.clone()).collect();
    replay.faults.truncate(MOST_FAULTS);
    Ok(Proof {
        accounts: replay.stored.len() as u64,
        transfers: replay.transfers,
        open_reservations: replay.open_keys().len() as u64,
        units,
        faults: replay.faults,
    })
}

#[derive(Default, Clone, Copy)]
struct Sums {
    balance: i64,
    held_out: i64,
    held_in: i64,
    lots: i64,
}

#[derive(Default)]
struct Replay {
    stored: BTreeMap<i64, Standing>,
    sums: BTreeMap<i64, Sums>,
    units: BTreeMap<String, i64>,
    open: BTreeMap<i64, Row>,
    /// Each lot with its account and what is left of it.
    lots: BTreeMap<i64, (i64, i64)>,
    transfers: u64,
    last: i64,
    faults: Vec<Fault>,
}

impl Replay {
    fn step(&mut self, row: &Row) {
        self.transfers += 1;
        self.last = row.id;
        let unfit = Fault::Unfit { transfer: row.id, what: row.what.as_str() };
        if row.amount < 0 {
            self.faults.push(unfit.clone());
        }
        match row.what {
            What::Reserved => {
                self.hold(row, row.amount);
                self.open.insert(row.id, row.clone());
            }
            What::Posted | What::Voided | What::Lapsed => match row.of.and_then(|of| self.open.remove(&of)) {
                Some(held) if held.amount >= row.amount && (held.debit, held.credit) == (row.debit, row.credit) => {
                    self.hold(&held, -held.amount);
                }
                _ => self.faults.push(unfit),
            },
            What::Moved | What::Reversed | What::Expired => {}
        }
        if row.what.moves() {
            self.add(row.debit, -row.amount, row.id);
            self.add(row.credit, row.amount, row.id);
        }
        for &(lot, change) in &row.lots {
            let (account, left) = self.lots.entry(lot).or_insert((row.credit, 0));
            *left += change;
            let (account, left) = (*account, *left);
            self.sums.entry(account).or_default().lots += change;
            if left < 0 {
                self.faults.push(Fault::Unfit { transfer: row.id, what: row.what.as_str() });
            }
        }
        self.bounds(row.debit, row);
        self.bounds(row.credit, row);
    }

    fn hold(&mut self, row: &Row, amount: i64) {
        self.sums.entry(row.debit).or_default().held_out += amount;
        self.sums.entry(row.credit).or_default().held_in += amount;
    }

    fn add(&mut self, account: i64, amount: i64, transfer: i64) {
        self.sums.entry(account).or_default().balance += amount;
        let unit = self.stored.get(&account).map_or("?", |account| account.unit.as_str()).to_owned();
        let sum = self.units.entry(unit.clone()).or_default();
        *sum += amount;
        // The first leg of the two leaves it open, the second must close it.
        if amount > 0 && *sum != 0 {
            let sum = *sum;
            self.faults.push(Fault::Sum { unit, sum, transfer });
        }
    }

    fn bounds(&mut self, number: i64, row: &Row) {
        let Some(account) = self.stored.get(&number) else {
            self.faults.push(Fault::Unfit { transfer: row.id, what: row.what.as_str() });
            return;
        };
        let sums = self.sums.get(&number).copied().unwrap_or_default();
        let below = account.kind.floor() == Floor::Zero && sums.balance < sums.held_out;
        let lots = account.kind.has_lots() && sums.lots != sums.balance.max(0);
        if below || lots || sums.held_out < 0 || sums.held_in < 0 {
            let (account, kind) = (account.account.clone(), account.kind.as_str());
            self.faults.push(Fault::Bounds { account, kind, transfer: row.id, balance: sums.balance });
        }
    }

    fn open_keys(&self) -> BTreeSet<String> {
        self.open.values().map(|row| row.key.to_string()).collect()
    }

    /// What went back beyond what had moved, or another way.
    async fn overdrawn_reversals(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        const SELECT: &str = "SELECT r.id FROM ledger_transfers r JOIN ledger_transfers t ON t.id = r.of_id
            WHERE r.what = $1 AND (t.what NOT IN ($2, $3) OR t.debit <> r.credit OR t.credit <> r.debit OR t.amount <
                (SELECT SUM(o.amount) FROM ledger_transfers o WHERE o.of_id = t.id AND o.what = $4))";
        let [reversed, moved, posted] = [What::Reversed, What::Moved, What::Posted].map(What::code);
        for answer in tx.rows(SELECT, args![reversed, moved, posted, reversed]).await? {
            self.faults.push(Fault::Unfit { transfer: answer.get(0)?, what: What::Reversed.as_str() });
        }
        Ok(())
    }

    async fn stored_holds(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let answers = tx.rows("SELECT idempotency_key FROM ledger_holds", args![]).await?;
        let stored = answers.iter().map(|answer| answer.get(0)).collect::<Result<BTreeSet<String>, _>>()?;
        for key in stored.symmetric_difference(&self.open_keys()) {
            self.faults.push(Fault::Hold { key: key.clone(), stored: stored.contains(key) });
        }
        Ok(())
    }

    async fn stored_lots(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let mut stored = BTreeMap::new();
        for answer in tx.rows(query!(lots "remaining <> 0"), args![]).await? {
            let (account, lot) = Lot::read(&answer)?;
            stored.insert(lot.lot, (account, lot.remaining));
        }
        let left: BTreeMap<i64, (i64, i64)> =
            self.lots.iter().filter(|(_, (_, left))| *left != 0).map(|(lot, held)| (*lot, *held)).collect();
        for lot in stored.keys().chain(left.keys()).copied().collect::<BTreeSet<i64>>() {
            let (known, replayed) = (stored.get(&lot), left.get(&lot));
            if known != replayed {
                let number = known.or(replayed).map_or(0, |(account, _)| *account);
                let account = self.stored.get(&number).map_or_else(String::new, |account| account.account.clone());
                let amount = |lot: Option<&(i64, i64)>| lot.map_or(0, |(_, amount)| *amount);
                let (stored, replayed) = (amount(known), amount(replayed));
                self.faults.push(Fault::Differs { account, what: "lots", stored, replayed });
            }
        }
        Ok(())
    }

    fn stored_accounts(&mut self) {
        for (number, account) in &self.stored {
            let sums = self.sums.get(number).copied().unwrap_or_default();
            let pairs = [
                ("balance", account.balance, sums.balance),
                ("held_out", account.held_out, sums.held_out),
                ("held_in", account.held_in, sums.held_in),
            ];
            for (what, stored, replayed) in pairs.into_iter().filter(|(_, stored, replayed)| stored != replayed) {
                self.faults.push(Fault::Differs { account: account.account.clone(), what, stored, replayed });
            }
            if account.is_beyond_its_bounds() {
                let (name, kind) = (account.account.clone(), account.kind.as_str());
                let (transfer, balance) = (self.last, account.balance);
                self.faults.push(Fault::Bounds { account: name, kind, transfer, balance });
            }
        }
    }
}
