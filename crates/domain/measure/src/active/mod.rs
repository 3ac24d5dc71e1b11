//! Active shoppers: how many come by in each interval, who of them is new, who came back, who stayed away.
//!
//! - *Active*: at least one of the events meant (by default any) in the interval.
//! - *New*: active for the first time ever. *Returning*: active in the interval before too. *Resurrected*: active before,
//!   but not in the interval before. So the three add up to the active.
//! - *Dormant*: active in the interval before and not in this one.
//! - *Weekly* and *monthly* active, for days only: active on the day or one of the 6, or 29, days before it.
//!   *Stickiness* is daily by monthly active.
//! - The shop's own facts (a refund, an update of an order) make nobody active.

pub mod ask;
mod count;

pub use count::ActiveGroup;
