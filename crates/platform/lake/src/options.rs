//! How a lake is set up.

use std::path::PathBuf;
use std::time::Duration;

use fanvine_kernel::Zone;

/// How a lake is set up. [`LakeOptions::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct LakeOptions {
    /// The folder of its files.
    pub root: PathBuf,
    /// By how many buckets shoppers are spread; fixed once the lake is made.
    pub buckets: u16,
    /// Flush when so many events wait in memory …
    pub flush_rows: usize,
    /// … or so many bytes of them …
    pub flush_bytes: usize,
    /// … or so long after the last flush, if any wait.
    pub flush_interval: Duration,
    /// Compaction makes no file of more events than this.
    pub full_rows: u64,
    /// Events in a row group of a file.
    pub row_group_rows: usize,
    /// Called first on every thread that flushes or compacts: to give it a lower priority, say.
    pub on_upkeep: fn(),
    /// The shop's zone, in which `local_day` and the like reckon.
    pub zone: Zone,
    /// The most memory all running queries may take together, bytes. Sorts and groupings beyond it
    /// spill to disk.
    pub query_memory: usize,
    /// The most disk that spilling may take, bytes.
    pub spill_bytes: u64,
    /// In how many parts a query runs; 0 for as many as there are cores.
    pub query_partitions: usize,
    /// An answer is cut off at about so many bytes of cells.
    pub answer_bytes: usize,
}

impl LakeOptions {
    /// The defaults for a lake in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            buckets: 16,
            flush_rows: 250_000,
            flush_bytes: 64 << 20,
            flush_interval: Duration::from_secs(120),
            full_rows: 16_000_000,
            row_group_rows: 128 << 10,
            on_upkeep: || (),
            zone: Zone::UTC,
            query_memory: 1 << 30,
            spill_bytes: 20 << 30,
            query_partitions: 0,
            answer_bytes: 64 << 20,
        }
    }
}
