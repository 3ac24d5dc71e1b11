//! The manifest: which runs make up the index of seen keys, and how much of the log they cover.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::disk::Disk;

/// Its file.
pub(crate) const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;

/// Replaced as a whole, atomically.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Manifest {
    format: u32,
    /// The runs hold the keys of all records before this offset.
    pub(crate) covered: u64,
    /// The log had at least this end when the manifest was written; one that ends earlier has lost records.
    pub(crate) acknowledged: u64,
    /// File names of the runs, oldest first.
    pub(crate) runs: Vec<String>,
    /// Number for the next run's name.
    pub(crate) next_run: u64,
}

impl Manifest {
    /// Reads the manifest; `None` if there is none.
    pub(crate) fn load(dir: &Path) -> io::Result<Option<Manifest>> {
        let text = match fs::read(dir.join(MANIFEST)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        if manifest.format != FORMAT {
            let detail = format!("manifest format {} is not known", manifest.format);
            return Err(io::Error::new(io::ErrorKind::InvalidData, detail));
        }
        Ok(Some(manifest))
    }

    pub(crate) fn save(&mut self, disk: &Disk, dir: &Path) -> io::Result<()> {
        self.format = FORMAT;
        replace_file(disk, dir, MANIFEST, &serde_json::to_vec_pretty(self).map_err(io::Error::other)?)
    }
}

/// Writes a small file so that after a crash it is there either as before or complete.
pub(crate) fn replace_file(disk: &Disk, dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let draft = dir.join(format!("{name}.new"));
    let file = disk.create(&draft)?;
    disk.write_at(&file, bytes, 0)?;
    disk.sync(&file)?;
    fs::rename(&draft, dir.join(name))?;
    disk.sync_dir(dir)
}
