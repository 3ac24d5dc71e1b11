//! What a copy of a log needs, found in its files alone: nobody has to open the log, and whoever has it open goes on.
//!
//! The order matters. The index of seen keys comes first, then the segments: the index never speaks of records that the
//! segments lack.

use std::fs;
use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::error::LogError;
use crate::recovery;
use crate::scan::{self, Scanner, Step};
use crate::seen::{MANIFEST, Manifest};
use crate::segment::Segment;

/// The index of seen keys at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenFiles {
    /// The file that says which others count, relative to the log's folder, and what it held.
    pub manifest: (PathBuf, Vec<u8>),
    /// The others. One may be gone before it is copied, merged into another: then ask again.
    pub runs: Vec<PathBuf>,
}

/// The records at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFiles {
    /// The files, relative to the log's folder, and how many bytes of each count. Those bytes never change.
    pub files: Vec<(PathBuf, u64)>,
    /// The first offset in them.
    pub start: u64,
    /// The offset after the last.
    pub end: u64,
}

/// The index of seen keys of the log in `dir`; none before it was first written.
pub fn seen_files(dir: &Path) -> Result<Option<SeenFiles>, LogError> {
    let seen = dir.join("seen");
    let path = seen.join(MANIFEST);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LogError::io("read", &path)(error)),
    };
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| LogError::corrupt(&path, 0, error.to_string()))?;
    let runs = manifest.runs.iter().map(|name| Path::new("seen").join(name)).collect();
    Ok(Some(SeenFiles { manifest: (Path::new("seen").join(MANIFEST), bytes), runs }))
}

/// The records of the log in `dir`, up to what is on disk now.
pub fn record_files(dir: &Path) -> Result<RecordFiles, LogError> {
    let (salt, segments) = open(dir)?;
    let identity = dir.join(recovery::IDENTITY);
    let bytes = |path: &Path| Ok(fs::metadata(path).map_err(LogError::io("look at", path))?.len());
    let mut files = vec![(PathBuf::from(recovery::IDENTITY), bytes(&identity)?)];
    let mut end = 0;
    for (place, segment) in segments.iter().enumerate() {
        let len = if place + 1 == segments.len() {
            let (len, last) = written(segment, salt)?;
            end = last;
            len
        } else {
            bytes(&segment.path)?
        };
        let name = segment.path.strip_prefix(dir).unwrap_or(&segment.path);
        files.push((name.to_owned(), len));
    }
    Ok(RecordFiles { files, start: segments.first().map_or(0, |segment| segment.base), end })
}

/// Reads every record of the log in `dir` and checks it against its checksum; the offsets from the first to after the last.
pub fn check(dir: &Path) -> Result<std::ops::Range<u64>, LogError> {
    let (salt, segments) = open(dir)?;
    let Some(last) = segments.last() else { return Ok(0..0) };
    let (start, end) = (segments[0].base, written(last, salt)?.1);
    recovery::replay_keys(&segments, salt, start, end, |_, _| Ok(()))?;
    Ok(start..end)
}

fn open(dir: &Path) -> Result<(u32, Vec<std::sync::Arc<Segment>>), LogError> {
    Ok((recovery::salt(&Disk::default(), dir, false)?, recovery::list(&dir.join("segments"))?))
}

/// How much of the last segment is whole frames, and the offset after them.
fn written(segment: &Segment, salt: u32) -> Result<(u64, u64), LogError> {
    let path = &segment.path;
    let read = |error| LogError::io("read", path)(error);
    let (mut len, mut end) = (0, segment.base);
    let mut stopped_at = None;
    loop {
        let mut scanner = Scanner::open(path, salt, len).map_err(read)?;
        let why = loop {
            match scanner.step().map_err(read)? {
                Step::Nothing { why, .. } => break why,
                Step::Frame { next, frame, .. } if frame.first == end => (len, end) = (next, frame.end()),
                Step::Frame { position, frame, .. } => {
                    let detail = format!("a frame begins with offset {} where {end} is due", frame.first);
                    return Err(LogError::corrupt(path, position, detail));
                }
            }
        };
        // A frame that was being written just now is whole by the time a later one is.
        match scan::frame_after(path, salt, len, end).map_err(read)? {
            None => return Ok((len, end)),
            Some(later) if stopped_at == Some(len) => {
                return Err(LogError::corrupt(path, len, format!("{why}, but a valid one follows at byte {later}")));
            }
            Some(_) => stopped_at = Some(len),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Log, LogOptions, Record};

    use super::*;

    fn filled(dir: &Path, records: u64) -> Log {
        let options = LogOptions { segment_bytes: 4_096, table_keys: 64, ..LogOptions::default() };
        let log = Log::open(dir, options).unwrap();
        for key in 0..records {
            log.append_blocking([Record { key: key.into(), bytes: vec![7; 100] }].into()).unwrap();
        }
        log
    }

    fn copy(from: &Path, to: &Path) -> u64 {
        fs::create_dir_all(to.join("segments")).unwrap();
        fs::create_dir_all(to.join("seen")).unwrap();
        if let Some(seen) = seen_files(from).unwrap() {
            for run in seen.runs {
                fs::copy(from.join(&run), to.join(&run)).unwrap();
            }
            fs::write(to.join(seen.manifest.0), seen.manifest.1).unwrap();
        }
        let records = record_files(from).unwrap();
        for (path, bytes) in records.files {
            let whole = fs::read(from.join(&path)).unwrap();
            fs::write(to.join(&path), &whole[..usize::try_from(bytes).unwrap()]).unwrap();
        }
        records.end
    }

    #[test]
    fn a_copy_made_while_the_log_is_open_holds_all_that_was_acknowledged() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let log = filled(from.path(), 300);
        assert_eq!(copy(from.path(), to.path()), 300);
        assert_eq!(check(to.path()).unwrap(), 0..300);
        let copied = Log::open(to.path(), LogOptions::default()).unwrap();
        assert_eq!(copied.end(), 300);
        let again = [Record { key: 5, bytes: b"again".to_vec() }, Record { key: 300, bytes: b"new".to_vec() }];
        let outcome = copied.append_blocking(again.into()).unwrap();
        assert_eq!(outcome, [crate::Appended::Duplicate, crate::Appended::New { offset: 300 }]);
        drop(log);
    }

    #[test]
    fn a_byte_that_rotted_is_named_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path(), 300));
        assert_eq!(check(dir.path()).unwrap(), 0..300);
        let first = dir.path().join("segments").join(format!("{:020}.log", 0));
        let mut bytes = fs::read(&first).unwrap();
        bytes[200] ^= 1;
        fs::write(&first, bytes).unwrap();
        let error = check(dir.path()).unwrap_err().to_string();
        assert!(error.contains("00000000000000000000.log"), "{error}");
    }
}
