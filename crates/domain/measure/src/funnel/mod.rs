//! Funnels: how many shoppers get from one step to the next, how fast, and who does not.
//!
//! What a funnel counts, the union of what Mixpanel's and PostHog's can say:
//! - A *chain* begins with an event that is the first step, in the period. What follows may lie behind the period's end, as
//!   long as it is within `within_s` of the chain's first event, the second itself included.
//! - `ordered`: later events are the next steps, whatever else happens in between. `strict`: nothing else happens in
//!   between. `any`: the steps come in any order, all within the window and the period; step *n* is then "n of them".
//! - What happened at one moment is in the order of the log. One event is one step of a chain, also where it might be two.
//! - A shopper counts once, by the chain that gets furthest; *after* is the time the first such chain took.
//! - An *optional* step may be left out. An *exclusion* ends all chains that are between its two steps when it happens.
//! - With `same`, all events of a chain have the same value of a field; the best value counts.
//! - With `break_down`, shoppers are told apart by the value of a field in their first event that is the first step.
//! - With `trend`, the funnel is counted once more for the chains that begin in each interval.
//! - Counted by `entries`, a shopper counts each time they enter: an entry begins with a first step that comes later than
//!   the end of the entry before it, which is the second of its last step where it converted, else the end of its window
//!   (Mixpanel's totals). First steps in between begin nothing; an exclusion stops an entry, which still lasts to the end of
//!   its window. With `same` each value has entries of its own; `break_down` and `trend` go by the event that begins an
//!   entry. Not for steps in any order.
//! - Shopper keys that are one person are one shopper. Guests are not counted.

pub mod ask;
pub mod chain;
mod count;
pub mod entries;
#[cfg(test)]
mod naive;

pub use ask::ask_funnel;
pub(crate) use count::Listed;
