//! When to look at whom again because time passes. To the second, and one moment a person: the soonest of all their rules.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fanvine_kernel::Timestamp;

/// No moment.
const NEVER: u32 = u32::MAX;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    /// By the number of the person's first key.
    due: Vec<u32>,
    /// What was set; an entry counts while `due` says the same.
    waiting: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Timers {
    /// Has a person, by their first key, looked at again at `until`. Where only some of their rules were asked, the sooner
    /// moment counts; `all` says that there is none but this.
    pub(crate) fn wake(&mut self, number: u32, until: Option<Timestamp>, all: bool) {
        let (second, before) = (second(until), self.due.get(number as usize).copied().unwrap_or(NEVER));
        if second < before || (all && second != before) {
            self.put(number, second);
        }
    }

    fn put(&mut self, number: u32, second: u32) {
        let place = number as usize;
        if self.due.len() <= place {
            self.due.resize(place + 1, NEVER);
        }
        self.due.iter_mut().skip(place).take(1).for_each(|due| *due = second);
        if second != NEVER {
            self.waiting.push(Reverse((second, number)));
        }
    }

    /// Whose moment has come, at most so many.
    pub(crate) fn take_due(&mut self, now: Timestamp, most: usize) -> Vec<u32> {
        let now = now.micros().div_euclid(1_000_000);
        let mut due = Vec::new();
        while due.len() < most
            && let Some(Reverse((second, number))) =
                self.waiting.peek().copied().filter(|next| i64::from(next.0.0) <= now)
        {
            self.waiting.pop();
            if let Some(set) = self.due.get_mut(number as usize).filter(|set| **set == second) {
                *set = NEVER;
                due.push(number);
            }
        }
        due
    }
}

/// The first whole second at which the moment has come.
fn second(until: Option<Timestamp>) -> u32 {
    let seconds = until.map(|until| until.micros().div_euclid(1_000_000) + i64::from(until.micros() % 1_000_000 != 0));
    seconds.map_or(NEVER, |seconds| u32::try_from(seconds.max(0)).unwrap_or(NEVER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    #[test]
    fn somebody_is_looked_at_once_when_the_soonest_of_their_moments_has_come() {
        let mut timers = Timers::default();
        timers.wake(3, Some(at(9_000)), false);
        timers.wake(3, Some(at(4_001)), false);
        timers.wake(3, Some(at(7_000)), false);
        timers.wake(1, Some(at(6_000)), false);
        timers.wake(2, None, false);
        assert_eq!(timers.take_due(at(4_900), 9), [0; 0], "rounded up to the second");
        assert_eq!(timers.take_due(at(5_000), 9), [3]);
        assert_eq!(timers.take_due(at(99_000), 9), [1], "later moments were one with the soonest");
        timers.wake(3, Some(at(100_000)), true);
        timers.wake(3, Some(at(120_000)), true);
        assert_eq!(timers.take_due(at(110_000), 9), [0; 0]);
        assert_eq!(timers.take_due(at(120_000), 9), [3]);
    }
}
