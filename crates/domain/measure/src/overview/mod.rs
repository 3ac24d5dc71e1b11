//! The overview: how the shop did in a period, beside the period before.
//!
//! Definitions, the same on every screen:
//! - *revenue*: what orders placed in the period brought in after discounts, without shipping and tax.
//! - *refunded*: what was paid back in the period, whenever the order was placed; a cancellation pays back what was
//!   left of its order. *Net* is revenue less that. So what happens later never changes a past period's figures.
//! - *active shoppers*: distinct shoppers with at least one event of their own (the shop's own facts — a
//!   refund, a cancellation, an update of an order — do not make a shopper active). Guests are not counted.
//! - *new*: active shoppers whose first event ever lies in the period; the others are *returning*.
//! - *conversion*: shoppers who placed an order, divided by active shoppers.

pub mod questions;
pub mod show;

use fanvine_kernel::LocalDate;
use serde::{Deserialize, Serialize};

/// How fine a series is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    /// By day.
    Day,
    /// By week, beginning on Monday.
    Week,
    /// By calendar month.
    Month,
}

impl Interval {
    /// The first day of the interval in which `day` lies.
    pub fn start_of(self, day: LocalDate) -> LocalDate {
        match self {
            Self::Day => day,
            Self::Week => day.week_start(),
            Self::Month => day.month_start(),
        }
    }

    /// Where the interval after the one that begins on `start` begins.
    pub fn after(self, start: LocalDate) -> LocalDate {
        match self {
            Self::Day => start.plus_days(1),
            Self::Week => start.plus_days(7),
            Self::Month => start.next_month_start(),
        }
    }
}

/// Days from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: LocalDate,
    /// The last day.
    pub to: LocalDate,
}

/// A period that cannot be asked about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// It ends before it begins.
    #[error("the period ends on {to}, before it begins on {from}")]
    Reversed {
        /// The first day.
        from: LocalDate,
        /// The last day.
        to: LocalDate,
    },
    /// More points than a chart can show.
    #[error("{from} to {to} by {interval:?} is {points} points, more than {MOST_POINTS}; choose a longer interval")]
    TooFine {
        /// The first day.
        from: LocalDate,
        /// The last day.
        to: LocalDate,
        /// How it was to be cut.
        interval: Interval,
        /// How many points that makes.
        points: i64,
    },
}

/// The most points a series may have.
pub const MOST_POINTS: i64 = 1_500;

impl Period {
    /// The days from `from` to `to`, if they can be cut by `interval`.
    pub fn new(from: LocalDate, to: LocalDate, interval: Interval) -> Result<Self, PeriodError> {
        if to < from {
            return Err(PeriodError::Reversed { from, to });
        }
        let days = to.days_since(from) + 1;
        let points = match interval {
            Interval::Day => days,
            Interval::Week => days / 7 + 1,
            Interval::Month => days / 28 + 1,
        };
        if points > MOST_POINTS {
            return Err(PeriodError::TooFine { from, to, interval, points });
        }
        Ok(Self { from, to })
    }

    /// The period just before: whole months before whole months, otherwise as many days.
    pub fn previous(self) -> Self {
        let after = self.to.plus_days(1);
        let to = self.from.plus_days(-1);
        if self.from == self.from.month_start() && after == after.month_start() {
            let mut from = self.from;
            let mut month = self.from;
            while month < after {
                month = month.next_month_start();
                from = from.plus_days(-1).month_start();
            }
            return Self { from, to };
        }
        Self { from: self.from.plus_days(-(after.days_since(self.from))), to }
    }

    /// The starts of the intervals that cover the period, the first of them perhaps before it.
    pub fn starts(self, interval: Interval) -> Vec<LocalDate> {
        let mut starts = Vec::new();
        let mut start = interval.start_of(self.from);
        while start <= self.to {
            starts.push(start);
            start = interval.after(start);
        }
        starts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> LocalDate {
        text.parse().unwrap()
    }

    fn period(from: &str, to: &str) -> Period {
        Period::new(day(from), day(to), Interval::Day).unwrap()
    }

    #[test]
    fn whole_months_are_compared_with_whole_months() {
        assert_eq!(period("2011-03-01", "2011-03-31").previous(), period("2011-02-01", "2011-02-28"));
        assert_eq!(period("2011-01-01", "2011-12-31").previous(), period("2010-01-01", "2010-12-31"));
    }

    #[test]
    fn any_other_period_is_compared_with_as_many_days() {
        assert_eq!(period("2011-03-02", "2011-03-08").previous(), period("2011-02-23", "2011-03-01"));
    }

    #[test]
    fn a_series_covers_its_period_without_a_gap() {
        let starts = period("2026-11-18", "2026-12-02").starts(Interval::Week);
        assert_eq!(starts, [day("2026-11-16"), day("2026-11-23"), day("2026-11-30")]);
        assert_eq!(period("2026-11-18", "2026-12-02").starts(Interval::Month), [day("2026-11-01"), day("2026-12-01")]);
    }

    #[test]
    fn a_period_that_ends_before_it_begins_is_refused() {
        let error = Period::new(day("2026-01-02"), day("2026-01-01"), Interval::Day).unwrap_err();
        assert_eq!(error.to_string(), "the period ends on 2026-01-01, before it begins on 2026-01-02");
        assert!(Period::new(day("1990-01-01"), day("2026-01-01"), Interval::Day).is_err());
    }
}
