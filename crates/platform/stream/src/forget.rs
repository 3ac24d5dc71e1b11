//! Records that are no longer kept: their bytes leave the log, their offsets and keys stay.
//!
//! A segment that is written no more and holds such records is written anew beside itself, synced, and then takes the
//! place of the one before under a name of a higher edition. A crash leaves one or the other, whole.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, PoisonError};

use crate::error::LogError;
use crate::frame::{Encoder, Frame};
use crate::log::Log;
use crate::recovery::DRAFT;
use crate::scan::{Scanner, Step};
use crate::segment::Segment;

/// Bytes copied at a time.
const COPY_BYTES: usize = 1 << 20;

impl Log {
    /// Begins a new segment file, so that everything so far lies in files that are written no more. Returns the offset it
    /// begins with: the log's end at that moment. Blocks.
    pub fn seal(&self) -> Result<u64, LogError> {
        let (done, answer) = sync_channel(1);
        self.inner.shared.queue.push_seal(done)?;
        answer.recv().map_err(|_| LogError::Closed)?
    }

    /// Takes the bytes of all records that are `gone` out of those segment files that hold only records before offset
    /// `before`, and returns how many records that were. Offsets stay as they are, and keys stay known: the same record is
    /// a duplicate still. Reading goes on meanwhile, and passes over what is gone. Blocks.
    pub fn forget(&self, before: u64, mut gone: impl FnMut(&[u8]) -> bool) -> Result<u64, LogError> {
        let shared = &self.inner.shared;
        let _one_at_a_time = shared.trimming.lock().unwrap_or_else(PoisonError::into_inner);
        let mut forgotten = 0;
        for (segment, end) in shared.segments.ended(before) {
            forgotten += self.rewrite(&segment, end, &mut gone)?;
        }
        Ok(forgotten)
    }

    /// Writes a segment anew without what is gone, if there is any.
    fn rewrite(&self, segment: &Segment, end: u64, gone: &mut dyn FnMut(&[u8]) -> bool) -> Result<u64, LogError> {
        let (shared, disk) = (&self.inner.shared, &self.inner.disk);
        let dir = shared.dir.join("segments");
        let next = Segment::new(&dir, segment.base, segment.edition + 1);
        let path = dir.join(format!("{:020}{DRAFT}", segment.base));
        let mut draft = None;
        let written = self.copy_kept(segment, end, gone, &mut |bytes, position| {
            let file = match &draft {
                Some(file) => file,
                None => draft.insert(disk.create(&path)?),
            };
            disk.write_at(file, bytes, position)
        });
        let forgotten = written.inspect_err(|_| drop(fs::remove_file(&path)))?;
        let Some(file) = draft.filter(|_| forgotten > 0) else { return Ok(0) };
        let put_in_place = disk
            .sync(&file)
            .and_then(|()| fs::rename(&path, &next.path))
            .inspect_err(|_| drop(fs::remove_file(&path)))
            .and_then(|()| disk.sync_dir(&dir).inspect_err(|_| drop(fs::remove_file(&next.path))));
        put_in_place.map_err(LogError::io("write anew", &segment.path))?;
        shared.segments.replace(Arc::new(next));
        shared.cursors.clear();
        if let Err(error) = fs::remove_file(&segment.path) {
            let path = segment.path.display();
            tracing::warn!(%path, %error, "a segment that was written anew could not be removed; the next start will");
        }
        Ok(forgotten)
    }

    /// Gives a segment's bytes without what is gone to `write`, each piece with its position; nothing is written before
    /// something is found to be gone.
    fn copy_kept(
        &self,
        segment: &Segment,
        end: u64,
        gone: &mut dyn FnMut(&[u8]) -> bool,
        write: &mut dyn FnMut(&[u8], u64) -> io::Result<()>,
    ) -> Result<u64, LogError> {
        let (path, salt) = (&segment.path, self.inner.shared.salt);
        let failed = |error| LogError::io("write anew", path)(error);
        let source = fs::File::open(path).map_err(LogError::io("read", path))?;
        let mut scanner = Scanner::open(path, salt, 0).map_err(LogError::io("read", path))?;
        let mut encoder = Encoder::new(salt);
        // Up to where the source was copied, and how long the copy is.
        let (mut copied, mut len, mut forgotten) = (0, 0, 0);
        let mut due = segment.base;
        while due < end {
            let (position, after, frame, keys) = match scanner.step().map_err(LogError::io("read", path))? {
                Step::Frame { position, next, frame } if frame.first == due => {
                    due = frame.end();
                    let unpacked = frame.unpack().map_err(|why| LogError::corrupt(path, position, why))?;
                    (position, next, unpacked, frame.keys().collect::<Vec<_>>())
                }
                Step::Frame { position, frame, .. } => {
                    let detail = format!("a frame begins with offset {} where {due} is due", frame.first);
                    return Err(LogError::corrupt(path, position, detail));
                }
                Step::Nothing { position, why } => {
                    return Err(LogError::corrupt(path, position, format!("{why}, offset {due} is missing")));
                }
            };
            let kept = kept_of(&frame, gone);
            let left = kept.iter().filter(|kept| **kept).count();
            let before = frame.records().flatten().count();
            if left == before {
                continue;
            }
            forgotten += (before - left) as u64;
            copy(&source, copied..position, len, write).map_err(failed)?;
            len += position - copied;
            let records = frame.records().zip(&kept).map(|(record, kept)| record.filter(|_| *kept));
            let bytes = encoder.encode(frame.first, &keys, records);
            write(bytes, len).map_err(failed)?;
            (copied, len) = (after, len + bytes.len() as u64);
        }
        if forgotten > 0 {
            let rest = source.metadata().map_err(LogError::io("read", path))?.len();
            copy(&source, copied..rest, len, write).map_err(failed)?;
        }
        Ok(forgotten)
    }
}

/// Of each record of a frame whether it is there and stays.
fn kept_of(frame: &Frame, gone: &mut dyn FnMut(&[u8]) -> bool) -> Vec<bool> {
    frame.records().map(|record| record.is_some_and(|bytes| !gone(bytes))).collect()
}

/// Copies a stretch of a file.
fn copy(
    source: &fs::File,
    stretch: std::ops::Range<u64>,
    to: u64,
    write: &mut dyn FnMut(&[u8], u64) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    let mut from = stretch.start;
    while from < stretch.end {
        buffer.resize(usize::try_from(stretch.end - from).unwrap_or(COPY_BYTES).min(COPY_BYTES), 0);
        source.read_exact_at(&mut buffer, from)?;
        write(&buffer, to + (from - stretch.start))?;
        from += buffer.len() as u64;
    }
    Ok(())
}
