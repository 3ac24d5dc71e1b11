//! Segments: who belongs together, by a rule that is data.
//!
//! A [`Rule`] has a JSON form (serde) and a readable text form ([`text`]). [`check()`] refuses what cannot be, or cannot
//! be afforded, and names the clause. [`naive`] says what a rule means, and why somebody is in it; [`live`] gives the same
//! answers from a few moments per shopper, and when time alone could next change them.
//!
//! Nothing here knows how events are stored, how traits are gathered, or what is sent to a segment: an event is an
//! [`Occurrence`], everything else that is known of a person is [`Facts`].
//!
//! No occurrence may lie after the `now` a rule is asked for: a sender's clock that runs ahead is set back to the moment
//! of receipt by [`Occurrence::of`].

mod bounds;
mod check;
mod fault;
pub mod live;
pub mod naive;
mod occurrence;
pub mod overlap;
pub mod ready;
mod reason;
mod rule;
mod span;
pub mod text;
mod value;

#[cfg(test)]
mod samples;

pub use check::{Known, check};
pub use fault::{Fault, Wrong};
pub use occurrence::Occurrence;
pub use reason::{Observed, Reason};
pub use rule::{
    Bound, EventTest, Field, Filter, FollowTest, Literal, Measure, Period, Rule, Selection, SequenceTest, TagTest,
    Test, ValueTest, Window,
};
pub use span::{Span, SpanError, Unit};
pub use value::{Facts, Reading, Value};
