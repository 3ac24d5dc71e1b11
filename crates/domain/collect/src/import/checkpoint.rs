//! How far an import got: how many of its events and refused rows are durable.
//!
//! An import gives the same events in the same order every time, so two counts say it all. They are written after
//! what they count is durable; being behind costs time, not correctness, since events have names of their own.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::name_of;
use super::plan::Plan;

/// How far an import got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Which import: a hash of plan, source and files.
    pub fingerprint: String,
    /// Events that are durable.
    pub events: u64,
    /// Refused rows that are durable.
    pub quarantined: u64,
}

/// What tells one import from another: its plan, its source, and the names, sizes and dates of its files.
pub fn fingerprint(plan: &Plan, source: &str, files: &[PathBuf]) -> String {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(plan.text.as_bytes());
    part(source.as_bytes());
    for file in files {
        part(name_of(file).as_bytes());
        if let Ok(about) = fs::metadata(file) {
            part(&about.len().to_le_bytes());
            let changed = about.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            part(&changed.map_or(0, |at| at.as_nanos()).to_le_bytes());
        }
    }
    format!("{:032x}", hash.digest128())
}

/// The checkpoint in `file`, if it is of this import. One that cannot be read is as if there were none.
pub fn load(file: &Path, fingerprint: &str) -> Checkpoint {
    let read = fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Checkpoint>(&bytes).ok());
    read.filter(|checkpoint| checkpoint.fingerprint == fingerprint)
        .unwrap_or_else(|| Checkpoint { fingerprint: fingerprint.to_owned(), ..Checkpoint::default() })
}

/// Writes the checkpoint: beside the file first, then in its place.
///
/// # Errors
/// The file cannot be written.
pub fn save(file: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("new");
    let mut out = fs::File::create(&beside)?;
    out.write_all(&serde_json::to_vec(checkpoint)?)?;
    out.sync_data()?;
    fs::rename(&beside, file)
}
