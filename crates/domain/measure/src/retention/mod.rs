//! Retention: of those who began in an interval, how many came back in each interval after.
//!
//! - A shopper is in the *cohort* of the interval in which they did the `start` event: with `first_time` the first time
//!   ever, otherwise in every interval in which they did it.
//! - They *return* in the k-th interval after if they do the `then` event in it, at least `times` times. In interval 0
//!   what counts comes after the event that began it.
//! - `on`: in exactly that interval. `on_or_after`: in that interval or any later one of those looked at.
//! - Intervals are days, weeks (from Monday) or months of the shop's zone. Those that lie in the future are not shown.

pub mod ask;
mod by_day;
mod count;

pub(crate) use count::Listed;
