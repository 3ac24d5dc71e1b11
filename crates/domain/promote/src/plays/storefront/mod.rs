//! What a page shows a shopper of plays, and what it lets them do: by the shopper's token alone, with prices of the
//! catalogue, and never so that one shopper keeps what others want.
//!
//! A page may be opened by whoever has its link, so nothing in it says who anybody is.

pub(crate) mod assist_along;
pub(crate) mod bargain_along;
pub(crate) mod check_in_along;
pub(crate) mod contest_along;
pub(crate) mod draw_along;
pub(crate) mod quiz_along;
pub(crate) mod routes;
pub(crate) mod share_along;
pub(crate) mod show_bargain;
pub(crate) mod show_group;
pub(crate) mod show_play;
mod store;
pub(crate) mod take_seat;
pub(crate) mod tasks_along;
pub(crate) mod vote_along;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fanvine_kernel::{Code, Problem, Timestamp};

pub use assist_along::{FriendState, ShownAssist, ShownRung};
pub use contest_along::ShownContest;
pub use draw_along::ShownLottery;
pub use share_along::ShownSharing;
pub use show_bargain::ShownBargain;
pub use show_group::ShownGroup;
pub use show_play::{ShownPlay, ShownProduct, ShownRules};

/// Orders of one shopper in one play that are reserved and not paid, at most.
const MOST_UNPAID: usize = 2;
/// Orders of one shopper in one play that were let lapse within a day; past that they are believed no more that day.
const MOST_LAPSED: usize = 5;
/// Memberships that are looked at for that.
const LOOKED_AT: u32 = 40;
const DAY: i64 = 86_400_000_000;

/// How often one shopper may do something, in a minute.
const MOST_A_MINUTE: u32 = 20;
const MINUTE: i64 = 60_000_000;

/// Counts what each shopper does within a minute. In memory: it shields the store from haste, the durable limits are the
/// ledger's.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    done: HashMap<String, u32>,
}

impl Pace {
    /// One more thing that a shopper does now.
    pub fn count(&self, shopper: &str, now: Timestamp) -> Result<(), Problem> {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.micros().div_euclid(MINUTE);
        if minute.number != number {
            *minute = Minute { number, done: HashMap::new() };
        }
        let done = minute.done.entry(shopper.to_owned()).or_default();
        *done += 1;
        if *done <= MOST_A_MINUTE {
            return Ok(());
        }
        let left = (number + 1) * MINUTE - now.micros();
        let says = format!("a shopper may do {MOST_A_MINUTE} things a minute");
        Err(Problem::new(Code::TooManyAttempts, says).retry_after(u32::try_from(left / 1_000_000 + 1).unwrap_or(60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_too_fast_waits_for_the_next_minute_and_nobody_else_does() {
        let (pace, now) = (Pace::default(), Timestamp::from_micros(90 * 1_000_000));
        for _ in 0..MOST_A_MINUTE {
            pace.count("ann", now).unwrap();
        }
        let refused = pace.count("ann", now).unwrap_err();
        assert_eq!((refused.code, refused.retry_after_s), (Code::TooManyAttempts, Some(31)));
        pace.count("bob", now).unwrap();
        pace.count("ann", now.plus_micros(MINUTE)).unwrap();
    }
}
