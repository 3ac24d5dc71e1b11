//! Merging runs: size tiers, four to one, a shard's worth of keys at a time so that newer keys never wait long.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::run::{Run, RunReader, RunWriter};
use crate::disk::Disk;

/// So many runs of one tier become one run of the next.
const FAN_IN: usize = 4;
/// At most so many are merged at once.
const MOST_INPUTS: usize = 8;
/// Larger runs are left as they are: while a merge runs, its inputs' filters and its output's are both in memory.
const LARGEST_INPUT_KEYS: u64 = 1 << 22;
const SMALLEST_TIER_KEYS: u64 = 4096;
const STEP_KEYS: usize = 1 << 18;

fn tier(run: &Run) -> u32 {
    (run.keys / SMALLEST_TIER_KEYS + 1).ilog(FAN_IN as u64)
}

/// The runs that should be merged next: the smallest tier that is full.
pub(crate) fn due(runs: &[Arc<Run>]) -> Option<Vec<Arc<Run>>> {
    let small = || runs.iter().filter(|run| run.keys < LARGEST_INPUT_KEYS);
    let mut tiers: Vec<u32> = small().map(|run| tier(run)).collect();
    tiers.sort_unstable();
    let full = tiers.chunk_by(|a, b| a == b).find(|same| same.len() >= FAN_IN)?[0];
    Some(small().filter(|run| tier(run) == full).take(MOST_INPUTS).cloned().collect())
}

/// A merge under way.
pub(crate) struct Merge {
    pub(crate) inputs: Vec<Arc<Run>>,
    heads: Vec<(Option<u128>, RunReader)>,
    output: RunWriter,
}

impl Merge {
    pub(crate) fn start(disk: &Disk, inputs: Vec<Arc<Run>>, output: PathBuf) -> io::Result<Self> {
        let heads = inputs.iter().map(|run| {
            let mut reader = run.reader()?;
            Ok((reader.next()?, reader))
        });
        let heads = heads.collect::<io::Result<_>>()?;
        Ok(Merge { heads, inputs, output: RunWriter::create(disk, output)? })
    }

    pub(crate) fn output_path(&self) -> PathBuf {
        self.output.path().to_owned()
    }

    /// Merges some more keys; true when none are left.
    pub(crate) fn step(&mut self) -> io::Result<bool> {
        for _ in 0..STEP_KEYS {
            let smallest = self.heads.iter_mut().filter(|(key, _)| key.is_some()).min_by_key(|(key, _)| *key);
            let Some((key, reader)) = smallest else { return Ok(true) };
            if let Some(key) = *key {
                self.output.push(key)?;
            }
            *key = reader.next()?;
        }
        Ok(false)
    }

    pub(crate) fn finish(self) -> io::Result<Run> {
        self.output.finish()
    }
}
