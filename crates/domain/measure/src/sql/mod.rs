//! Free questions: read-only SQL over the event store and the tables beside it.

pub mod ask;
pub mod export;
pub mod schema;

use std::time::Duration;

/// How much a query may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most rows in a JSON answer.
    pub rows: usize,
    /// Longest run.
    pub timeout: Duration,
}
