//! The projections' schedule: the log is read in order, once, and every projection takes in each batch.
//!
//! A projection keeps its own offset with its own state and ignores what lies before it, so a crash, a replay or a
//! duplicate delivery changes nothing. One that fails is tried again, with growing pauses, and holds the others back
//! meanwhile: they share the reading, and a shop's figures should not drift apart.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use fanvine_collect::sources::seen;
use fanvine_kernel::Event;
use fanvine_lake::{Lake, LakeError};
use fanvine_stream::Record;
use tokio::sync::watch;

use crate::http::health::Lag;
use crate::program::Program;

/// Bytes of the log read at a time.
const BATCH_BYTES: usize = 4 << 20;
/// How often the lake looks whether it should write or compact.
const MAINTENANCE: Duration = Duration::from_millis(500);
/// How often the outbox is looked at when nothing was in it.
const OUTBOX: Duration = Duration::from_millis(200);

/// The projections, by the names they keep their offsets under.
const NAMES: [&str; 3] = ["lake", "commerce", "sources"];

/// How far each projection has come, for `/readyz` and for `fanvine import` to wait on.
#[derive(Default)]
pub struct Progress {
    next: [AtomicU64; NAMES.len()],
    errors: [Mutex<Option<String>>; NAMES.len()],
}

impl Progress {
    /// How far each is behind the end of the log.
    pub fn lags(&self, log_end: u64) -> Vec<Lag> {
        let lag = |(place, projection): (usize, &&'static str)| Lag {
            projection,
            events: log_end.saturating_sub(self.next[place].load(Ordering::Acquire)),
            error: self.errors[place].lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        NAMES.iter().enumerate().map(lag).collect()
    }

    /// The offset up to which all have taken everything in.
    pub fn taken_in(&self) -> u64 {
        self.next.iter().map(|next| next.load(Ordering::Acquire)).min().unwrap_or(0)
    }

    fn record(&self, place: usize, next: u64) {
        self.next[place].store(next, Ordering::Release);
        *self.errors[place].lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn fail(&self, place: usize, error: &anyhow::Error) {
        *self.errors[place].lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:#}"));
    }
}

/// Events of the log, decoded, and the offset behind them.
struct Decoded {
    first: u64,
    events: Vec<(u64, Event)>,
    next: u64,
}

/// Learns from each projection where it stopped.
pub async fn resume(program: &Program) -> Result<()> {
    program.progress.record(0, program.lake.next_offset());
    program.progress.record(1, program.commerce.position().await.context("the offset of the commerce projection")?);
    program
        .progress
        .record(2, seen::next_offset(&program.store).await.context("the offset of the sources projection")?);
    Ok(())
}

/// Follows the log until told to stop.
pub async fn follow(program: Arc<Program>, mut stop: watch::Receiver<bool>) {
    let mut next = program.progress.taken_in();
    while !*stop.borrow() {
        tokio::select! {
            () = program.log.wait_past(next) => {}
            _ = stop.changed() => return,
        }
        let mut pause = Duration::from_millis(50);
        loop {
            match take_in(&program, next).await {
                Ok(after) => {
                    next = after;
                    break;
                }
                Err(error) => {
                    tracing::error!(offset = next, error = format!("{error:#}"), "a projection failed; trying again");
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        _ = stop.changed() => return,
                    }
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
        }
    }
}

/// Reads one batch from `from` and hands it to every projection. Answers where the next begins.
async fn take_in(program: &Arc<Program>, from: u64) -> Result<u64> {
    let log = program.log.clone();
    let batch = tokio::task::spawn_blocking(move || decode(&log, from)).await??;
    let (lake, commerce, sources) = tokio::join!(
        async { fill_lake(&program.lake, &batch).await.context("lake") },
        async { program.commerce.apply(&batch.events, batch.next).await.context("commerce") },
        async { seen::apply(&program.store, &batch.events, batch.next).await.context("sources") },
    );
    let mut failed = None;
    for (place, outcome) in [lake, commerce, sources].into_iter().enumerate() {
        match outcome {
            Ok(()) => program.progress.record(place, batch.next),
            Err(error) => {
                program.progress.fail(place, &error);
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(batch.next), Err)
}

/// Hands a batch to the lake; when too much waits in its memory, it is written first.
async fn fill_lake(lake: &Lake, batch: &Decoded) -> Result<(), LakeError> {
    match lake.ingest(batch.first, &batch.events, batch.next) {
        Err(LakeError::Behind { .. }) => {
            lake.flush().await?;
            lake.ingest(batch.first, &batch.events, batch.next)
        }
        taken => taken,
    }
}

fn decode(log: &fanvine_stream::Log, from: u64) -> Result<Decoded> {
    let batch = log.read(from, BATCH_BYTES)?;
    let events = batch
        .records()
        .map(|(offset, bytes)| Ok((offset, Event::decode(bytes).with_context(|| format!("offset {offset}"))?)));
    Ok(Decoded { first: batch.first, events: events.collect::<Result<_>>()?, next: batch.next })
}

/// Lets the lake write what is due and compact, until told to stop; then writes the rest.
pub async fn maintain(program: Arc<Program>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = program.lake.maintain().await {
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "the lake could not write; trying again"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(MAINTENANCE) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Moves facts from the outbox to the log until told to stop. Each carries a message id, so one that was moved just
/// before a crash is known the second time.
pub async fn relay(program: Arc<Program>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let moved = match move_outbox(&program).await {
            Ok(moved) => moved,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the outbox could not be moved; trying again");
                0
            }
        };
        if moved == 0 {
            tokio::select! {
                () = tokio::time::sleep(OUTBOX) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

async fn move_outbox(program: &Program) -> Result<usize> {
    let pending = program.store.outbox_pending(500).await?;
    let Some(last) = pending.last().map(|(id, _)| *id) else { return Ok(0) };
    let records = pending.iter().map(|(_, event)| Record { key: event.key(), bytes: event.encode() }).collect();
    program.log.append(records).await?;
    program.store.outbox_done(last).await?;
    Ok(pending.len())
}
