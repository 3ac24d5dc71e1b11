//! Where an import puts what it read.

use std::sync::Arc;

use fanvine_kernel::event::KeptSince;
use fanvine_kernel::{Clock, Entropy, Event};
use fanvine_store::{Store, StoreError};
use fanvine_stream::{AppendError, Appended, Log, Records};

use crate::Collect;
use crate::ingest::record;
use crate::quarantine::{Quarantined, store};

/// What became of some events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not known before.
    pub new: u64,
    /// Known before.
    pub duplicate: u64,
    /// Older than they are kept, and passed over.
    pub too_old: u64,
}

/// Why something could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The log did not take the events.
    #[error(transparent)]
    Log(#[from] AppendError),
    /// The store did not take the refused rows.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A server did not take them.
    #[error("{0}")]
    Server(String),
}

/// Keeps events and refused rows, durably: when a call returns, what it was given survives a crash.
pub trait Sink {
    /// Keeps events.
    ///
    /// # Errors
    /// They are not known to be kept.
    fn append(&mut self, events: &[Event]) -> Result<Counts, SinkError>;

    /// Keeps refused rows. One that comes again stays one.
    ///
    /// # Errors
    /// They are not known to be kept.
    fn quarantine(&mut self, rows: &[Quarantined]) -> Result<(), SinkError>;
}

/// Keeps them in the log and store of this process. Its methods block; call them from a thread that may.
pub struct LocalSink {
    log: Log,
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    runtime: tokio::runtime::Handle,
    kept: Arc<KeptSince>,
}

impl LocalSink {
    /// A sink into the log and the store of `collect`, which belong to `runtime`.
    pub fn new(collect: &Collect, runtime: tokio::runtime::Handle) -> Self {
        let (log, store) = (collect.log.clone(), collect.store.clone());
        let (clock, entropy) = (Arc::clone(&collect.clock), Arc::clone(&collect.entropy));
        Self { log, store, clock, entropy, runtime, kept: collect.kept_since() }
    }
}

/// The most bytes of events that go into the log in one call.
const CALL_BYTES: usize = 1 << 20;

impl Sink for LocalSink {
    fn append(&mut self, events: &[Event]) -> Result<Counts, SinkError> {
        let mut counts = Counts::default();
        let mut records = Records::default();
        let mut call = |records: Records| -> Result<(), SinkError> {
            for appended in append_patiently(&self.log, records)? {
                match appended {
                    Appended::New { .. } => counts.new += 1,
                    Appended::Duplicate => counts.duplicate += 1,
                }
            }
            Ok(())
        };
        let mut too_old = 0;
        for event in events {
            if !self.kept.keeps(&event.name, event.occurred_at) {
                too_old += 1;
                continue;
            }
            record(&mut records, &event.borrowed());
            if records.size() >= CALL_BYTES {
                call(std::mem::take(&mut records))?;
            }
        }
        call(records)?;
        counts.too_old = too_old;
        Ok(counts)
    }

    fn quarantine(&mut self, rows: &[Quarantined]) -> Result<(), SinkError> {
        let now = self.clock.now();
        self.runtime.block_on(store::keep(&self.store, rows, now, &*self.entropy))?;
        Ok(())
    }
}

/// Appends, waiting while others fill the log's queue.
fn append_patiently(log: &Log, records: Records) -> Result<Vec<Appended>, AppendError> {
    loop {
        match log.append_blocking(records.clone()) {
            Err(AppendError::Busy { retry_after_s, .. }) => {
                std::thread::sleep(std::time::Duration::from_millis(retry_after_s.clamp(1, 5) * 200));
            }
            done => return done,
        }
    }
}
