//! The days a question is about.

use fanvine_kernel::{Code, LocalDate, Problem, TimeError, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Measure;
use crate::overview::{Interval, Period};

/// Days of the shop's zone, both included.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedPeriod {
    /// First day, `YYYY-MM-DD`; by default 29 days before `to`.
    #[serde(default)]
    pub from: Option<String>,
    /// Last day, `YYYY-MM-DD`, included; by default today.
    #[serde(default)]
    pub to: Option<String>,
}

impl AskedPeriod {
    /// The days meant, if they can be cut by `interval`.
    ///
    /// # Errors
    /// A day cannot be read, or the period is the wrong way round, or too long.
    pub fn read(&self, measure: &Measure, interval: Interval) -> Result<Period, Problem> {
        let today = measure.zone.date_of(measure.clock.now());
        let to = day("to", self.to.as_deref())?.unwrap_or(today);
        let from = day("from", self.from.as_deref())?.unwrap_or(to.plus_days(-29));
        Ok(Period::new(from, to, interval)?)
    }
}

/// A day as a question states it.
///
/// # Errors
/// It is no day.
pub fn day(name: &'static str, text: Option<&str>) -> Result<Option<LocalDate>, Problem> {
    text.map(|text| {
        text.parse::<LocalDate>()
            .map_err(|error: TimeError| Problem::new(Code::InvalidParameter, error.to_string()).at(name))
    })
    .transpose()
}

impl Measure {
    /// When a day begins, and when the day after `to` does.
    pub fn moments(&self, period: Period) -> (Timestamp, Timestamp) {
        (self.zone.start_of(period.from), self.zone.start_of(period.to.plus_days(1)))
    }
}
