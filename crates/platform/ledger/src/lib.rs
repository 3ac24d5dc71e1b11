//! The ledger: one vocabulary for everything scarce. Coupon quota, flash stock, group seats, helps per day, points,
//! commission, prizes, redemption limits and budgets are balances in it.
//!
//! It decides whether an amount may move: reserve (until a deadline), post, void, move, reverse. Transfers are never
//! changed, each is named by an idempotency key, and every unit sums to zero at every instant. It must never learn what
//! any of it pays for.
//!
//! Two ways lead in. [`carry_out`] works inside the caller's transaction, so that the state and what pays for it are
//! saved together or not at all. A [`Lane`] takes commands of many callers and puts all that wait into one commit; it
//! saves the rows a command pays for along with it.
//!
//! ```no_run
//! use fanvine_kernel::Timestamp;
//! use fanvine_ledger::{Account, Command, Kind, Leg, LedgerError, carry_out};
//! # async fn example(store: fanvine_store::Store, now: Timestamp) -> Result<(), LedgerError> {
//! let stock = Account::new("stock/flash_7/red", "flash_7/red", Kind::FlashStock);
//! let buyer = Account::new("bought/flash_7/red/shopper_9", "flash_7/red", Kind::RedemptionLimit).at_most(2);
//! let reserve = Command::reserve("order_1", vec![Leg::new(stock, buyer, 1)], now.plus_micros(900_000_000));
//! store.write(move |tx| Box::pin(async move { carry_out(tx, vec![reserve], now).await })).await?;
//! # Ok(()) }
//! ```

mod book;
mod command;
mod decide;
mod explore;
mod kind;
mod lane;
mod lots;
#[cfg(test)]
mod model;
#[cfg(test)]
mod model_tests;
mod proof;
mod refusal;
mod rows;
mod show;

use fanvine_kernel::Timestamp;
use fanvine_store::{Migration, StoreError, Tx};

pub use command::{Account, Act, Command, LONGEST_NAME, Leg, Receipt, Share, What, any_new};
pub use explore::{Transfer, accounts, kinds, reservations, transfers};
pub use kind::{Floor, Kind};
pub use lane::{Along, Done, Lane};
pub use proof::{Fault, Proof, prove};
pub use refusal::{LedgerError, Refusal};
pub use show::{Lot, Standing, lapsed, legs_of, lots_of, standings};

use book::Book;

/// The tables of this room.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "ledger/0001_ledger", sql: include_str!("../migrations/0001_ledger.sql") }];

/// Carries out `commands` inside the caller's transaction, all or none. Whoever comes next waits until it is committed,
/// so call this late in a transaction. If it refuses, the caller must fail too, or nothing of this call is saved.
pub async fn carry_out(tx: &mut Tx, commands: Vec<Command>, now: Timestamp) -> Result<Vec<Receipt>, LedgerError> {
    let mut outcomes = work(tx, &mut Book::default(), &[&commands], &[], now).await?;
    match outcomes.pop() {
        Some(outcome) => Ok(outcome?),
        None => Ok(Vec::new()),
    }
}

/// What the sweep found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Reservations released at their deadline.
    pub lapsed: usize,
    /// Accounts with lots that expired.
    pub expired: usize,
}

/// Releases overdue reservations and lets lots expire, those of at most `most` lots at once. Call it again while it finds
/// any. Whatever a command touches is brought up to date in any case; this is for what nobody touches.
pub async fn sweep(tx: &mut Tx, now: Timestamp, most: u32) -> Result<Swept, StoreError> {
    let mut book = Book::default();
    rows::load(tx, &mut book, &[], &[], now).await?;
    let lapsed = book.changes.rows.iter().filter(|row| row.what == What::Lapsed && row.leg == 0).count();
    let accounts = rows::load_expiring(tx, &mut book, now, most.into()).await?;
    let expired = rows::expire_due(tx, &mut book, &accounts, now).await?;
    rows::save(tx, &mut book).await?;
    Ok(Swept { lapsed, expired })
}

/// Carries out groups of commands, each all or none, one after the other. The accounts of these names are in the book then, if
/// there are any.
pub(crate) async fn work(
    tx: &mut Tx,
    book: &mut Book,
    groups: &[&[Command]],
    also: &[&str],
    now: Timestamp,
) -> Result<Vec<Result<Vec<Receipt>, Refusal>>, StoreError> {
    let commands: Vec<&Command> = groups.iter().copied().flatten().collect();
    rows::load(tx, book, &commands, also, now).await?;
    let outcomes = groups.iter().map(|group| book.attempt(group, now)).collect();
    rows::save(tx, book).await?;
    Ok(outcomes)
}
