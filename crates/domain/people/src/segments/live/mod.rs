//! Membership kept up with events: the same answers as [`naive`](super::naive), from a few moments per shopper.
//!
//! A [`Program`] is made of all live rules. What their clauses about events need to remember is kept per *shopper key* in
//! [`States`], which take events in any order and merge: the states of one person's keys, merged, are what one key
//! would hold that had seen all their events. A count keeps its newest few moments, a sum or a sequence those of its
//! window, "of the last n" the newest n. All of it is bounded, for who does something thousands of times in a window too:
//! see the limits in `clause.rs`, which no honest shopper reaches. [`Program::evaluate`] answers for a moment, and until when the answer stands if
//! nothing happens: that is when to ask again, for whoever leaves or enters a segment only because time passes.

mod clause;
mod codec;
mod program;
mod state;
#[cfg(test)]
mod tests;

pub use clause::{Clause, Verdict};
pub use codec::StateError;
pub use program::{Fact, Program, ProgramError};
pub use state::States;
