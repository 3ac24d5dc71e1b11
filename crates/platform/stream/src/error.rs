//! What can go wrong with the log: refusals an appender sees, and failures of the log itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why an append was not acknowledged.
///
/// Only after `Busy` and `TooLarge` is it certain that nothing was written. After `NoSpace` and `Io` nothing was
/// written durably as far as is known; appending the same records again is always safe, because a key is stored once.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The queue of waiting appends is full; nothing was taken.
    #[error("the event log is busy: {queued_bytes} bytes are waiting, try again in {retry_after_s} s")]
    Busy {
        /// Bytes waiting or being written at the moment of the refusal.
        queued_bytes: usize,
        /// Seconds after which the queue should have drained at its present pace (1 to 60).
        retry_after_s: u64,
    },
    /// The disk (or quota) is full. The log recovers by itself when space returns.
    #[error("no space left for the event log in {}", .dir.display())]
    NoSpace {
        /// The log's folder.
        dir: PathBuf,
    },
    /// One call holds more than a group may hold.
    #[error("the append holds {bytes} bytes, the limit is {limit_bytes}")]
    TooLarge {
        /// Size of the call in bytes, keys and lengths included.
        bytes: usize,
        /// The most a call may hold, in bytes.
        limit_bytes: usize,
    },
    /// Writing, syncing or looking up keys failed for another reason.
    #[error("the event log could not be written")]
    Io(#[source] Arc<io::Error>),
    /// The log is closed, or was closed before the append was written.
    #[error("the event log is closed")]
    Closed,
}

impl AppendError {
    pub(crate) fn from_io(dir: &Path, error: io::Error) -> Self {
        if is_full(&error) { AppendError::NoSpace { dir: dir.to_owned() } } else { AppendError::Io(Arc::new(error)) }
    }
}

pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Why the log could not be opened, read or trimmed.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Another process (or another `Log` in this one) has the folder open.
    #[error("the event log in {} is in use by another process", .dir.display())]
    Locked {
        /// The log's folder.
        dir: PathBuf,
    },
    /// A file does not hold what was acknowledged. Nothing was changed or dropped.
    #[error("the event log is damaged: {} at byte {position}: {detail}", .file.display())]
    Corrupt {
        /// The damaged file.
        file: PathBuf,
        /// Where in the file, in bytes.
        position: u64,
        /// What was found there.
        detail: String,
    },
    /// The index of seen keys is gone and the log no longer begins at 0, so it cannot be rebuilt exactly.
    #[error("the index of seen keys in {} is unusable ({detail}) and the log begins at {start}, so it cannot be rebuilt", .dir.display())]
    SeenLost {
        /// The index's folder.
        dir: PathBuf,
        /// First offset still in the log.
        start: u64,
        /// What is wrong with the index.
        detail: String,
    },
    /// The records asked for were trimmed away.
    #[error("offset {from} was trimmed: the event log begins at {start}")]
    Trimmed {
        /// The offset asked for.
        from: u64,
        /// First offset still in the log.
        start: u64,
    },
    /// The offset asked for was never written.
    #[error("offset {from} is beyond the end of the event log, {end}")]
    BeyondEnd {
        /// The offset asked for.
        from: u64,
        /// The next offset to be written.
        end: u64,
    },
    /// The log was closed while the request waited.
    #[error("the event log is closed")]
    Closed,
    /// The operating system refused.
    #[error("could not {action} {}", .path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl LogError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogError {
        move |source| LogError::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn corrupt(file: &Path, position: u64, detail: impl Into<String>) -> LogError {
        LogError::Corrupt { file: file.to_owned(), position, detail: detail.into() }
    }
}
