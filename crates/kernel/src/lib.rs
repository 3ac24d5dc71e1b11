//! The words every other room shares: identifiers, money, time, the event model and the table of
//! public errors.
//!
//! The kernel decides what a fact *is*. It must never learn how one is stored, sent or shown: no IO,
//! no async, no clock and no randomness of its own (both are arguments, see [`Clock`] and [`Entropy`]).

pub mod allocation;
pub mod ambient;
pub mod event;
pub mod ids;
pub mod money;
pub mod problem;
pub mod time;

pub use ambient::{Clock, Entropy};
pub use event::{Event, EventKind};
pub use money::{Currency, Money, MoneyError};
pub use problem::{Code, Problem};
pub use time::{LocalDate, TimeError, Timestamp, Zone};
