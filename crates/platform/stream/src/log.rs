//! The log as its users hold it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Acquire};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{oneshot, watch};

use crate::disk::Disk;
use crate::error::{AppendError, LogError};
use crate::frame::Encoder;
use crate::queue::{Queue, Reply};
use crate::read::{self, Batch, Cursors};
use crate::records::Records;
use crate::recovery::{self, Tail};
use crate::seen::{self, Seen};
use crate::segment::{Active, Cut, Segment, Segments};
use crate::writer::Writer;

/// What became of a record. Either way it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Stored.
    New {
        /// Its place in the log.
        offset: u64,
    },
    /// A record with this key was stored before, or earlier in the same call.
    Duplicate,
}

/// Sizes. The defaults suit a shop on one machine.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// A segment file is closed when the next frame would make it longer, in bytes. Trimming drops whole segments.
    pub segment_bytes: u64,
    /// The most that may wait or be under way, in bytes (20 bytes a record included); more is answered `Busy`.
    pub queue_bytes: usize,
    /// The most one group commit, and so one append call, may hold, in bytes (20 bytes a record included).
    pub group_bytes: usize,
    /// Space filled with zeros ahead of small frames, in bytes; 0 fills none.
    pub ahead_bytes: u64,
    /// Keys held in memory before they are written as a run.
    pub table_keys: usize,
}

impl Default for LogOptions {
    fn default() -> Self {
        LogOptions {
            segment_bytes: 64 << 20,
            queue_bytes: 64 << 20,
            group_bytes: 4 << 20,
            ahead_bytes: 1 << 20,
            table_keys: 196_608,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    /// The next offset to be written; everything before is durable.
    pub(crate) end: u64,
    pub(crate) closed: bool,
}

/// What the writer thread and the users of the log both see.
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) segments: Segments,
    pub(crate) queue: Queue,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) salt: u32,
    pub(crate) cursors: Cursors,
    /// Up to where the runs of seen keys cover the log.
    covered: Arc<AtomicU64>,
    /// Held while segments are dropped or written anew.
    pub(crate) trimming: Mutex<()>,
}

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) disk: Disk,
    /// Present until closed.
    running: Mutex<Option<(JoinHandle<()>, File)>>,
}

/// A durable, ordered log of records in a folder. Clones share it; the last one dropped closes it.
#[derive(Clone)]
pub struct Log {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("dir", &self.inner.shared.dir).field("end", &self.end()).finish_non_exhaustive()
    }
}

impl Log {
    /// Opens the log in `dir`, creating it if needed. A torn last write is cut off; damage is an error.
    ///
    /// Blocks: it reads the last segment and the keys not yet covered by the index of seen keys.
    pub fn open(dir: &Path, options: LogOptions) -> Result<Log, LogError> {
        Log::open_on(Disk::default(), dir, options)
    }

    pub(crate) fn open_on(disk: Disk, dir: &Path, options: LogOptions) -> Result<Log, LogError> {
        let (records_dir, seen_dir) = (dir.join("segments"), dir.join("seen"));
        recovery::make_dir(&disk, dir)?;
        let lock = recovery::lock(dir)?;
        recovery::make_dir(&disk, &records_dir)?;
        recovery::make_dir(&disk, &seen_dir)?;
        let mut segments = recovery::list(&records_dir)?;
        recovery::sweep(&records_dir, &segments)?;
        let salt = recovery::salt(&disk, dir, segments.is_empty())?;
        let found = seen::find(&seen_dir, segments.first().map_or(0, |s| s.base))?;
        if segments.is_empty() {
            let first = Segment::new(&records_dir, 0, 0);
            disk.create(&first.path).map_err(LogError::io("create", &first.path))?;
            segments.push(Arc::new(first));
        }
        disk.sync_dir(&records_dir).map_err(LogError::io("sync", &records_dir))?;
        let last = Arc::clone(&segments[segments.len() - 1]);
        let Tail { file, len, end } = recovery::tail(&last, salt)?;
        let acknowledged = found.manifest.acknowledged;
        if end < acknowledged {
            let detail = format!("the log ends at offset {end}, but records up to {acknowledged} were acknowledged");
            return Err(LogError::corrupt(&last.path, len, detail));
        }
        let covered = Arc::new(AtomicU64::new(0));
        let from = found.manifest.covered;
        let seen = Seen::start(&seen_dir, disk.clone(), found, Arc::clone(&covered), options.table_keys);
        let seen =
            index_tail(seen.map_err(LogError::io("prepare", &seen_dir))?, &segments, salt, from..end, &seen_dir)?;
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            segments: Segments::new(segments),
            queue: Queue::new(options.queue_bytes, options.group_bytes.min(1 << 30)),
            progress: watch::Sender::new(Progress { end, closed: false }),
            salt,
            cursors: Cursors::default(),
            covered,
            trimming: Mutex::new(()),
        });
        let cut = Cut { segment_bytes: options.segment_bytes, ahead_bytes: options.ahead_bytes };
        let active = Active::new(records_dir, disk.clone(), cut, last, file, len);
        let writer = Writer { shared: Arc::clone(&shared), active, seen, encoder: Encoder::new(salt), end };
        let thread = std::thread::Builder::new().name("stream-writer".into()).spawn(move || writer.run());
        let running = Mutex::new(Some((thread.map_err(LogError::io("start the writer of", dir))?, lock)));
        Ok(Log { inner: Arc::new(Inner { shared, disk, running }) })
    }

    /// Appends records, in order and all or none, and returns when they are on disk.
    ///
    /// Dropping the future does not take the records back. To retry after any error is safe.
    pub async fn append(&self, records: Records) -> Result<Vec<Appended>, AppendError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answer) = oneshot::channel();
        self.inner.shared.queue.push(records, Reply::Task(reply))?;
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    /// As [`append`](Self::append), for threads that may block.
    pub fn append_blocking(&self, records: Records) -> Result<Vec<Appended>, AppendError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answer) = sync_channel(1);
        self.inner.shared.queue.push(records, Reply::Thread(reply))?;
        answer.recv().unwrap_or(Err(AppendError::Closed))
    }

    /// The first offset still in the log.
    pub fn start(&self) -> u64 {
        self.inner.shared.segments.start()
    }

    /// The next offset to be written. Every record before it is durable.
    pub fn end(&self) -> u64 {
        self.inner.shared.progress.borrow().end
    }

    /// Reads durable records from offset `from`: at least one if there is one, then as many as fit in `max_bytes`.
    ///
    /// Blocks on the disk. Reading on from [`Batch::next`] continues where the last read stopped, without searching.
    pub fn read(&self, from: u64, max_bytes: usize) -> Result<Batch, LogError> {
        let shared = &self.inner.shared;
        read::read(&shared.segments, &shared.cursors, shared.salt, from..self.end(), max_bytes)
    }

    /// Resolves when the log ends beyond `offset`, that is when the record at `offset` can be read, or it is closed.
    pub async fn wait_past(&self, offset: u64) {
        let mut progress = self.inner.shared.progress.subscribe();
        // The sender lives as long as `self`.
        drop(progress.wait_for(|p| p.end > offset || p.closed).await);
    }

    /// Drops whole sealed segments that hold only records before offset `before`; returns the new start.
    ///
    /// Keys of dropped records stay known for ever. Blocks, as it may have to write the index of seen keys first.
    pub fn trim(&self, before: u64) -> Result<u64, LogError> {
        let shared = &self.inner.shared;
        let _one_at_a_time = shared.trimming.lock().unwrap_or_else(PoisonError::into_inner);
        let start = shared.segments.start_after_trim(before);
        if start == self.start() {
            return Ok(start);
        }
        if shared.covered.load(Acquire) < start {
            let (done, answer) = sync_channel(1);
            shared.queue.push_checkpoint(done)?;
            answer.recv().map_err(|_| LogError::Closed)??;
        }
        for segment in shared.segments.take_below(start) {
            fs::remove_file(&segment.path).map_err(LogError::io("remove", &segment.path))?;
        }
        let dir = shared.dir.join("segments");
        self.inner.disk.sync_dir(&dir).map_err(LogError::io("sync", &dir))?;
        Ok(start)
    }

    /// Refuses further appends, writes what is queued, and releases the folder. Reading goes on working.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Bytes the log's files take, the index of seen keys included.
    pub fn bytes_on_disk(&self) -> u64 {
        let dir = &self.inner.shared.dir;
        ["segments", "seen"].iter().map(|part| bytes_in(&dir.join(part))).sum()
    }
}

fn bytes_in(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries.flatten().filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

/// Takes the keys after what the runs cover into the table of recent keys.
fn index_tail(
    mut seen: Seen,
    segments: &[Arc<Segment>],
    salt: u32,
    range: std::ops::Range<u64>,
    dir: &Path,
) -> Result<Seen, LogError> {
    let end = range.end;
    let indexed = recovery::replay_keys(segments, salt, range.start, end, |keys, upto| {
        seen.make_room().map_err(LogError::io("write seen keys to", dir))?;
        for key in keys {
            seen.admit(key);
        }
        seen.settled(upto);
        Ok(())
    });
    match indexed {
        Ok(()) => Ok(seen),
        Err(error) => {
            seen.stop(0);
            Err(error)
        }
    }
}

impl Inner {
    fn close(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((writer, lock)) = running.take() {
            self.shared.queue.close();
            if writer.join().is_err() {
                tracing::error!(dir = %self.shared.dir.display(), "the writer of the event log panicked");
            }
            // Dropping is not enough: a child process just being started may still hold a copy of the handle.
            if let Err(error) = lock.unlock() {
                tracing::error!(dir = %self.shared.dir.display(), %error, "the lock of the event log was not released");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
