//! The columnar store of events: Parquet files in buckets by shopper, the newest events in memory, and
//! SQL over both.
//!
//! The lake decides how events lie on disk and how a question about them is planned. It must never
//! learn what a campaign or an order is, nor how an event reached it: it is given the log's records
//! in order and remembers up to which offset it holds them. Arrow, Parquet and DataFusion stay
//! inside; what leaves are plain values.
//!
//! One event's way: [`Lake::ingest`] numbers its shopper, codes its name and appends it to columns
//! in memory (`hot`), where queries see it. A flush sorts them by (shopper, moment) and writes a file
//! a bucket (`flush`), then commits one manifest that names the files and the offset (`catalogue`).
//! Compaction merges small files (`compact`). A crash at any moment leaves the last manifest, and the log
//! is read again from its offset.

mod catalogue;
mod compact;
mod copy;
mod depot;
mod describe;
mod error;
#[cfg(test)]
mod faults;
mod flush;
mod forget;
mod hot;
mod lake;
mod layout;
mod names;
mod narrow;
mod options;
mod provider;
mod prune;
mod rows;
mod shoppers;
mod sql;
mod table;
mod threads;
mod uniques;
mod upkeep;
mod walk;

pub use copy::{LakeFiles, lake_files};
pub use describe::{ColumnAbout, TableAbout};
pub use error::LakeError;
pub use forget::Forgotten;
pub use lake::{Lake, LakeStats};
pub use options::LakeOptions;
pub use rows::{Cell, ParquetRows, RowsError, parquet_rows};
pub use sql::{ByteStream, RowForm, SqlAnswer, SqlError, SqlRequest};
pub use table::{ColumnData, ColumnKind, ColumnSpec, ColumnStream, Table};
pub use uniques::{DayPart, DayQuestion};
pub use walk::{Column, Days, Merges, Run, Snapshot, Visitor, Walk};
