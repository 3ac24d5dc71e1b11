//! The bounded queue between appenders and the writer thread.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::Appended;
use crate::error::{AppendError, LogError};
use crate::records::Records;

/// What an append call is answered with.
pub(crate) type Answer = Result<Vec<Appended>, AppendError>;

/// Where the answer goes.
pub(crate) enum Reply {
    Task(oneshot::Sender<Answer>),
    Thread(SyncSender<Answer>),
}

impl Reply {
    /// An appender that stopped waiting is no concern of the log's.
    pub(crate) fn send(self, answer: Answer) {
        match self {
            Reply::Task(to) => drop(to.send(answer)),
            Reply::Thread(to) => drop(to.send(answer)),
        }
    }
}

/// One append call.
pub(crate) struct Call {
    pub(crate) records: Records,
    pub(crate) bytes: usize,
    pub(crate) reply: Reply,
}

/// What the writer has to do next.
pub(crate) enum Work {
    /// Commit these calls together.
    Group(Vec<Call>),
    /// Bring the index of seen keys up to the end of the log, and say so.
    Checkpoint(SyncSender<Result<(), LogError>>),
    /// Begin a segment, and say with which offset.
    Seal(SyncSender<Result<u64, LogError>>),
    /// Nothing is left and nothing more will come.
    Close,
}

enum Item {
    Append(Call),
    Checkpoint(SyncSender<Result<(), LogError>>),
    Seal(SyncSender<Result<u64, LogError>>),
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    /// Bytes of all calls not answered yet, waiting or being written.
    bytes: usize,
    closing: bool,
    /// The writer sleeps.
    idle: bool,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    limit_bytes: usize,
    group_bytes: usize,
    /// Recent pace in bytes per second, 0 until known.
    pace: AtomicU64,
}

impl Queue {
    pub(crate) fn new(limit_bytes: usize, group_bytes: usize) -> Self {
        let limit_bytes = limit_bytes.max(group_bytes);
        Queue { state: Mutex::default(), ready: Condvar::new(), limit_bytes, group_bytes, pace: AtomicU64::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, records: Records, reply: Reply) -> Result<(), AppendError> {
        let bytes = records.size();
        if bytes > self.group_bytes {
            return Err(AppendError::TooLarge { bytes, limit_bytes: self.group_bytes });
        }
        let mut state = self.state();
        if state.closing {
            return Err(AppendError::Closed);
        }
        if state.bytes + bytes > self.limit_bytes {
            let queued_bytes = state.bytes;
            return Err(AppendError::Busy { queued_bytes, retry_after_s: self.retry_after_s(queued_bytes) });
        }
        state.bytes += bytes;
        state.items.push_back(Item::Append(Call { records, bytes, reply }));
        self.wake(&mut state);
        Ok(())
    }

    pub(crate) fn push_checkpoint(&self, done: SyncSender<Result<(), LogError>>) -> Result<(), LogError> {
        self.push_item(Item::Checkpoint(done))
    }

    pub(crate) fn push_seal(&self, done: SyncSender<Result<u64, LogError>>) -> Result<(), LogError> {
        self.push_item(Item::Seal(done))
    }

    fn push_item(&self, item: Item) -> Result<(), LogError> {
        let mut state = self.state();
        if state.closing {
            return Err(LogError::Closed);
        }
        state.items.push_back(item);
        self.wake(&mut state);
        Ok(())
    }

    fn wake(&self, state: &mut State) {
        if std::mem::take(&mut state.idle) {
            self.ready.notify_one();
        }
    }

    fn retry_after_s(&self, queued_bytes: usize) -> u64 {
        let pace = self.pace.load(Relaxed);
        if pace == 0 { 1 } else { (queued_bytes as u64).div_ceil(pace).clamp(1, 60) }
    }

    /// Waits for work and takes as many calls as fit in one group.
    pub(crate) fn take(&self) -> Work {
        let mut state = self.state();
        loop {
            match state.items.pop_front() {
                Some(Item::Checkpoint(done)) => return Work::Checkpoint(done),
                Some(Item::Seal(done)) => return Work::Seal(done),
                Some(Item::Append(call)) => return Work::Group(self.gather(&mut state, call)),
                None if state.closing => return Work::Close,
                None => {
                    state.idle = true;
                    state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn gather(&self, state: &mut State, first: Call) -> Vec<Call> {
        let mut bytes = first.bytes;
        let mut group = vec![first];
        while let Some(Item::Append(next)) = state.items.front() {
            bytes += next.bytes;
            if bytes > self.group_bytes {
                break;
            }
            if let Some(Item::Append(next)) = state.items.pop_front() {
                group.push(next);
            }
        }
        group
    }

    /// The group of these bytes is about to be answered; it took `seconds`.
    pub(crate) fn answered(&self, bytes: usize, seconds: f64) {
        self.state().bytes -= bytes;
        let now = (bytes as f64 / seconds.max(1e-6)) as u64;
        let before = self.pace.load(Relaxed);
        self.pace.store(if before == 0 { now } else { before / 8 * 7 + now / 8 }, Relaxed);
    }

    /// No more calls are taken; those waiting are still handed out.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closing = true;
        self.wake(&mut state);
    }

    /// Drops what waits, which tells the waiting that the log is closed. For a writer that ended unexpectedly.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.closing = true;
        state.items.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(len: usize) -> Records {
        [crate::Record { key: 1, bytes: vec![0; len] }].into()
    }

    fn push(queue: &Queue, len: usize) -> Result<(), AppendError> {
        queue.push(record(len), Reply::Task(oneshot::channel().0))
    }

    #[test]
    fn a_full_queue_is_busy_at_once_until_its_calls_are_answered() {
        let queue = Queue::new(1000, 500);
        push(&queue, 480).expect("fits");
        push(&queue, 480).expect("fits");
        let busy = push(&queue, 0).expect_err("is full");
        assert!(matches!(busy, AppendError::Busy { queued_bytes: 1000, retry_after_s: 1 }), "{busy}");
        let Work::Group(calls) = queue.take() else { panic!("a group is due") };
        assert_eq!(calls.len(), 1, "the second does not fit in the group");
        assert!(push(&queue, 0).is_err(), "calls being written count too");
        queue.answered(500, 0.5);
        push(&queue, 480).expect("there is room again");
        let busy = push(&queue, 480).expect_err("is full");
        assert!(matches!(busy, AppendError::Busy { retry_after_s: 1, .. }), "1000 bytes/s: {busy}");
    }

    #[test]
    fn a_slow_disk_asks_for_more_patience() {
        let queue = Queue::new(1000, 1000);
        push(&queue, 980).expect("fits");
        queue.answered(0, 1.0);
        queue.pace.store(100, Relaxed);
        assert!(matches!(push(&queue, 0), Err(AppendError::Busy { retry_after_s: 10, .. })));
    }

    #[test]
    fn a_call_that_fits_no_group_is_refused_for_good() {
        let queue = Queue::new(1000, 500);
        assert!(matches!(push(&queue, 481), Err(AppendError::TooLarge { bytes: 501, limit_bytes: 500 })));
    }

    #[test]
    fn a_closed_queue_hands_out_what_waits_and_takes_no_more() {
        let queue = Queue::new(1000, 500);
        push(&queue, 1).expect("fits");
        queue.close();
        assert!(matches!(push(&queue, 1), Err(AppendError::Closed)));
        assert!(matches!(queue.take(), Work::Group(_)));
        assert!(matches!(queue.take(), Work::Close));
    }
}
