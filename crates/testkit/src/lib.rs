//! For tests only: a clock and randomness under control, temporary stores, and events by the line.
//!
//! It must never be a normal dependency of anything.

mod ambient;
mod events;
mod stores;

pub use ambient::{FakeClock, FixedEntropy, SeededEntropy};
pub use events::{EventBuilder, track};
pub use stores::{POSTGRES_VARIABLE, TempStore, stores};
