//! How fast one source may send: a bucket of tokens each, one token an event.

use std::sync::{Mutex, PoisonError};

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::SourceId;
use rustc_hash::FxHashMap;

/// A limit in events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// How many events a second, on average.
    pub events_per_s: f64,
    /// How many at once, after a pause.
    pub burst: f64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// The buckets of all sources.
#[derive(Debug)]
pub struct Rates {
    limit: Option<RateLimit>,
    buckets: Mutex<FxHashMap<SourceId, Bucket>>,
}

impl Rates {
    /// Full buckets; none at all without a limit.
    pub fn new(limit: Option<RateLimit>) -> Self {
        Self { limit, buckets: Mutex::default() }
    }

    /// Takes `events` tokens of `source`, or says how many seconds to wait. A request larger than the bucket is let
    /// through when the bucket is full, or it could never be sent; the debt is waited for afterwards.
    pub fn take(&self, source: &SourceId, events: usize, now: Timestamp) -> Result<(), u32> {
        let Some(limit) = self.limit else { return Ok(()) };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(source.clone()).or_insert(Bucket { tokens: limit.burst, at: now });
        let passed_s = now.micros_since(bucket.at).max(0) as f64 / 1e6;
        *bucket = Bucket { tokens: (bucket.tokens + passed_s * limit.events_per_s).min(limit.burst), at: now };
        let wanted = (events as f64).min(limit.burst);
        if bucket.tokens >= wanted {
            bucket.tokens -= events as f64;
            return Ok(());
        }
        let wait_s = (wanted - bucket.tokens) / limit.events_per_s.max(1e-6);
        Err(wait_s.ceil().clamp(1.0, 3_600.0) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> SourceId {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_that_sends_too_fast_waits_and_others_do_not() {
        let rates = Rates::new(Some(RateLimit { events_per_s: 10.0, burst: 20.0 }));
        let start = Timestamp::from_seconds(100);
        assert_eq!(rates.take(&source("src_1"), 20, start), Ok(()));
        assert_eq!(rates.take(&source("src_1"), 15, start), Err(2));
        assert_eq!(rates.take(&source("src_2"), 15, start), Ok(()));
        assert_eq!(rates.take(&source("src_1"), 15, start.plus_micros(1_500_000)), Ok(()));
    }

    #[test]
    fn a_batch_larger_than_the_bucket_passes_a_full_one_and_is_paid_for_afterwards() {
        let rates = Rates::new(Some(RateLimit { events_per_s: 10.0, burst: 20.0 }));
        let start = Timestamp::from_seconds(100);
        assert_eq!(rates.take(&source("src_1"), 50, start), Ok(()));
        assert_eq!(rates.take(&source("src_1"), 1, start.plus_micros(1_000_000)), Err(3));
    }
}
