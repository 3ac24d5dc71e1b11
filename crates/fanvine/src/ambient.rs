//! The real clock and the real randomness: the only place that reaches for either.

use fanvine_kernel::{Clock, Entropy, Timestamp};

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the ambient clock enters the program")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's source of randomness, by way of a generator seeded from it.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is where ambient randomness enters the program")]
    fn fill(&self, into: &mut [u8]) {
        rand::Rng::fill_bytes(&mut rand::rng(), into);
    }
}
