//! Sessions: how long shoppers stay, how much they look at, and how many leave at once.
//!
//! - A session are a shopper's events, each less than `gap_s` after the one before (half an hour); or, with `by_id`,
//!   all events with the same session id, as the client counts visits. The shop's own facts are in none.
//! - It belongs to the day on which it began, also where it goes on behind it.
//! - A *page* is a `Page Viewed` or `Screen Viewed`. How long it took is from its first event to its last.
//! - It *bounced* unless it lasted `engaged_s` (ten seconds), or had two pages, or an order: as Google Analytics 4
//!   says it.
//! - With `break_down` it is told by the first value of a field in it, or by `entry_page`: its first page's path.

pub mod ask;
pub(crate) mod count;
#[cfg(test)]
mod naive;
