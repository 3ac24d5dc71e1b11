//! Backups: a folder of everything that is kept, as of some moments.
//!
//! ```text
//! DIR/objects/ab/cdef…   contents, each once, under their SHA-256
//! DIR/backups/NAME.json  one backup: which content lies at which path of the data folder
//! ```
//!
//! **The order is what makes a copy of a running program whole.** The database is copied first, then the columns, then the
//! index of seen keys, and the log last: nothing that is derived from the log is ever ahead of it, and what is behind catches
//! up from it when the copy is opened, as after a crash. A backup counts once its manifest is there, which is written last.

pub mod check;
pub mod depot;
pub mod postgres;
pub mod restore;
pub mod take;

use fanvine_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// The form of manifests.
pub const FORMAT: u32 = 1;
/// Where the database lies in a backup, and in a restored data folder.
pub const SQLITE: &str = "fanvine.db";
/// Where PostgreSQL's dump lies in a backup.
pub const DUMP: &str = "postgres.dump";
/// Where the settings lie.
pub const SETTINGS: &str = "fanvine.toml";

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of the program that made it.
    pub fanvine: String,
    /// When it was begun.
    pub made_at: Timestamp,
    /// `sqlite` or `postgres`.
    pub store: String,
    /// The first offset of the log in it.
    pub log_start: u64,
    /// The offset after the last.
    pub log_end: u64,
    /// Its files.
    pub files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it lies, relative to the data folder, with slashes.
    pub path: String,
    /// How long it is.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// When the file it was made from was last changed, in microseconds since 1970; for files that are never changed, so
    /// that they need not be read again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub modified_us: Option<i64>,
}
