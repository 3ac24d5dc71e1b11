//! A clock that stands still and randomness that repeats.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use fanvine_kernel::{Clock, Entropy, Timestamp};

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that shows this moment, in ISO 8601.
    ///
    /// # Panics
    /// If `text` is no moment.
    pub fn at(text: &str) -> Self {
        match Timestamp::parse(text) {
            Ok(moment) => Self(AtomicI64::new(moment.micros())),
            Err(error) => panic!("{error}"),
        }
    }

    /// Moves it on.
    pub fn advance_micros(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    /// Sets it.
    pub fn set(&self, moment: Timestamp) {
        self.0.store(moment.micros(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The same byte for ever.
#[derive(Debug)]
pub struct FixedEntropy(pub u8);

impl Entropy for FixedEntropy {
    fn fill(&self, into: &mut [u8]) {
        into.fill(self.0);
    }
}

/// Bytes that look random and repeat with their seed (SplitMix64).
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The sequence of that seed.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut word = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, into: &mut [u8]) {
        for chunk in into.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (mut one, mut two) = ([0u8; 13], [0u8; 13]);
        SeededEntropy::new(7).fill(&mut one);
        SeededEntropy::new(7).fill(&mut two);
        assert_eq!(one, two);
        SeededEntropy::new(8).fill(&mut two);
        assert_ne!(one, two);
    }
}
