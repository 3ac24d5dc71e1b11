//! When something is due: by the hour, the day, the week or the month of the shop's zone, and not while it is quiet.

use fanvine_kernel::{LocalDate, Problem, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::reporting::wrong;

/// When something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// How often.
    #[serde(default)]
    pub every: Every,
    /// At which hour of the day, 0 to 23; not by the hour. By default 8.
    #[serde(default = "eight")]
    pub hour: u32,
    /// Hours of the day in which nothing is done; what would be due then is due at their end.
    #[serde(default)]
    pub quiet: Option<Quiet>,
}

fn eight() -> u32 {
    8
}

impl Default for Schedule {
    fn default() -> Self {
        Self { every: Every::Day, hour: eight(), quiet: None }
    }
}

/// How often something is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// At the beginning of every hour.
    Hour,
    /// Every day.
    #[default]
    Day,
    /// Every Monday.
    Week,
    /// Every first of a month.
    Month,
}

/// Hours of the day, from the beginning of one to the beginning of the other; over midnight if the second is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// From this hour on, 0 to 23 …
    pub from: u32,
    /// … until that, 0 to 23.
    pub to: u32,
}

impl Quiet {
    fn holds(self, hour: u32) -> bool {
        if self.from < self.to { (self.from..self.to).contains(&hour) } else { hour >= self.from || hour < self.to }
    }
}

const HOUR: i64 = 3_600_000_000;

/// The moment when the clocks of `zone` show that hour of the day.
fn at(zone: Zone, day: LocalDate, hour: u32) -> Timestamp {
    let day = Zone::UTC.start_of(day);
    zone.from_wall_micros(day.micros() + i64::from(hour) * HOUR)
}

/// The hour that the clocks of `zone` show. Days with a clock change have an hour more or less.
fn hour_of(zone: Zone, moment: Timestamp) -> u32 {
    let day = zone.date_of(moment);
    (0..24).rev().find(|hour| at(zone, day, *hour) <= moment).unwrap_or(0)
}

impl Schedule {
    /// # Errors
    /// An hour is none, or all hours are quiet.
    pub fn check(&self, under: &str) -> Result<(), Problem> {
        let hour = |hour: u32, name: &str| match hour {
            0..=23 => Ok(()),
            _ => Err(wrong(format!("`{name}` is {hour}; hours are 0 to 23"), format!("{under}.{name}"))),
        };
        hour(self.hour, "hour")?;
        if let Some(quiet) = self.quiet {
            hour(quiet.from, "quiet.from")?;
            hour(quiet.to, "quiet.to")?;
            if quiet.from == quiet.to {
                return Err(wrong(format!("it is never quiet from {0} to {0}", quiet.from), format!("{under}.quiet")));
            }
        }
        Ok(())
    }

    /// When it is due after `now`.
    pub fn after(&self, now: Timestamp, zone: Zone) -> Timestamp {
        let today = zone.date_of(now);
        let due = match self.every {
            Every::Hour => Timestamp::from_micros((now.micros().div_euclid(HOUR) + 1) * HOUR),
            Every::Day => self.first(now, zone, today, |day| day.plus_days(1)),
            Every::Week => self.first(now, zone, today.week_start(), |day| day.plus_days(7)),
            Every::Month => self.first(now, zone, today.month_start(), LocalDate::next_month_start),
        };
        match self.quiet {
            Some(quiet) if quiet.holds(hour_of(zone, due)) => {
                let day = zone.date_of(due);
                let end = at(zone, day, quiet.to);
                if end > due { end } else { at(zone, day.plus_days(1), quiet.to) }
            }
            _ => due,
        }
    }

    fn first(&self, now: Timestamp, zone: Zone, day: LocalDate, next: impl Fn(LocalDate) -> LocalDate) -> Timestamp {
        let due = at(zone, day, self.hour);
        if due > now { due } else { at(zone, next(day), self.hour) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn due(schedule: Schedule, now: &str) -> String {
        schedule.after(moment(now), "Asia/Shanghai".parse().unwrap()).to_string()
    }

    fn every(every: Every) -> Schedule {
        Schedule { every, ..Schedule::default() }
    }

    #[test]
    fn hours_days_weeks_and_months_are_those_of_the_shop() {
        // 10:30 in Shanghai, a Sunday.
        let now = "2026-11-22T02:30:00Z";
        assert_eq!(due(every(Every::Hour), now), "2026-11-22T03:00:00Z");
        assert_eq!(due(every(Every::Day), now), "2026-11-23T00:00:00Z");
        assert_eq!(due(every(Every::Week), now), "2026-11-23T00:00:00Z");
        assert_eq!(due(every(Every::Month), now), "2026-12-01T00:00:00Z");
        assert_eq!(due(every(Every::Day), "2026-11-21T23:59:00Z"), "2026-11-22T00:00:00Z");
    }

    #[test]
    fn what_is_due_while_it_is_quiet_is_due_at_its_end() {
        let night = Schedule { quiet: Some(Quiet { from: 22, to: 7 }), ..every(Every::Hour) };
        // 21:30 in Shanghai: at 22 it is quiet, until 7 of the next day.
        assert_eq!(due(night, "2026-11-22T13:30:00Z"), "2026-11-22T23:00:00Z");
        // 3:10 in Shanghai.
        assert_eq!(due(night, "2026-11-22T19:10:00Z"), "2026-11-22T23:00:00Z");
        assert_eq!(due(night, "2026-11-22T02:30:00Z"), "2026-11-22T03:00:00Z");
        assert!(Schedule { hour: 24, ..night }.check("schedule").is_err());
    }
}
