//! How often somebody may try to sign in: a few times at once, then slowly, per e-mail and per client.
//!
//! Each key has an allowance of `burst` attempts that grows back one by one (the generic cell rate
//! algorithm: one moment per key says it all). The memory is bounded; a key that has its whole allowance
//! back is as good as forgotten. A successful sign-in gives its attempt back.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;

use fanvine_kernel::Timestamp;

use crate::ClientAddress;
use crate::secret::Fingerprint;

const SECOND: i64 = 1_000_000;
const PER_EMAIL: Allowance = Allowance { burst: 10, every: 30 * SECOND };
const PER_CLIENT: Allowance = Allowance { burst: 30, every: 5 * SECOND };
/// Most keys remembered of each kind.
const MOST_KEYS: usize = 10_000;

/// So many at once, then one more in each span of `every` microseconds.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    burst: i64,
    every: i64,
}

/// Attempts by key. Each key's moment is when its allowance will be whole again.
struct Buckets<K> {
    allowance: Allowance,
    most: usize,
    whole_at: HashMap<K, Timestamp>,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    fn new(allowance: Allowance, most: usize) -> Self {
        Self { allowance, most, whole_at: HashMap::new() }
    }

    /// Counts one attempt, or says in how many seconds it would be heard.
    fn take(&mut self, key: &K, now: Timestamp) -> Result<(), u32> {
        let Allowance { burst, every } = self.allowance;
        // A clock that was set back must not make anybody wait longer than the whole allowance.
        let latest = now.plus_micros(burst * every);
        let whole_at = self.whole_at.get(key).map_or(now, |moment| (*moment).clamp(now, latest));
        let wait = whole_at.micros_since(now) - (burst - 1) * every;
        if wait > 0 {
            return Err(u32::try_from((wait + SECOND - 1) / SECOND).unwrap_or(u32::MAX));
        }
        if !self.whole_at.contains_key(key) {
            self.make_room(now);
        }
        self.whole_at.insert(key.clone(), whole_at.plus_micros(every));
        Ok(())
    }

    /// Takes back one attempt.
    fn give_back(&mut self, key: &K) {
        if let Some(moment) = self.whole_at.get_mut(key) {
            *moment = moment.plus_micros(-self.allowance.every);
        }
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.whole_at.len() < self.most {
            return;
        }
        self.whole_at.retain(|_, moment| *moment > now);
        if self.whole_at.len() < self.most {
            return;
        }
        // Still full: forget the one that tried least.
        if let Some(key) = self.whole_at.iter().min_by_key(|(_, moment)| **moment).map(|(key, _)| key.clone()) {
            self.whole_at.remove(&key);
        }
    }
}

/// The attempts to sign in.
pub(crate) struct Attempts {
    by_email: Mutex<Buckets<Fingerprint>>,
    by_client: Mutex<Buckets<IpAddr>>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            by_email: Mutex::new(Buckets::new(PER_EMAIL, MOST_KEYS)),
            by_client: Mutex::new(Buckets::new(PER_CLIENT, MOST_KEYS)),
        }
    }
}

/// Whose attempt it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    email: Fingerprint,
    client: IpAddr,
}

impl Attempt {
    /// An attempt for an e-mail (in lower case); all clients without an address count as one.
    pub(crate) fn new(email: &str, from: Option<ClientAddress>) -> Self {
        let client = from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), ClientAddress::network);
        Self { email: Fingerprint::of(email), client }
    }
}

impl Attempts {
    /// Counts an attempt, or says in how many seconds it would be heard. A refused one counts for the client only.
    pub(crate) fn begin(&self, attempt: Attempt, now: Timestamp) -> Result<(), u32> {
        locked(&self.by_client).take(&attempt.client, now)?;
        locked(&self.by_email).take(&attempt.email, now)
    }

    /// The attempt succeeded, so it does not count.
    pub(crate) fn forgive(&self, attempt: Attempt) {
        locked(&self.by_client).give_back(&attempt.client);
        locked(&self.by_email).give_back(&attempt.email);
    }
}

fn locked<K>(buckets: &Mutex<Buckets<K>>) -> std::sync::MutexGuard<'_, Buckets<K>> {
    buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_seconds(1_000);

    fn buckets() -> Buckets<u32> {
        Buckets::new(Allowance { burst: 3, every: 10 * SECOND }, 2)
    }

    #[test]
    fn an_allowance_is_used_up_and_grows_back_one_by_one() {
        let mut buckets = buckets();
        for _ in 0..3 {
            assert_eq!(buckets.take(&1, START), Ok(()));
        }
        assert_eq!(buckets.take(&1, START), Err(10));
        assert_eq!(buckets.take(&2, START), Ok(()), "another key has its own");
        let later = START.plus_micros(10 * SECOND);
        assert_eq!(buckets.take(&1, later), Ok(()));
        assert_eq!(buckets.take(&1, later), Err(10));
    }

    #[test]
    fn a_success_gives_its_attempt_back() {
        let mut buckets = buckets();
        for _ in 0..100 {
            assert_eq!(buckets.take(&1, START), Ok(()));
            buckets.give_back(&1);
        }
    }

    #[test]
    fn a_clock_set_back_makes_nobody_wait_for_the_old_time() {
        let mut buckets = buckets();
        for _ in 0..3 {
            buckets.take(&1, START).unwrap();
        }
        assert_eq!(buckets.take(&1, START.plus_micros(-900 * SECOND)), Err(10));
    }

    #[test]
    fn memory_is_bounded_and_the_busiest_keys_stay() {
        let mut buckets = buckets();
        for _ in 0..3 {
            buckets.take(&1, START).unwrap();
        }
        for key in 2..100 {
            buckets.take(&key, START).unwrap();
            assert!(buckets.whole_at.len() <= 2);
        }
        assert!(buckets.take(&1, START).is_err());
    }

    #[test]
    fn guesses_at_many_accounts_from_one_client_are_limited_too() {
        let attempts = Attempts::default();
        let from = Some(ClientAddress("192.0.2.7".parse().unwrap()));
        let heard = (0..100).filter(|n| attempts.begin(Attempt::new(&format!("{n}@x"), from), START).is_ok()).count();
        assert_eq!(heard, 30);
    }

    proptest! {
        #[test]
        fn no_more_attempts_are_heard_than_the_allowance_permits(gaps in prop::collection::vec(0i64..30, 1..200)) {
            let mut buckets = buckets();
            let mut now = START;
            let mut heard = 0;
            for gap in gaps {
                now = now.plus_micros(gap * SECOND);
                heard += i64::from(buckets.take(&1, now).is_ok());
                prop_assert!(heard <= 3 + now.micros_since(START) / (10 * SECOND));
            }
        }
    }
}
