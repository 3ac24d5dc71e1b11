//! Lengths of time: `30 days`, `7 calendar days`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, Zone};

/// A length of time. As text: `30 days`, `7 calendar days`, `1 hour`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// What a length of time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Sixty seconds.
    Minutes,
    /// Sixty minutes.
    Hours,
    /// Twenty-four hours.
    Days,
    /// Days of the shop's zone, of which today is the last: 1 is since midnight.
    CalendarDays,
}

/// A text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time such as `30 days`, `7 calendar days`, `2 hours` or `15 minutes`")]
pub struct SpanError(pub String);

impl Span {
    /// Its length in microseconds; of calendar days, as if none were changed by clocks.
    pub fn micros(self) -> i64 {
        let minutes: i64 = match self.unit {
            Unit::Minutes => 1,
            Unit::Hours => 60,
            Unit::Days | Unit::CalendarDays => 24 * 60,
        };
        i64::from(self.count).saturating_mul(minutes * 60_000_000)
    }

    /// The first `now` of which `moment` is no longer within the last so long.
    pub fn ends(self, moment: Timestamp, zone: Zone) -> Timestamp {
        match self.unit {
            Unit::CalendarDays => zone.start_of(zone.date_of(moment).plus_days(i64::from(self.count))),
            _ => moment.plus_micros(self.micros()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Minutes => "minute",
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::CalendarDays => "calendar day",
        };
        write!(out, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

impl FromStr for Span {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let refused = || SpanError(text.chars().take(64).collect());
        let (count, unit) = text.trim().split_once(' ').ok_or_else(refused)?;
        let unit = match unit.trim_start() {
            "minute" | "minutes" => Unit::Minutes,
            "hour" | "hours" => Unit::Hours,
            "day" | "days" => Unit::Days,
            "calendar day" | "calendar days" => Unit::CalendarDays,
            _ => return Err(refused()),
        };
        Ok(Self { count: count.parse().map_err(|_| refused())?, unit })
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;
    fn try_from(text: String) -> Result<Self, SpanError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_reads_back_as_it_is_written() {
        for text in ["1 minute", "2 hours", "30 days", "1 calendar day", "7 calendar days"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert!("30".parse::<Span>().is_err() && "-1 days".parse::<Span>().is_err());
        assert_eq!(Span { count: u32::MAX, unit: Unit::Days }.micros(), i64::MAX);
    }

    #[test]
    fn a_calendar_day_ends_at_the_shops_midnight() {
        let zone: Zone = "Asia/Shanghai".parse().unwrap();
        let noon = zone.parse("2026-03-01 12:00:00").unwrap();
        let ends = |text: &str| text.parse::<Span>().unwrap().ends(noon, zone);
        assert_eq!(ends("1 calendar day"), zone.parse("2026-03-02 00:00:00").unwrap());
        assert_eq!(ends("7 calendar days"), zone.parse("2026-03-08 00:00:00").unwrap());
        assert_eq!(ends("1 day"), zone.parse("2026-03-02 12:00:00").unwrap());
    }
}
