//! Why the lake could not do what was asked.

use std::path::PathBuf;

use datafusion::arrow::error::ArrowError;
use datafusion::parquet::errors::ParquetError;

/// Why events could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// Another process holds the folder.
    #[error("the lake in {} is in use by another process", root.display())]
    Locked {
        /// The lake's folder.
        root: PathBuf,
    },
    /// The file system refused.
    #[error("the lake cannot {action} {path}")]
    Io {
        /// What was tried: `read`, `write` …
        action: &'static str,
        /// On which file, relative to the lake's folder.
        path: String,
        /// What the file system said.
        source: std::io::Error,
    },
    /// A file the catalogue names is missing or is not what it should be.
    #[error("the lake is damaged: {path}: {reason}")]
    Damaged {
        /// Which file, relative to the lake's folder.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The options contradict what is on disk.
    #[error("the lake was made with {found} buckets, not {wanted}")]
    Buckets {
        /// As on disk.
        found: u16,
        /// As in the options.
        wanted: u16,
    },
    /// Records of the log were left out.
    #[error("the lake wants the log from offset {wanted}, but was given {given}")]
    Gap {
        /// The next offset it has not seen.
        wanted: u64,
        /// The first offset of the batch.
        given: u64,
    },
    /// Flushing does not keep up (or fails), and memory is not to grow: give the batch again later.
    #[error("{held} bytes of events wait to be flushed, the limit is {limit}")]
    Behind {
        /// Bytes waiting.
        held: usize,
        /// The most that may wait.
        limit: usize,
    },
    /// Numbers for shoppers have run out.
    #[error("the lake numbers at most {} shoppers", u32::MAX)]
    TooManyShoppers,
    /// A column could not be built.
    #[error("cannot build columns")]
    Columns(#[from] ArrowError),
    /// Parquet could not be written or read.
    #[error("cannot read or write Parquet")]
    Parquet(#[from] ParquetError),
    /// The query engine could not be set up.
    #[error("cannot set up the query engine: {0}")]
    Engine(String),
    /// A background task died.
    #[error("a task of the lake ended early: {0}")]
    Task(String),
}

impl LakeError {
    /// For `map_err`: names what was tried on which file.
    pub(crate) fn io(action: &'static str, path: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// Whether the cause is a full disk, so that trying again later can help.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            Self::Parquet(ParquetError::External(source)) => source
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::StorageFull),
            _ => false,
        }
    }
}
