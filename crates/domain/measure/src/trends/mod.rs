//! Trends: figures over events, by interval.
//!
//! - A *series* is a figure over the events that are chosen: how many there are (`count`), how many people did them
//!   (`shoppers`), or the `sum`, `average`, `min`, `max` or a `percentile` of a number that they carry, or how many there
//!   are, or how much of it, for each person who did any (`per_shopper`).
//! - Every event counts, those of guests too; but a guest is nobody, so they are not among `shoppers`, nor in `per_shopper`.
//! - A percentile lies between the two values next to it, in proportion (Hyndman and Fan's seventh definition, 1996).
//! - Amounts are of one currency, in its minor units; events in another have none. A property that is a list stands for each
//!   of its entries; one that is no number for none.
//! - `break_down` tells events apart by a field, or people by segments. An event with several values counts with each: then
//!   parts may add up to more than the whole. The whole is always there, and so are all the values that are not shown, as
//!   one part: nobody is counted twice in either.
//! - A *formula* is worked out point by point over the figures of series.

pub mod answer;
pub mod ask;
mod count;
mod figure;
pub mod formula;
mod plan;
mod uniques;
