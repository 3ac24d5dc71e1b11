//! The part of the ledger that is in memory: accounts, lots and earlier commands, and what changed since they were read.
//!
//! Pure: it reads nothing and saves nothing. A group of commands that is refused leaves no trace.

use std::collections::BTreeSet;
use std::sync::Arc;

use fanvine_kernel::Timestamp;
use rustc_hash::FxHashMap;

use crate::command::{Command, Receipt, What};
use crate::lots::Lot;
use crate::{Account, Kind, Refusal};

/// An account as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub number: i64,
    pub name: Arc<str>,
    pub unit: Arc<str>,
    pub kind: Kind,
    pub ceiling: Option<i64>,
    pub balance: i64,
    pub held_out: i64,
    pub held_in: i64,
}

/// One leg of what a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub id: i64,
    pub key: Arc<str>,
    pub leg: i64,
    pub digest: i64,
    pub what: What,
    pub debit: i64,
    pub credit: i64,
    pub amount: i64,
    pub of: Option<i64>,
    pub at: Timestamp,
    pub deadline: Option<Timestamp>,
    pub opens_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub lots: Vec<(i64, i64)>,
}

/// What became of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fate {
    pub settled: Option<What>,
    pub reversed: i64,
}

/// What is to be saved.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub rows: Vec<Row>,
    pub accounts: BTreeSet<i64>,
    pub lots: BTreeSet<i64>,
    pub holds: Vec<(Arc<str>, Timestamp)>,
    pub released: Vec<Arc<str>>,
}

/// How something was before a group of commands touched it.
enum Before {
    Account(i64, Option<State>),
    Lots(i64, Option<Vec<Lot>>),
    Entry(Arc<str>),
    Fate(i64, Option<Fate>),
}

/// The part of the ledger that is in memory.
#[derive(Default)]
pub(crate) struct Book {
    /// The highest number given out.
    pub last: i64,
    /// No open reservation ends before this; not known if absent.
    pub next_deadline: Option<Timestamp>,
    pub accounts: FxHashMap<i64, State>,
    pub numbers: FxHashMap<Arc<str>, i64>,
    pub lots: FxHashMap<i64, Vec<Lot>>,
    pub entries: FxHashMap<Arc<str>, Vec<Row>>,
    pub fates: FxHashMap<i64, Fate>,
    pub changes: Changes,
    journal: Vec<Before>,
}

impl Book {
    /// A book of which nothing is in memory, where `last` is the highest number given out.
    pub fn after(last: i64) -> Self {
        Self { last, ..Self::default() }
    }

    /// Carries out a group of commands, all or none of them.
    pub fn attempt(&mut self, group: &[Command], now: Timestamp) -> Result<Vec<Receipt>, Refusal> {
        self.journal.clear();
        let last = self.last;
        let marks = (self.changes.rows.len(), self.changes.holds.len(), self.changes.released.len());
        let outcome = group.iter().map(|command| self.carry_out(command, now)).collect();
        if Result::is_err(&outcome) {
            self.undo();
            self.last = last;
            self.changes.rows.truncate(marks.0);
            self.changes.holds.truncate(marks.1);
            self.changes.released.truncate(marks.2);
        }
        outcome
    }

    fn undo(&mut self) {
        while let Some(before) = self.journal.pop() {
            match before {
                Before::Account(number, Some(state)) => drop(self.accounts.insert(number, state)),
                Before::Account(number, None) => {
                    if let Some(state) = self.accounts.remove(&number) {
                        self.numbers.remove(&state.name);
                    }
                }
                Before::Lots(account, Some(lots)) => drop(self.lots.insert(account, lots)),
                Before::Lots(account, None) => drop(self.lots.remove(&account)),
                Before::Entry(key) => drop(self.entries.remove(&key)),
                Before::Fate(id, Some(fate)) => drop(self.fates.insert(id, fate)),
                Before::Fate(id, None) => drop(self.fates.remove(&id)),
            }
        }
    }

    /// Forgets what only the last commands needed, keeping what the next are likely to; all of it if it grew too large.
    pub fn slim(&mut self, most_accounts: usize) {
        self.entries.clear();
        self.fates.clear();
        self.lots.clear();
        self.journal.clear();
        if self.accounts.len() > most_accounts {
            self.accounts.clear();
            self.numbers.clear();
        }
    }

    /// Takes in an account as it was read.
    pub fn learn(&mut self, state: State) {
        self.numbers.insert(state.name.clone(), state.number);
        self.accounts.insert(state.number, state);
    }

    /// The number of an account, opened if there is none of that name.
    pub fn resolve(&mut self, account: &Account) -> Result<i64, Refusal> {
        let known = self.numbers.get(account.name.as_str()).and_then(|number| self.accounts.get(number));
        let Some(state) = known else { return Ok(self.open(account)) };
        let number = state.number;
        if state.kind != account.kind || *state.unit != *account.unit {
            return Err(Refusal::OtherAccount {
                account: account.name.clone(),
                known: format!("{} of {}", state.kind.as_str(), state.unit),
                given: format!("{} of {}", account.kind.as_str(), account.unit),
            });
        }
        let ceiling = account.ceiling.map(|ceiling| ceiling.max(state.balance.saturating_add(state.held_in)));
        if ceiling != state.ceiling
            && let Some(state) = self.change(number)
        {
            state.ceiling = ceiling;
        }
        Ok(number)
    }

    fn open(&mut self, account: &Account) -> i64 {
        let number = self.next();
        let state = State {
            number,
            name: account.name.as_str().into(),
            unit: account.unit.as_str().into(),
            kind: account.kind,
            ceiling: account.ceiling.map(|ceiling| ceiling.max(0)),
            balance: 0,
            held_out: 0,
            held_in: 0,
        };
        self.journal.push(Before::Account(number, None));
        self.changes.accounts.insert(number);
        self.learn(state);
        number
    }

    /// A number that was never given out, neither to a leg nor to an account.
    pub fn next(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// An account about to change. Every account a command names has been read or opened.
    pub fn change(&mut self, number: i64) -> Option<&mut State> {
        let state = self.accounts.get_mut(&number)?;
        self.journal.push(Before::Account(number, Some(state.clone())));
        self.changes.accounts.insert(number);
        Some(state)
    }

    /// The lots of an account about to change.
    pub fn change_lots(&mut self, account: i64) -> &mut Vec<Lot> {
        self.journal.push(Before::Lots(account, self.lots.get(&account).cloned()));
        self.changes.lots.insert(account);
        self.lots.entry(account).or_default()
    }

    /// The fate of a leg about to change.
    pub fn change_fate(&mut self, id: i64) -> &mut Fate {
        self.journal.push(Before::Fate(id, self.fates.get(&id).copied()));
        self.fates.entry(id).or_default()
    }

    /// Writes down what a command did.
    pub fn record(&mut self, key: &Arc<str>, rows: Vec<Row>) {
        self.journal.push(Before::Entry(key.clone()));
        self.changes.rows.extend(rows.iter().cloned());
        self.entries.insert(key.clone(), rows);
    }
}
