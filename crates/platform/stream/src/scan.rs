//! Walks the frames of one segment file, front to back, with few system calls.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::frame::{self, FrameRef, HEADER_BYTES, MAGIC};

const CHUNK_BYTES: usize = 64 * 1024;

/// A reading position in a segment file.
pub(crate) struct Scanner {
    file: File,
    salt: u32,
    /// Position in the file of `buffer[0]`.
    base: u64,
    /// Next frame's place in `buffer`.
    at: usize,
    buffer: Vec<u8>,
}

/// What is found at the present position.
pub(crate) enum Step<'a> {
    /// A checked frame; the scanner has moved past it.
    Frame { position: u64, next: u64, frame: FrameRef<'a> },
    /// No valid frame: the end of what was written, a torn write or damage.
    Nothing { position: u64, why: &'static str },
}

impl Scanner {
    pub(crate) fn open(path: &Path, salt: u32, position: u64) -> io::Result<Self> {
        Ok(Scanner::new(File::open(path)?, salt, position))
    }

    pub(crate) fn new(file: File, salt: u32, position: u64) -> Self {
        Scanner { file, salt, base: position, at: 0, buffer: Vec::new() }
    }

    pub(crate) fn step(&mut self) -> io::Result<Step<'_>> {
        let position = self.base + self.at as u64;
        if !self.fill(HEADER_BYTES)? {
            return Ok(Step::Nothing { position, why: "the file ends inside a frame" });
        }
        let Some(length) = frame::length(&self.buffer[self.at..]) else {
            return Ok(Step::Nothing { position, why: "no frame begins here" });
        };
        if !self.fill(length)? {
            return Ok(Step::Nothing { position, why: "the file ends inside a frame" });
        }
        let at = self.at;
        match frame::parse(&self.buffer[at..at + length], self.salt) {
            Ok(frame) => {
                self.at += length;
                Ok(Step::Frame { position, next: position + length as u64, frame })
            }
            Err(why) => Ok(Step::Nothing { position, why }),
        }
    }

    /// Makes at least `wanted` bytes available at the present position; false if the file has fewer.
    fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        if self.buffer.len() - self.at >= wanted {
            return Ok(true);
        }
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        let have = self.buffer.len();
        let left = self.file.metadata()?.len().saturating_sub(self.base + have as u64);
        let more = (wanted.max(CHUNK_BYTES) - have).min(usize::try_from(left).unwrap_or(usize::MAX));
        self.buffer.resize(have + more, 0);
        let mut filled = have;
        while filled < self.buffer.len() {
            match self.file.read_at(&mut self.buffer[filled..], self.base + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.buffer.truncate(filled);
        Ok(filled >= wanted)
    }
}

/// The position of a valid frame of offset `at_least` or later that begins after `position`, if there is one.
///
/// It tells damage in the middle of a segment (later frames are there) from a torn last write (none is).
pub(crate) fn frame_after(path: &Path, salt: u32, position: u64, at_least: u64) -> io::Result<Option<u64>> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut window = vec![0; 1 << 20];
    let mut start = position + 1;
    while start + HEADER_BYTES as u64 <= len {
        let size = window.len().min(usize::try_from(len - start).unwrap_or(usize::MAX));
        file.read_exact_at(&mut window[..size], start)?;
        for (i, candidate) in window[..size].windows(MAGIC.len()).enumerate() {
            if candidate != MAGIC {
                continue;
            }
            let found = start + i as u64;
            let mut scanner = Scanner::new(file.try_clone()?, salt, found);
            if let Step::Frame { frame, .. } = scanner.step()?
                && frame.first >= at_least
            {
                return Ok(Some(found));
            }
        }
        // Windows overlap by less than a magic, so that none is cut in two.
        start += (size - (MAGIC.len() - 1)) as u64;
    }
    Ok(None)
}
