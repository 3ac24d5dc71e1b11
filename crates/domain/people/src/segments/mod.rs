//! Segments: who belongs together, by a rule that is data.
//!
//! A [`Rule`] has a JSON form (serde) and a readable text form ([`text`]). [`check()`] refuses what cannot be, or cannot
//! be afforded, and names the clause. [`naive`] says what a rule means, and why somebody is in it; [`live`] gives the same
//! answers from a few moments per shopper, and when time alone could next change them.
//!
//! To all of these an event is an [`Occurrence`], and everything else that is known of a person is [`Facts`].
//!
//! Around them: a [`Definition`] is saved in versions; [`watch`] has the clauses about events remember while the log is
//! read, [`past`] counts what was before from the lake, [`look`] asks the rules, [`membership`] keeps the answers, and
//! [`announce`] tells who came and went. What is sent to a segment is for others to know.
//!
//! No occurrence may lie after the `now` a rule is asked for: a sender's clock that runs ahead is set back to the moment
//! of receipt by [`Occurrence::of`].

pub mod adopt_template;
mod announce;
mod audience;
mod bounds;
mod check;
pub mod check_rule;
pub mod compare_segments;
pub mod create_segment;
mod definition;
pub mod delete_segment;
mod draft;
pub mod explain_membership;
pub mod export_segment;
mod facts;
mod fault;
mod grouped;
pub mod list_members;
pub mod list_segments;
pub mod list_templates;
pub mod list_versions;
pub mod lists;
pub mod live;
mod look;
mod membership;
pub mod naive;
mod narrow;
mod numbers;
mod occurrence;
mod opposed;
pub mod overlap;
mod past;
mod preview;
pub mod preview_rule;
pub(crate) mod ranks;
pub mod ready;
mod reason;
mod routes;
mod rule;
pub mod saving;
pub mod show_history;
pub mod show_segment;
mod sieve;
pub(crate) mod state;
mod stated;
mod store;
pub mod text;
mod timers;
pub mod update_segment;
mod upkeep;
mod value;
pub(crate) mod watch;

#[cfg(test)]
mod preview_tests;
#[cfg(test)]
mod samples;

use fanvine_kernel::event::filter::span;
pub use fanvine_kernel::event::filter::{Span, SpanError, Unit};

pub use check::{Known, check};
pub use definition::{Definition, SegmentError};
pub use fault::{Fault, Wrong};
pub use occurrence::Occurrence;
pub use reason::{Observed, Reason};
pub use routes::router;
pub use rule::{
    Bound, EventTest, Field, Filter, FollowTest, Literal, Measure, Period, Rule, Selection, SequenceTest, TagTest,
    Test, ValueTest, Window,
};
pub use value::{Facts, Reading, Value};
