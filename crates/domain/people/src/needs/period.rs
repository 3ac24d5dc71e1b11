//! Which days are looked at, and with which they are compared.

use fanvine_kernel::{LocalDate, Timestamp, Zone};
use serde::Deserialize;

use super::NeedsError;

/// The most days of a period.
const MOST_DAYS: i64 = 400;
/// How long somebody may take to buy after all, in days.
const USUAL_WINDOW: u32 = 3;
const MOST_WINDOW: u32 = 30;

/// Days from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub from: LocalDate,
    pub to: LocalDate,
}

/// Which days.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NeedsPeriodQuery {
    /// First day in the shop's zone, `YYYY-MM-DD`; by default 29 days before `to`.
    pub from: Option<String>,
    /// Last day in the shop's zone, included; by default today.
    pub to: Option<String>,
    /// So many days somebody has to buy after all, 1 to 30; 3 if absent. What happened less long ago is not decided, and
    /// counts as no loss yet.
    pub window_days: Option<u32>,
}

impl NeedsPeriodQuery {
    /// Reads it; `now` in `zone` is today.
    pub(crate) fn read(&self, now: Timestamp, zone: Zone) -> Result<(Period, u32), NeedsError> {
        let day = |name, text: &Option<String>| {
            let read = |text: &str| text.parse().map_err(|error| NeedsError::Day { name, error });
            text.as_deref().map(read).transpose()
        };
        let to: LocalDate = day("to", &self.to)?.unwrap_or_else(|| zone.date_of(now));
        let from: LocalDate = day("from", &self.from)?.unwrap_or_else(|| to.plus_days(-29));
        if !(1..=MOST_DAYS).contains(&(to.days_since(from) + 1)) {
            return Err(NeedsError::Period { from, to, most: MOST_DAYS });
        }
        let window = self.window_days.unwrap_or(USUAL_WINDOW);
        if !(1..=MOST_WINDOW).contains(&window) {
            return Err(NeedsError::Number { name: "window_days", value: window, least: 1, most: MOST_WINDOW });
        }
        Ok((Period { from, to }, window))
    }
}

impl Period {
    /// The period just before: whole months before whole months, otherwise as many days; as in the overview.
    pub fn previous(self) -> Self {
        let (after, to) = (self.to.plus_days(1), self.from.plus_days(-1));
        if self.from == self.from.month_start() && after == after.month_start() {
            let (mut from, mut month) = (self.from, self.from);
            while month < after {
                month = month.next_month_start();
                from = from.plus_days(-1).month_start();
            }
            return Self { from, to };
        }
        Self { from: self.from.plus_days(-after.days_since(self.from)), to }
    }

    /// From the first moment to the one behind the last, in seconds since 1970.
    pub fn seconds(self, zone: Zone) -> std::ops::Range<i64> {
        let second = |day| zone.start_of(day).micros().div_euclid(1_000_000);
        second(self.from)..second(self.to.plus_days(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_compared_with_the_one_before() {
        let period = |from: &str, to: &str| Period { from: from.parse().unwrap(), to: to.parse().unwrap() };
        assert_eq!(period("2026-03-01", "2026-03-31").previous(), period("2026-02-01", "2026-02-28"));
        assert_eq!(period("2026-03-02", "2026-03-08").previous(), period("2026-02-23", "2026-03-01"));
        let read = |from: &str, window_days| {
            let query = NeedsPeriodQuery { from: Some(from.into()), window_days, ..NeedsPeriodQuery::default() };
            query.read(Timestamp::parse("2026-03-08T12:00:00Z").unwrap(), Zone::UTC).map(|(period, _)| period)
        };
        assert_eq!(read("2026-03-02", None).unwrap(), period("2026-03-02", "2026-03-08"));
        assert_eq!(
            read("2026-03-09", None).unwrap_err().to_string(),
            "the period is 2026-03-09 to 2026-03-08; expected 1 to 400 days"
        );
        assert_eq!(read("2026-03-02", Some(0)).unwrap_err().to_string(), "window_days is 0; expected 1 to 30");
    }
}
