//! What the outside world supplies: the time of day and randomness.
//!
//! Decisions take both as arguments, so that a test can replay any of them. Only the binary
//! implements these traits with the real thing.

use crate::time::Timestamp;

/// Tells the time. Handed in, never reached for.
pub trait Clock: Send + Sync {
    /// The present moment, UTC.
    fn now(&self) -> Timestamp;
}

/// Supplies unpredictable bytes, fit for keys and tokens.
pub trait Entropy: Send + Sync {
    /// Overwrites every byte of `into`.
    fn fill(&self, into: &mut [u8]);
}
