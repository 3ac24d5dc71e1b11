//! Reading: only durable records, in order, while others append.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::LogError;
use crate::frame::Frame;
use crate::scan::{Scanner, Step};
use crate::segment::{Segment, Segments};

/// Readers whose place is remembered, so that reading on does not search.
const CURSORS: usize = 8;

/// Consecutive records of the log.
#[derive(Debug)]
pub struct Batch {
    /// Offset of the first record (what was asked for).
    pub first: u64,
    /// Offset to read from next.
    pub next: u64,
    parts: Vec<Part>,
}

/// Some consecutive records of one frame.
#[derive(Debug, Clone)]
struct Part {
    frame: Arc<Frame>,
    /// Index of the first record taken, and where its bytes begin.
    from: usize,
    at: usize,
    /// Index after the last record taken.
    to: usize,
}

impl Batch {
    /// The records in order, each with its offset. What was forgotten is passed over.
    pub fn records(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.parts.iter().flat_map(|part| {
            let mut at = part.at;
            (part.from..part.to).filter_map(move |i| {
                let len = part.frame.record_len(i);
                at += len;
                let kept = !part.frame.is_forgotten(i);
                kept.then(|| (part.frame.first + i as u64, part.frame.bytes(at - len, len)))
            })
        })
    }

    /// Number of offsets, whether their records are kept or not.
    pub fn len(&self) -> usize {
        (self.next - self.first) as usize
    }

    /// Whether the end of the log was reached.
    pub fn is_empty(&self) -> bool {
        self.next == self.first
    }
}

/// Where a reader stopped.
#[derive(Debug)]
struct Cursor {
    next: u64,
    /// The segment it was in, and the position of the frame after the last one opened.
    segment: (u64, u32),
    position: u64,
    /// The rest of a frame that was not read to its end.
    rest: Option<Part>,
}

/// The places of the latest readers.
#[derive(Debug, Default)]
pub(crate) struct Cursors(Mutex<VecDeque<Cursor>>);

impl Cursors {
    fn take(&self, next: u64) -> Option<Cursor> {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = cursors.iter().position(|c| c.next == next)?;
        cursors.remove(at)
    }

    /// Forgets all places, and what was read ahead: readers search for theirs again.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn keep(&self, cursor: Cursor) {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cursors.truncate(CURSORS - 1);
        cursors.push_front(cursor);
    }
}

/// Reads records from `from`, at least one if there is one, then as many as fit in `max_bytes`.
pub(crate) fn read(
    segments: &Segments,
    cursors: &Cursors,
    salt: u32,
    range: std::ops::Range<u64>,
    max_bytes: usize,
) -> Result<Batch, LogError> {
    let (from, end) = (range.start, range.end);
    if from > end {
        return Err(LogError::BeyondEnd { from, end });
    }
    let mut taker = Taker { batch: Batch { first: from, next: from, parts: Vec::new() }, left: max_bytes, rest: None };
    if from == end {
        return Ok(taker.batch);
    }
    let mut cursor = cursors.take(from);
    if let Some(rest) = cursor.as_mut().and_then(|c| c.rest.take()) {
        taker.take(rest);
    }
    let mut place = cursor.map_or(((u64::MAX, 0), 0), |c| (c.segment, c.position));
    while !taker.is_full() && taker.batch.next < end {
        let next = taker.batch.next;
        let trimmed = || LogError::Trimmed { from: next, start: segments.start() };
        let (segment, after) = segments.holding(next).ok_or_else(trimmed)?;
        let known = (segment.base, segment.edition);
        let start = if place.0 == known { (next, place.1) } else { segment.nearest(next) };
        let stop = after.map_or(end, |after| after.min(end));
        let position = match read_segment(&segment, salt, start, stop, &mut taker) {
            Err(LogError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound && segments.start() > next => {
                return Err(trimmed());
            }
            // It was written anew just now.
            Err(LogError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound
                    && segments.holding(next).is_some_and(|(now, _)| now.edition > segment.edition) =>
            {
                continue;
            }
            result => result?,
        };
        place = (known, position);
    }
    let Taker { batch, rest, .. } = taker;
    cursors.keep(Cursor { next: batch.next, segment: place.0, position: place.1, rest });
    Ok(batch)
}

/// Reads frames from `start` (an offset and its position) until offset `stop`; returns the position reached.
fn read_segment(
    segment: &Segment,
    salt: u32,
    start: (u64, u64),
    stop: u64,
    taker: &mut Taker,
) -> Result<u64, LogError> {
    let (mut due, mut position) = start;
    let path = &segment.path;
    let mut scanner = Scanner::open(path, salt, position).map_err(LogError::io("read", path))?;
    while due < stop && !taker.is_full() {
        match scanner.step().map_err(LogError::io("read", path))? {
            Step::Frame { position: at, next, frame } if frame.first == due => {
                segment.note(due, at);
                due = frame.end();
                position = next;
                let wanted = taker.batch.next;
                if due > wanted {
                    let skip = (wanted - frame.first) as usize;
                    let frame = frame.unpack().map_err(|why| LogError::corrupt(path, at, why))?;
                    taker.take(Part::of(Arc::new(frame), skip));
                }
            }
            Step::Frame { position, frame, .. } => {
                let detail = format!("a frame begins with offset {} where {due} is due", frame.first);
                return Err(LogError::corrupt(path, position, detail));
            }
            Step::Nothing { position, why } => {
                return Err(LogError::corrupt(path, position, format!("{why}, offset {due} is missing")));
            }
        }
    }
    Ok(position)
}

impl Part {
    fn of(frame: Arc<Frame>, skip: usize) -> Part {
        let skipped: usize = (0..skip).map(|i| frame.record_len(i)).sum();
        Part { from: skip, at: frame.records_at() + skipped, to: frame.count, frame }
    }
}

/// Collects parts until the bytes are used up.
struct Taker {
    batch: Batch,
    left: usize,
    /// What did not fit of the last frame.
    rest: Option<Part>,
}

impl Taker {
    fn is_full(&self) -> bool {
        self.rest.is_some() || (self.left == 0 && !self.batch.is_empty())
    }

    fn take(&mut self, mut part: Part) {
        let mut at = part.at;
        let mut to = part.from;
        while to < part.to {
            let len = part.frame.record_len(to);
            let is_first = self.batch.is_empty() && to == part.from;
            // What is empty follows nothing that was larger than what was asked for.
            if !is_first && (len > self.left || self.left == 0) {
                break;
            }
            self.left = self.left.saturating_sub(len);
            at += len;
            to += 1;
        }
        if to < part.to {
            self.rest = Some(Part { frame: Arc::clone(&part.frame), from: to, at, to: part.to });
        }
        self.batch.next += (to - part.from) as u64;
        part.to = to;
        if part.from < part.to {
            self.batch.parts.push(part);
        }
    }
}
