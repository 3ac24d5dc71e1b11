//! The people behind a figure: whom a bar of a funnel, a cell of retention, a day, a path or a point of a trend counts.
//!
//! The question is counted once more, and notes whom it counts there; so the list is always as long as the figure.

pub mod keep_behind;
pub mod list_behind;
mod point;

pub use point::Behind;
