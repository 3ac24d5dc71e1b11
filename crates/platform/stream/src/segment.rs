//! Segment files: their names, the list of them, and the one being written.
//!
//! A segment holds the records from its first offset (its name) up to the next segment's first offset. Bytes past
//! that are left over from a write that was never acknowledged and mean nothing. One that was written anew, because
//! records of it were forgotten, has a higher edition in its name, and takes the place of those below.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::disk::Disk;
use crate::error::is_full;

/// Distance in a file between two entries of the sparse index, in bytes.
const INDEX_STRIDE: u64 = 256 * 1024;
/// Frames up to this part of the space filled ahead are worth filling ahead for.
const AHEAD_PART: u64 = 16;

/// One segment file.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base: u64,
    /// How often it was written anew.
    pub(crate) edition: u32,
    pub(crate) path: PathBuf,
    /// Known (offset, position) pairs, ascending; filled by recovery, the writer and readers passing by.
    index: Mutex<Vec<(u64, u64)>>,
}

impl Segment {
    pub(crate) fn new(dir: &Path, base: u64, edition: u32) -> Self {
        let name = match edition {
            0 => format!("{base:020}.log"),
            edition => format!("{base:020}-{edition:06}.log"),
        };
        Segment { base, edition, path: dir.join(name), index: Mutex::new(Vec::new()) }
    }

    /// The first offset and the edition a file name stands for, if it is a segment's.
    pub(crate) fn of_name(name: &str) -> Option<(u64, u32)> {
        let name = name.strip_suffix(".log")?;
        let (base, edition) = name.split_once('-').map_or((name, None), |(base, edition)| (base, Some(edition)));
        let digits = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(base, 20) || edition.is_some_and(|edition| !digits(edition, 6)) {
            return None;
        }
        Some((base.parse().ok()?, edition.map_or(Some(0), |edition| edition.parse().ok())?))
    }

    /// Remembers that the frame starting with `offset` lies at `position`.
    pub(crate) fn note(&self, offset: u64, position: u64) {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let last = index.last().map_or((self.base, 0), |last| *last);
        if offset > last.0 && position >= last.1 + INDEX_STRIDE {
            index.push((offset, position));
        }
    }

    /// The nearest known frame at or before `offset`.
    pub(crate) fn nearest(&self, offset: u64) -> (u64, u64) {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        match index.partition_point(|entry| entry.0 <= offset) {
            0 => (self.base, 0),
            n => index[n - 1],
        }
    }
}

/// All segments, oldest first; never empty once the log is open.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    list: RwLock<Vec<Arc<Segment>>>,
}

impl Segments {
    pub(crate) fn new(list: Vec<Arc<Segment>>) -> Self {
        Segments { list: RwLock::new(list) }
    }

    pub(crate) fn start(&self) -> u64 {
        self.list.read().unwrap_or_else(PoisonError::into_inner).first().map_or(0, |s| s.base)
    }

    /// The segment holding `offset` and the first offset of the one after it.
    pub(crate) fn holding(&self, offset: u64) -> Option<(Arc<Segment>, Option<u64>)> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let after = list.partition_point(|s| s.base <= offset);
        let segment = list.get(after.checked_sub(1)?)?;
        Some((Arc::clone(segment), list.get(after).map(|s| s.base)))
    }

    fn push(&self, segment: Arc<Segment>) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        // A segment that never took a frame is replaced by its successor, which has the same name.
        list.retain(|s| s.base < segment.base);
        list.push(segment);
    }

    /// First offset that would remain after dropping every sealed segment that ends at or before `before`.
    pub(crate) fn start_after_trim(&self, before: u64) -> u64 {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let kept = list.partition_point(|s| s.base <= before).max(1);
        list.get(kept - 1).map_or(0, |s| s.base)
    }

    /// The segments that end at or before `before`, but not the one being written, each with its end.
    pub(crate) fn ended(&self, before: u64) -> Vec<(Arc<Segment>, u64)> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let with_end = list.iter().zip(list.iter().skip(1).map(|next| next.base));
        with_end.filter(|(_, end)| *end <= before).map(|(segment, end)| (Arc::clone(segment), end)).collect()
    }

    /// Puts a segment in the place of an earlier edition.
    pub(crate) fn replace(&self, segment: Arc<Segment>) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        if let Ok(place) = list.binary_search_by_key(&segment.base, |known| known.base) {
            list[place] = segment;
        }
    }

    /// Takes the segments below `start` off the list, oldest first.
    pub(crate) fn take_below(&self, start: u64) -> Vec<Arc<Segment>> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let kept = list.partition_point(|s| s.base < start);
        list.drain(..kept).collect()
    }
}

/// How the log's files are cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) segment_bytes: u64,
    pub(crate) ahead_bytes: u64,
}

/// The segment being written. Only the writer thread has it.
pub(crate) struct Active {
    dir: PathBuf,
    disk: Disk,
    cut: Cut,
    segment: Arc<Segment>,
    file: File,
    /// Length of what is durable.
    len: u64,
    /// Length of the file; from `len` on it is zeros.
    filled: u64,
    /// The file's state is not known any more (or a new segment may already have been named): write to a new one.
    must_roll: bool,
}

impl Active {
    pub(crate) fn new(dir: PathBuf, disk: Disk, cut: Cut, segment: Arc<Segment>, file: File, len: u64) -> Self {
        Active { dir, disk, cut, segment, file, len, filled: len, must_roll: false }
    }

    /// Writes one frame and returns when it is durable. After an error nothing of it is part of the log.
    /// `frame` may come back longer: zeros ahead of the next frames make their syncs cheaper.
    pub(crate) fn append(&mut self, first: u64, frame: &mut Vec<u8>, segments: &Segments) -> io::Result<()> {
        let size = frame.len() as u64;
        if self.must_roll || (self.len > 0 && self.len + size > self.cut.segment_bytes) {
            self.roll(first, segments)?;
        }
        if let Err(error) = self.write(frame) {
            self.cut_back();
            return Err(error);
        }
        if let Err(error) = self.disk.sync(&self.file) {
            // After a failed sync the page cache says nothing about the disk: never write to this file again.
            self.must_roll = true;
            self.seal();
            return Err(error);
        }
        self.segment.note(first, self.len);
        self.len += size;
        Ok(())
    }

    /// Begins a new segment with the offset `end`, unless nothing is in this one.
    pub(crate) fn seal_at(&mut self, end: u64, segments: &Segments) -> io::Result<()> {
        if self.segment.base == end { Ok(()) } else { self.roll(end, segments) }
    }

    fn write(&mut self, frame: &mut Vec<u8>) -> io::Result<()> {
        let size = frame.len();
        let end = self.len + size as u64;
        // Measured: a sync that changes no metadata is up to three times cheaper; for big frames the zeros cost more.
        let ahead = self.cut.ahead_bytes.min(self.cut.segment_bytes.saturating_sub(end));
        if end > self.filled && ahead > 0 && size as u64 <= self.cut.ahead_bytes / AHEAD_PART {
            frame.resize(size + ahead as usize, 0);
            let written = self.disk.write_at(&self.file, frame, self.len);
            frame.truncate(size);
            match written {
                Ok(()) => {
                    self.filled = end + ahead;
                    return Ok(());
                }
                Err(error) if is_full(&error) => self.disk.set_len(&self.file, self.len)?,
                Err(error) => return Err(error),
            }
            self.filled = self.len;
        }
        self.disk.write_at(&self.file, frame, self.len)?;
        self.filled = self.filled.max(end);
        Ok(())
    }

    /// Takes back what a failed write left behind.
    fn cut_back(&mut self) {
        match self.disk.set_len(&self.file, self.len) {
            Ok(()) => self.filled = self.len,
            Err(_) => self.must_roll = true,
        }
    }

    /// Best effort: what lies past the durable length of a sealed segment is ignored anyway.
    fn seal(&self) {
        if let Err(error) = self.disk.set_len(&self.file, self.len) {
            tracing::debug!(file = %self.segment.path.display(), %error, "unused space could not be given back");
        }
    }

    fn roll(&mut self, first: u64, segments: &Segments) -> io::Result<()> {
        // From here on the new name may exist, so nothing may be written to the old segment any more.
        self.must_roll = true;
        let segment = Arc::new(Segment::new(&self.dir, first, 0));
        if self.segment.base == first {
            match fs::remove_file(&segment.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let file = self.disk.create(&segment.path)?;
        self.disk.sync_dir(&self.dir)?;
        if self.filled > self.len {
            self.seal();
        }
        segments.push(Arc::clone(&segment));
        (self.segment, self.file, self.len, self.filled, self.must_roll) = (segment, file, 0, 0, false);
        Ok(())
    }
}
