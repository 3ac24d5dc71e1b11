//! Moments, days and zones.
//!
//! A [`Timestamp`] is UTC microseconds. A [`LocalDate`] exists only through a [`Zone`]: a shop has
//! one, and its days begin there.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that names no moment, day or zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not an ISO 8601 date and time.
    #[error("`{0}` is not a date and time in ISO 8601")]
    NotATime(String),
    /// Not `YYYY-MM-DD`.
    #[error("`{0}` is not a date of the form YYYY-MM-DD")]
    NotADate(String),
    /// Not a zone of the IANA database.
    #[error("`{0}` is not a time zone of the IANA database, such as Asia/Shanghai")]
    NotAZone(String),
}

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment this many microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The moment this many seconds after the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Later by this many microseconds (earlier if negative), saturating.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this moment, negative when it lies after.
    pub const fn micros_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads ISO 8601: with an offset (`2026-01-02T03:04:05.678+08:00`, `…Z`), or without one, taken
    /// as UTC; a date alone is its first moment in UTC.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(moment.timestamp_micros()));
        }
        parse_naive(text)
            .map(|moment| Self(moment.and_utc().timestamp_micros()))
            .ok_or_else(|| TimeError::NotATime(text.chars().take(64).collect()))
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

/// Reads a date and time without an offset, in the forms exports use.
fn parse_naive(text: &str) -> Option<NaiveDateTime> {
    const FORMS: [&str; 5] =
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f%#z"];
    FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many fractional digits as are needed.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// For `#[serde(with = "micros")]`: a timestamp as a bare number of microseconds.
pub mod micros {
    use super::{Deserialize, Deserializer, Serializer, Timestamp};

    /// Writes the number of microseconds.
    pub fn serialize<S: Serializer>(moment: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_i64(moment.0)
    }

    /// Reads the number of microseconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(input).map(Timestamp)
    }
}

/// A calendar day in some zone: `2026-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDate(NaiveDate);

impl LocalDate {
    /// The day that many days later (earlier if negative); the calendar's end if there is none.
    pub fn plus_days(self, days: i64) -> Self {
        let moved = if days >= 0 {
            self.0.checked_add_days(Days::new(days.unsigned_abs()))
        } else {
            self.0.checked_sub_days(Days::new(days.unsigned_abs()))
        };
        Self(moved.unwrap_or(if days >= 0 { NaiveDate::MAX } else { NaiveDate::MIN }))
    }

    /// Days from `earlier` to this day, negative when it lies after.
    pub fn days_since(self, earlier: LocalDate) -> i64 {
        (self.0 - earlier.0).num_days()
    }

    /// The Monday of this day's week.
    pub fn week_start(self) -> Self {
        self.plus_days(-i64::from(self.0.weekday().num_days_from_monday()))
    }

    /// The first day of this day's month.
    pub fn month_start(self) -> Self {
        Self(self.0.with_day(1).unwrap_or(self.0))
    }

    /// The first day of the month after this day's.
    pub fn next_month_start(self) -> Self {
        self.month_start().plus_days(32).month_start()
    }
}

impl fmt::Display for LocalDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for LocalDate {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|date| (1970..=2105).contains(&date.year()))
            .map(Self)
            .ok_or_else(|| TimeError::NotADate(text.chars().take(64).collect()))
    }
}

impl Serialize for LocalDate {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalDate {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A time zone of the IANA database, such as `Asia/Shanghai`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(chrono_tz::Tz::UTC);

    /// The zone's name in the IANA database.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The day in which `moment` falls here.
    pub fn date_of(self, moment: Timestamp) -> LocalDate {
        LocalDate(moment.utc().with_timezone(&self.0).date_naive())
    }

    /// The first moment of `day` here. Where a clock change swallows midnight, the moment just after it.
    pub fn start_of(self, day: LocalDate) -> Timestamp {
        let midnight = day.0.and_hms_opt(0, 0, 0).unwrap_or_default();
        self.moment_of(midnight)
    }

    /// Reads a wall-clock time of this zone (`2010-12-01 08:26:00`); one with an offset keeps its own.
    pub fn parse(self, text: &str) -> Result<Timestamp, TimeError> {
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Timestamp(moment.timestamp_micros()));
        }
        parse_naive(text)
            .map(|wall| self.moment_of(wall))
            .ok_or_else(|| TimeError::NotATime(text.chars().take(64).collect()))
    }

    /// The moment at which this zone's clocks show `wall_micros`, counted as if from the epoch in UTC.
    /// The earlier of two when clocks go back.
    pub fn from_wall_micros(self, wall_micros: i64) -> Timestamp {
        self.moment_of(Timestamp(wall_micros).utc().naive_utc())
    }

    fn moment_of(self, wall: NaiveDateTime) -> Timestamp {
        let mut candidate = wall;
        // Clock changes skip at most a few hours; step over the gap by quarter hours.
        for _ in 0..=16 {
            if let Some(moment) = self.0.from_local_datetime(&candidate).earliest() {
                return Timestamp(moment.timestamp_micros());
            }
            candidate += chrono::TimeDelta::minutes(15);
        }
        Timestamp(wall.and_utc().timestamp_micros())
    }
}

impl FromStr for Zone {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse().map(Self).map_err(|_| TimeError::NotAZone(text.chars().take(64).collect()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_as_it_was_written() {
        let moment = Timestamp::parse("2026-01-02T03:04:05.678901+08:00").unwrap();
        assert_eq!(moment.to_string(), "2026-01-01T19:04:05.678901Z");
        assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
        assert_eq!(Timestamp::parse("2010-12-01 08:26:00").unwrap().to_string(), "2010-12-01T08:26:00Z");
        assert!(Timestamp::parse("yesterday").is_err());
    }

    #[test]
    fn a_day_begins_where_the_shop_is() {
        let zone: Zone = "Asia/Shanghai".parse().unwrap();
        let late_evening = Timestamp::parse("2026-03-01T17:00:00Z").unwrap();
        assert_eq!(zone.date_of(late_evening).to_string(), "2026-03-02");
        assert_eq!(zone.start_of("2026-03-02".parse().unwrap()).to_string(), "2026-03-01T16:00:00Z");
    }

    #[test]
    fn a_midnight_that_clocks_skip_begins_an_hour_later() {
        // Brazil moved its clocks forward at midnight of 2018-11-04.
        let zone: Zone = "America/Sao_Paulo".parse().unwrap();
        assert_eq!(zone.start_of("2018-11-04".parse().unwrap()).to_string(), "2018-11-04T03:00:00Z");
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let day: LocalDate = "2026-11-22".parse().unwrap();
        assert_eq!(day.week_start().to_string(), "2026-11-16");
        assert_eq!(day.month_start().to_string(), "2026-11-01");
        assert_eq!(day.next_month_start().to_string(), "2026-12-01");
        assert_eq!(day.next_month_start().next_month_start().to_string(), "2027-01-01");
    }
}
