//! The writer thread: takes what is queued, decides which records are new, writes one frame, syncs once, answers all.

use std::sync::Arc;
use std::time::Instant;

use crate::Appended;
use crate::error::{AppendError, LogError};
use crate::frame::Encoder;
use crate::log::Shared;
use crate::queue::{Call, Work};
use crate::seen::Seen;
use crate::segment::Active;

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) active: Active,
    pub(crate) seen: Seen,
    pub(crate) encoder: Encoder,
    pub(crate) end: u64,
}

/// What becomes of one record.
#[derive(Clone, Copy)]
enum Verdict {
    New(u64),
    /// Its key was durable before.
    Known,
    /// Its key is first in this very group, so it stands and falls with it.
    Repeated,
}

/// The new records of a group, by call and place in the call.
#[derive(Default)]
struct Fresh {
    keys: Vec<u128>,
    places: Vec<(u32, u32)>,
}

/// Whatever ends the writer, nobody is left waiting.
struct Farewell(Arc<Shared>);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.queue.abandon();
        self.0.progress.send_modify(|p| p.closed = true);
    }
}

impl Writer {
    pub(crate) fn run(mut self) {
        let farewell = Farewell(Arc::clone(&self.shared));
        loop {
            match self.shared.queue.take() {
                Work::Group(calls) => {
                    let bytes = calls.iter().map(|call| call.bytes).sum();
                    let begun = Instant::now();
                    let (verdicts, failure) = self.commit(&calls);
                    self.shared.queue.answered(bytes, begun.elapsed().as_secs_f64());
                    answer(calls, &verdicts, failure.as_ref());
                    self.seen.settled(self.end);
                }
                Work::Checkpoint(done) => self.seen.checkpoint(self.end, done),
                Work::Seal(done) => {
                    let sealed = self.active.seal_at(self.end, &self.shared.segments).map(|()| self.end);
                    // Nobody who stopped waiting needs to know.
                    drop(done.send(sealed.map_err(LogError::io("begin a segment in", &self.shared.dir))));
                }
                Work::Close => break,
            }
        }
        self.seen.stop(self.end);
        drop(farewell);
    }

    /// Makes the calls' new records durable. With a failure, only calls of known records may still be answered.
    fn commit(&mut self, calls: &[Call]) -> (Vec<Verdict>, Option<AppendError>) {
        let keys: Vec<u128> = calls.iter().flat_map(|call| call.records.keys()).copied().collect();
        let known = match self.seen.known(&keys) {
            Ok(known) => known,
            Err(error) => {
                let failure = AppendError::Io(Arc::new(error));
                return (vec![Verdict::Repeated; keys.len()], Some(failure));
            }
        };
        let (verdicts, fresh) = self.judge(calls, &known);
        if fresh.keys.is_empty() {
            return (verdicts, None);
        }
        let records = fresh.places.iter().map(|(c, r)| Some(calls[*c as usize].records.bytes(*r as usize)));
        let stored = self.seen.make_room().and_then(|()| {
            let frame = self.encoder.encode(self.end, &fresh.keys, records);
            self.active.append(self.end, frame, &self.shared.segments)
        });
        if let Err(error) = stored {
            let dir = &self.shared.dir;
            tracing::warn!(%error, dir = %dir.display(), records = fresh.keys.len(), "a group could not be written");
            fresh.keys.iter().for_each(|key| self.seen.forget(*key));
            return (verdicts, Some(AppendError::from_io(dir, error)));
        }
        self.end += fresh.keys.len() as u64;
        self.shared.progress.send_modify(|p| p.end = self.end);
        (verdicts, None)
    }

    fn judge(&mut self, calls: &[Call], known: &[bool]) -> (Vec<Verdict>, Fresh) {
        let mut verdicts = Vec::with_capacity(known.len());
        let mut fresh = Fresh::default();
        for (c, call) in calls.iter().enumerate() {
            for (r, key) in call.records.keys().iter().enumerate() {
                verdicts.push(if known[verdicts.len()] {
                    Verdict::Known
                } else if self.seen.admit(*key) {
                    fresh.keys.push(*key);
                    fresh.places.push((c as u32, r as u32));
                    Verdict::New(self.end + fresh.keys.len() as u64 - 1)
                } else {
                    Verdict::Repeated
                });
            }
        }
        (verdicts, fresh)
    }
}

fn answer(calls: Vec<Call>, verdicts: &[Verdict], failure: Option<&AppendError>) {
    let mut rest = verdicts;
    for call in calls {
        let (of_call, others) = rest.split_at(call.records.len());
        rest = others;
        let answer = of_call.iter().map(|verdict| match (verdict, failure) {
            (Verdict::Known, _) | (Verdict::Repeated, None) => Ok(Appended::Duplicate),
            (Verdict::New(offset), None) => Ok(Appended::New { offset: *offset }),
            (_, Some(failure)) => Err(failure.clone()),
        });
        call.reply.send(answer.collect());
    }
}
