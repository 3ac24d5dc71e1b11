//! Correlation: what makes those who convert differ from those who do not.
//!
//! - Everybody who did `start` in the period is looked at, from then on (without `start` everybody, from the period's
//!   begin), to the first `goal` after it or to the period's end. Whoever has such a goal *converted*.
//! - Somebody *has* an event, or a value of one of the `fields`, if it occurred within that time. The goal itself is
//!   none.
//! - For each: the share of those who converted that has it and the share of the others, their odds and shares by one
//!   another with 95 % intervals, how likely so large a difference is by chance (Fisher's exact test where a cell is
//!   expected to hold fewer than five, Pearson's χ² elsewhere), and that adjusted for how many were looked at
//!   (Benjamini and Hochberg). Only what at least `least` shoppers have is looked at.
//! - It says what goes along with converting, not what brings it about.

pub mod ask;
mod count;
