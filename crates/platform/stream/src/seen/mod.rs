//! The index of seen keys: exact and for ever.
//!
//! The newest keys are in a hash table. A full table is frozen and written by a thread of its own as a sorted run
//! with filters; runs are merged four to one by size. A manifest says which runs count and up to which offset of the
//! log they cover it, so a restart reads only the log's tail. Trimming the log does not touch the runs: for records
//! that are gone they are the only witness.
//!
//! Memory, worst case: five tables of 196,608 keys (4.5 MB each; one when the thread keeps up) and about 9.5 bits a
//! key in runs (measured: 6 MB for 5 million), so 100 million keys take about 125 MB. A merge adds 12 MB and its output's
//! filters while it runs; runs of more than 4 million keys are not merged, so that is 30 MB at most.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::SyncSender;

use crate::disk::Disk;
use crate::error::LogError;

mod keeper;
mod manifest;
mod merge;
mod run;

use keeper::{Job, Keeper, KeeperHandle, Report};
pub(crate) use manifest::{MANIFEST, Manifest, replace_file};
use run::Run;

/// Frozen tables that may wait to be written before appends have to wait too.
const MOST_FROZEN: usize = 4;

/// Senders choose the names that keys are made of: the hash has a secret of its own, so that they cannot choose where keys
/// meet.
type Keys = HashSet<u128, foldhash::quality::RandomState>;

fn new_table(keys: usize) -> Keys {
    Keys::with_capacity_and_hasher(keys, foldhash::quality::RandomState::default())
}

/// A table that takes no more keys. It holds keys of records before `upto`.
#[derive(Debug)]
pub(crate) struct Frozen {
    keys: Keys,
    upto: u64,
}

/// What was found on disk.
pub(crate) struct Found {
    pub(crate) manifest: Manifest,
    runs: Vec<Arc<Run>>,
}

/// Reads the manifest and opens its runs. An unusable index is begun anew if `log_start` is 0, where the log still has
/// every key; otherwise it is an error, as exactness would be lost.
pub(crate) fn find(dir: &Path, log_start: u64) -> Result<Found, LogError> {
    let opened = Manifest::load(dir).and_then(|manifest| {
        let Some(manifest) = manifest else { return Ok(None) };
        let runs = manifest.runs.iter().map(|name| Run::open(&dir.join(name)).map(Arc::new));
        let runs = runs.collect::<io::Result<Vec<_>>>()?;
        Ok(Some(Found { manifest, runs }))
    });
    let detail = match opened {
        Ok(Some(found)) if found.manifest.covered >= log_start => return Ok(found),
        Ok(Some(found)) => format!("it covers the log up to {}", found.manifest.covered),
        Ok(None) if log_start == 0 => String::new(),
        Ok(None) => "it has no manifest".to_owned(),
        Err(error) => error.to_string(),
    };
    if log_start > 0 {
        return Err(LogError::SeenLost { dir: dir.to_owned(), start: log_start, detail });
    }
    if !detail.is_empty() {
        tracing::warn!(dir = %dir.display(), detail, "the index of seen keys is unusable and is rebuilt from the log");
    }
    Ok(Found { manifest: Manifest::default(), runs: Vec::new() })
}

/// The index as the writer thread uses it.
pub(crate) struct Seen {
    recent: Keys,
    frozen: VecDeque<Arc<Frozen>>,
    runs: Vec<Arc<Run>>,
    keeper: KeeperHandle,
    table_keys: usize,
    /// The keeper could not write the last table and waits to be told to try again.
    stalled: bool,
}

impl Seen {
    /// `covered` is kept up to date with what the runs cover durably.
    pub(crate) fn start(
        dir: &Path,
        disk: Disk,
        found: Found,
        covered: Arc<AtomicU64>,
        table_keys: usize,
    ) -> io::Result<Seen> {
        let runs = found.runs.clone();
        let keeper = Keeper::new(dir.to_owned(), disk, found.manifest, found.runs, covered).spawn()?;
        let recent = new_table(table_keys);
        Ok(Seen { recent, frozen: VecDeque::new(), runs, keeper, table_keys: table_keys.max(1), stalled: false })
    }

    /// Which of these keys belong to records that are durable already.
    pub(crate) fn known(&mut self, keys: &[u128]) -> io::Result<Vec<bool>> {
        self.absorb();
        let mut known: Vec<bool> =
            keys.iter().map(|k| self.recent.contains(k) || self.frozen.iter().any(|f| f.keys.contains(k))).collect();
        if !self.runs.is_empty() {
            let hashes: Vec<u64> = keys.iter().map(|k| run::filter_hash(*k)).collect();
            // Run by run rather than key by key: the filters' cache misses overlap.
            for run in &self.runs {
                run.mark(keys, &hashes, &mut known)?;
            }
        }
        Ok(known)
    }

    /// Adds a key; false if this table has it (a repetition within one group).
    pub(crate) fn admit(&mut self, key: u128) -> bool {
        self.recent.insert(key)
    }

    /// Takes back a key whose record was not stored after all.
    pub(crate) fn forget(&mut self, key: u128) {
        self.recent.remove(&key);
    }

    /// To be called when all admitted keys are durable in the log, which ends at `end`.
    pub(crate) fn settled(&mut self, end: u64) {
        if self.recent.len() >= self.table_keys {
            self.freeze(end);
        }
    }

    fn freeze(&mut self, upto: u64) {
        let keys = std::mem::replace(&mut self.recent, new_table(self.table_keys));
        let frozen = Arc::new(Frozen { keys, upto });
        self.frozen.push_back(Arc::clone(&frozen));
        self.keeper.send(Job::Write(frozen));
    }

    /// Has everything up to `end` written to runs; the answer goes to `done`.
    pub(crate) fn checkpoint(&mut self, end: u64, done: SyncSender<Result<(), LogError>>) {
        if !self.recent.is_empty() {
            self.freeze(end);
        }
        self.keeper.send(Job::Checkpoint(done));
    }

    /// Waits until another table may be frozen. An error when the tables cannot be written.
    pub(crate) fn make_room(&mut self) -> io::Result<()> {
        self.absorb();
        if self.stalled {
            self.stalled = false;
            self.keeper.send(Job::Retry);
        }
        while self.frozen.len() >= MOST_FROZEN {
            match self.keeper.wait() {
                Some(Report::Stalled(error)) => {
                    self.stalled = true;
                    return Err(error);
                }
                Some(report) => self.take_in(report),
                None => return Err(io::Error::other("the thread that keeps the index of seen keys ended")),
            }
        }
        Ok(())
    }

    fn absorb(&mut self) {
        while let Some(report) = self.keeper.poll() {
            self.take_in(report);
        }
    }

    fn take_in(&mut self, report: Report) {
        match report {
            Report::Runs { runs, upto } => {
                self.runs = runs;
                self.frozen.retain(|f| f.upto > upto);
            }
            Report::Stalled(error) => {
                tracing::warn!(%error, "a run of seen keys could not be written; it will be tried again");
                self.stalled = true;
            }
        }
    }

    /// Ends the keeper, recording that the log ends at `end`.
    pub(crate) fn stop(self, end: u64) {
        self.keeper.stop(end);
    }
}
