//! Importing: files of the past become events, each with a name of its own that does not depend on when it is
//! imported, so that a second run, or one that goes on after a crash, doubles nothing.
//!
//! [`Plan`] says what a row means, [`run::run`] reads, maps and hands on, and a [`Sink`] keeps. What cannot be an
//! event goes to quarantine with its reason.

pub mod build;
pub mod checkpoint;
pub mod delimited;
pub mod files;
mod form;
pub mod group;
pub mod json_lines;
pub mod mapping;
pub mod plan;
pub mod receive;
pub mod rows;
pub mod run;
pub mod sink;
pub mod template;
#[cfg(test)]
mod tests;

pub use mapping::MappingError;
pub use plan::Plan;
pub use rows::{Batches, Cell, ReadError, RowReader, Step, View};
pub use run::{ImportError, Options, Progress, Summary, run};
pub use sink::{Counts, LocalSink, Sink, SinkError};
