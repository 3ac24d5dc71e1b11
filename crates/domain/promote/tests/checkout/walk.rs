//! What random walks through plays have in common: their dice, and requests that are cut off somewhere.

use std::sync::Arc;
use std::task::{Context, Waker};

use fanvine_kernel::{Entropy, Problem, Timestamp, Zone};
use fanvine_promote::Promote;
use fanvine_testkit::SeededEntropy;

use super::Shop;

/// Dice of a seed.
pub struct Dice(pub SeededEntropy);

impl Dice {
    pub fn of(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    /// A number below `most`.
    pub fn below(&self, most: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % most.max(1)
    }

    /// Mostly what is new of so many: the old has ended.
    pub fn late(&self, count: usize) -> usize {
        let count = count as u64;
        (count - 1 - self.below(count.min(12))) as usize
    }
}

/// Polls what is done a few times, and drops it wherever it is by then.
pub async fn cut_off(doing: impl Future, turns: u64) {
    let mut doing = Box::pin(doing);
    for _ in 0..turns {
        if doing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// The code of a refusal, which is never the program's own fault.
pub fn code(error: impl Into<Problem>) -> &'static str {
    let problem = error.into();
    assert_ne!(problem.code.status(), 500, "{problem}");
    problem.code.as_str()
}

impl Shop {
    /// Starts anew over the same store.
    pub async fn start_anew(&mut self, seed: u64) {
        let entropy = Arc::new(SeededEntropy::new(seed));
        let promote = Promote::open(self.store.store(), self.clock.clone(), entropy, Zone::UTC).await;
        self.promote = Arc::new(promote.unwrap());
    }

    pub fn now(&self) -> Timestamp {
        fanvine_kernel::Clock::now(self.clock.as_ref())
    }
}
