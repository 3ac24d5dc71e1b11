//! The event log through its public face: kept promises after crashes, tears, damage, trims and crowds.

use std::fs;
use std::path::{Path, PathBuf};

use fanvine_stream::{Appended, Batch, Log, LogOptions, Record};

mod crowd;
mod damage;
mod forgetting;
mod killed;
mod model;

/// Small enough that a handful of records fills segments, tables of keys and tiers of runs.
fn small() -> LogOptions {
    LogOptions { segment_bytes: 2000, ahead_bytes: 4096, table_keys: 8, ..LogOptions::default() }
}

fn record(key: u128) -> Record {
    Record { key, bytes: format!("record {key}").into_bytes() }
}

fn append(log: &Log, keys: impl IntoIterator<Item = u128>) -> Vec<Appended> {
    log.append_blocking(keys.into_iter().map(record).collect()).expect("appends")
}

/// All records from `from` on, read in batches of `max_bytes`.
fn read_all(log: &Log, from: u64, max_bytes: usize) -> Vec<(u64, Vec<u8>)> {
    read_each(log, from, max_bytes, |batch| assert_eq!(batch.len(), batch.records().count()))
}

/// The same of a log that has forgotten some.
fn read_kept(log: &Log, from: u64, max_bytes: usize) -> Vec<(u64, Vec<u8>)> {
    read_each(log, from, max_bytes, |batch| assert!(batch.len() >= batch.records().count()))
}

fn read_each(log: &Log, from: u64, max_bytes: usize, check: impl Fn(&Batch)) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    let mut next = from;
    while next < log.end() {
        let batch = log.read(next, max_bytes).expect("reads");
        assert_eq!(batch.first, next);
        check(&batch);
        assert!(!batch.is_empty());
        found.extend(batch.records().map(|(offset, bytes)| (offset, bytes.to_vec())));
        next = batch.next;
    }
    found
}

/// The folder as a kill at this moment would leave it.
fn copy_of(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("folder");
    for part in ["", "segments", "seen"] {
        fs::create_dir_all(copy.path().join(part)).expect("creates");
        for entry in fs::read_dir(dir.join(part)).expect("lists") {
            let path = entry.expect("entry").path();
            // Runs come and go while a log is open: one that vanished is not in the manifest any more.
            if path.is_file() {
                let to = copy.path().join(part).join(path.file_name().expect("name"));
                drop(fs::copy(&path, to));
            }
        }
    }
    copy
}

fn segment_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("segments")).expect("lists");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("entry").path()).collect();
    files.sort();
    files
}

/// Start and end of each frame in a segment's bytes.
fn frames(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while bytes.len() >= at + 32 && &bytes[at..at + 4] == b"FvL1" {
        let body = u32::from_le_bytes([bytes[at + 8], bytes[at + 9], bytes[at + 10], bytes[at + 11]]);
        found.push((at, at + 32 + body as usize));
        at += 32 + body as usize;
    }
    found
}
