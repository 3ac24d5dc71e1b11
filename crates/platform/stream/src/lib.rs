//! The event log: durable, ordered, embedded.
//!
//! **It decides** when a record counts as kept (it is on disk, synced, before anybody is told so), in which order
//! records stand (dense offsets from 0), whether a record was ever appended before (by its 128-bit key, exactly and
//! for ever), and what a crash may have left behind (a torn last write is cut off; anything else out of order is
//! reported with its file and byte position, never skipped).
//!
//! **It must never learn** what a record means: no event, shopper, source or format, no HTTP, no SQL. Records are
//! bytes. Consumers keep their own offsets.
//!
//! One thread writes. Appends wait in a queue bounded by bytes; the thread takes all it finds, makes one frame of the
//! new records, writes and syncs it, and answers everybody; meanwhile the next group gathers.
//!
//! ```
//! use fanvine_stream::{Appended, Log, LogOptions, Record};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! let log = Log::open(dir.path(), LogOptions::default())?;
//! let record = |key, bytes: &[u8]| Record { key, bytes: bytes.to_vec() };
//! let answers = log.append_blocking([record(7, b"first"), record(7, b"again"), record(8, b"second")].into())?;
//! assert_eq!(answers, [Appended::New { offset: 0 }, Appended::Duplicate, Appended::New { offset: 1 }]);
//!
//! let batch = log.read(0, 1 << 20)?;
//! let records: Vec<(u64, &[u8])> = batch.records().collect();
//! assert_eq!(records, [(0, b"first".as_slice()), (1, b"second".as_slice())]);
//! assert_eq!(batch.next, log.end());
//! # Ok(())
//! # }
//! ```

mod copy;
mod disk;
mod error;
mod forget;
mod frame;
mod log;
mod queue;
mod read;
mod records;
mod recovery;
mod scan;
mod seen;
mod segment;
mod writer;

#[cfg(test)]
mod fault_tests;

pub use copy::{RecordFiles, SeenFiles, check, record_files, seen_files};
pub use error::{AppendError, LogError};
pub use log::{Appended, Log, LogOptions};
pub use read::Batch;
pub use records::{Record, Records};
