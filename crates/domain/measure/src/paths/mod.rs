//! Paths: what shoppers do after, or before, an event.
//!
//! - A path lies within one *session*: events less than `gap_s` apart. It begins with the first event of the session, or
//!   with the first `start` event in it; with `end` instead, it is what led up to the first `end` event.
//! - It has at most `steps` events. With `fold`, an event that repeats the one before is left out.
//! - Every session counts once.

pub mod ask;
mod count;

pub(crate) use count::Listed;
