//! The shop's days as seconds, for walks that put events into them.

use fanvine_kernel::{LocalDate, Timestamp, Zone};

/// Consecutive intervals, each beginning where the one before ends: days, weeks or months of the shop's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// Where each begins, and where the last ends: seconds since 1970.
    bounds: Vec<u32>,
    /// About how long they are, so that the place of a moment is nearly known: seconds, never 0.
    about: u32,
}

impl Days {
    /// The intervals that begin on these days; the last day is where the last one ends.
    pub fn of(zone: Zone, starts: impl IntoIterator<Item = LocalDate>) -> Self {
        Self::of_moments(starts.into_iter().map(|day| zone.start_of(day)))
    }

    /// The intervals that begin at these moments, in order; the last moment is where the last one ends.
    pub fn of_moments(starts: impl IntoIterator<Item = Timestamp>) -> Self {
        // What lies before 1970 or after 2106 is at the nearest end, as events are.
        let second = |at: Timestamp| at.micros().div_euclid(1_000_000).clamp(0, u32::MAX.into()) as u32;
        let bounds: Vec<u32> = starts.into_iter().map(second).collect();
        let span = bounds.last().zip(bounds.first()).map_or(0, |(last, first)| last - first);
        let about = (span / bounds.len().saturating_sub(1).max(1) as u32).max(1);
        Self { bounds, about }
    }

    /// How many intervals there are.
    pub fn len(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The interval in which a second lies.
    #[inline]
    pub fn place(&self, at_s: u32) -> Option<usize> {
        let first = *self.bounds.first()?;
        let mut place = (at_s.checked_sub(first)? / self.about) as usize;
        // Days are an hour longer or shorter twice a year, months by days: the true place is close by.
        place = place.min(self.len());
        while place > 0 && self.bounds.get(place).is_none_or(|start| *start > at_s) {
            place -= 1;
        }
        while self.bounds.get(place + 1).is_some_and(|end| *end <= at_s) {
            place += 1;
        }
        (place < self.len()).then_some(place)
    }

    /// When an interval begins.
    pub fn start(&self, place: usize) -> Option<u32> {
        self.bounds.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_lies_in_the_day_on_which_clocks_show_it() {
        // The clocks of Berlin go forward on 29 March 2026 and back on 25 October.
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let first: LocalDate = "2026-03-01".parse().unwrap();
        let days = Days::of(zone, (0..=300).map(|day| first.plus_days(day)));
        assert_eq!(days.len(), 300);
        let begins = days.start(0).unwrap();
        for at in (begins..days.start(300).unwrap()).step_by(1_777) {
            let day = zone.date_of(Timestamp::from_seconds(at.into()));
            assert_eq!(days.place(at), usize::try_from(day.days_since(first)).ok(), "{at}");
        }
        assert_eq!((days.place(begins - 1), days.place(days.start(300).unwrap())), (None, None));
        assert_eq!(days.place(begins), Some(0));
    }

    #[test]
    fn months_of_any_length_are_told_apart() {
        let starts = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"].map(|day| day.parse().unwrap());
        let months = Days::of(Zone::UTC, starts);
        for (day, month) in [(0, 0), (30, 0), (31, 1), (58, 1), (59, 2), (89, 2)] {
            assert_eq!(months.place(months.start(0).unwrap() + day * 86_400 + 86_399), Some(month), "{day}");
        }
        assert_eq!(months.place(months.start(0).unwrap() + 90 * 86_400), None);
    }
}
