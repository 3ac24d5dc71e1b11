//! Figures by day or week, and what they will be.

pub mod ask_forecast;
pub mod metric;
pub mod routes;
pub mod series;

/// How many figures a season has: a week of days, or, of weeks, none.
pub(crate) fn season_of(interval: crate::overview::Interval) -> usize {
    match interval {
        crate::overview::Interval::Day => 7,
        _ => 1,
    }
}
