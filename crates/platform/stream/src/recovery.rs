//! Opening a log: what on disk counts, what is a torn last write, and what is damage.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::disk::Disk;
use crate::error::LogError;
use crate::scan::{self, Scanner, Step};
use crate::seen::replace_file;
use crate::segment::Segment;

/// The file of the log's own salt.
pub(crate) const IDENTITY: &str = "log.json";
const FORMAT: u32 = 1;
/// How the name of a segment ends that is being written anew.
pub(crate) const DRAFT: &str = ".log.new";

/// Takes the folder for this process alone; the lock ends with the file handle.
pub(crate) fn lock(dir: &Path) -> Result<File, LogError> {
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(LogError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(LogError::Locked { dir: dir.to_owned() }),
        Err(fs::TryLockError::Error(error)) => Err(LogError::io("lock", &path)(error)),
    }
}

#[derive(Serialize, Deserialize)]
struct Identity {
    format: u32,
    /// Where the frames' checksums start from.
    salt: u32,
}

/// The log's salt, made when the log is new.
pub(crate) fn salt(disk: &Disk, dir: &Path, is_new: bool) -> Result<u32, LogError> {
    let path = dir.join(IDENTITY);
    match fs::read(&path) {
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(Identity { format: FORMAT, salt }) => Ok(salt),
            Ok(Identity { format, .. }) => Err(LogError::corrupt(&path, 0, format!("format {format} is not known"))),
            Err(error) => Err(LogError::corrupt(&path, 0, error.to_string())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_new => {
            // Not a decision anybody could want to repeat: it only has to be unknown to those who send records.
            let salt = RandomState::new().build_hasher().finish() as u32;
            let text = format!("{{\"format\":{FORMAT},\"salt\":{salt}}}\n");
            replace_file(disk, dir, IDENTITY, text.as_bytes()).map_err(LogError::io("write", &path))?;
            Ok(salt)
        }
        Err(error) => Err(LogError::io("read", &path)(error)),
    }
}

/// The segments in a folder, oldest first; of each the latest edition.
pub(crate) fn list(dir: &Path) -> Result<Vec<Arc<Segment>>, LogError> {
    let mut latest = BTreeMap::new();
    for entry in fs::read_dir(dir).map_err(LogError::io("list", dir))? {
        let entry = entry.map_err(LogError::io("list", dir))?;
        if let Some((base, edition)) = entry.file_name().to_str().and_then(Segment::of_name) {
            let known = latest.entry(base).or_insert(edition);
            *known = edition.max(*known);
        }
    }
    Ok(latest.into_iter().map(|(base, edition)| Arc::new(Segment::new(dir, base, edition))).collect())
}

/// Removes what a crash left of segments that were written anew: drafts, and editions that have a later one.
pub(crate) fn sweep(dir: &Path, segments: &[Arc<Segment>]) -> Result<(), LogError> {
    for entry in fs::read_dir(dir).map_err(LogError::io("list", dir))? {
        let path = entry.map_err(LogError::io("list", dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_old = Segment::of_name(name).is_some() && segments.iter().all(|segment| segment.path != path);
        if is_old || name.ends_with(DRAFT) {
            fs::remove_file(&path).map_err(LogError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// The last segment, made ready for writing.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) file: File,
    /// Length of its valid frames.
    pub(crate) len: u64,
    /// The log's end.
    pub(crate) end: u64,
}

/// Walks the last segment's frames, cuts off a torn last write and makes the rest durable: a process that was killed
/// may have left frames in the page cache only, and from now on they count as acknowledged.
pub(crate) fn tail(segment: &Segment, salt: u32) -> Result<Tail, LogError> {
    let path = &segment.path;
    let read = |e| LogError::io("read", path)(e);
    let mut scanner = Scanner::open(path, salt, 0).map_err(read)?;
    let mut end = segment.base;
    let (len, why) = loop {
        match scanner.step().map_err(read)? {
            Step::Nothing { position, why } => break (position, why),
            Step::Frame { position, frame, .. } if frame.first == end => {
                segment.note(frame.first, position);
                end = frame.end();
            }
            Step::Frame { position, frame, .. } => {
                let detail = format!("a frame begins with offset {} where {end} is due", frame.first);
                return Err(LogError::corrupt(path, position, detail));
            }
        }
    };
    if let Some(later) = scan::frame_after(path, salt, len, end).map_err(read)? {
        return Err(LogError::corrupt(path, len, format!("{why}, but a valid one follows at byte {later}")));
    }
    let write = |e| LogError::io("prepare", path)(e);
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(write)?;
    if file.metadata().map_err(write)?.len() > len {
        file.set_len(len).map_err(write)?;
    }
    file.sync_all().map_err(write)?;
    Ok(Tail { file, len, end })
}

/// Gives the keys of every record from `from` to `end`, frame by frame, with the offset after each frame.
pub(crate) fn replay_keys(
    segments: &[Arc<Segment>],
    salt: u32,
    from: u64,
    end: u64,
    mut each: impl FnMut(&mut dyn Iterator<Item = u128>, u64) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let first = segments.partition_point(|s| s.base <= from).saturating_sub(1);
    let mut next = from;
    for (i, segment) in segments.iter().enumerate().skip(first) {
        let stop = segments.get(i + 1).map_or(end, |s| s.base);
        let path = &segment.path;
        let mut scanner = Scanner::open(path, salt, 0).map_err(LogError::io("read", path))?;
        let mut due = segment.base;
        while due < stop && next < end {
            match scanner.step().map_err(LogError::io("read", path))? {
                Step::Frame { position, frame, .. } if frame.first == due => {
                    due = frame.end();
                    segment.note(frame.first, position);
                    if due > next {
                        let skip = (next - frame.first) as usize;
                        each(&mut frame.keys().skip(skip), due)?;
                        next = due;
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
    }
    Ok(())
}

/// Creates a folder and makes its name durable.
pub(crate) fn make_dir(disk: &Disk, dir: &Path) -> Result<(), LogError> {
    fs::create_dir_all(dir).map_err(LogError::io("create", dir))?;
    let parent = dir.parent().filter(|p| !p.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned);
    disk.sync_dir(&parent).map_err(LogError::io("sync", &parent))
}
