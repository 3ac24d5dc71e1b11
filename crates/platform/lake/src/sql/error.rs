//! Why a query has no answer.

use std::time::Duration;

use datafusion::error::DataFusionError;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The statement does something other than read.
    #[error("only reading is allowed: SELECT, WITH, VALUES, EXPLAIN, SHOW or DESCRIBE, not {statement}")]
    NotReadOnly {
        /// The statement's first words.
        statement: String,
    },
    /// The statement is not SQL, or names what is not there.
    #[error("{message}{}", place(*line, *column))]
    Invalid {
        /// What is wrong.
        message: String,
        /// In which line, from 1, where that is known.
        line: Option<u64>,
        /// At which character of the line, from 1.
        column: Option<u64>,
    },
    /// It ran longer than it may.
    #[error("the query took longer than {} s", after.as_secs_f64())]
    TimedOut {
        /// How long it may run.
        after: Duration,
    },
    /// It needed more memory, or more disk to spill to, than all queries may take.
    #[error("the query needs more than the {limit_bytes} bytes of memory queries may take")]
    OutOfMemory {
        /// How much they may take.
        limit_bytes: usize,
    },
    /// It failed while it ran, over a value or over the machine.
    #[error("the query failed: {message}")]
    Failed {
        /// What went wrong.
        message: String,
    },
}

fn place(line: Option<u64>, column: Option<u64>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
        _ => String::new(),
    }
}

impl SqlError {
    /// What the query engine said, in our terms.
    pub(super) fn from_engine(error: &DataFusionError, limit_bytes: usize) -> Self {
        let root = error.find_root();
        // The limit on spilling comes as an error of IO, wrapped one way or another.
        if root.to_string().contains("max_temp_directory_size") {
            return Self::OutOfMemory { limit_bytes };
        }
        match root {
            DataFusionError::ResourcesExhausted(_) => Self::OutOfMemory { limit_bytes },
            DataFusionError::SQL(syntax, _) => {
                let text = syntax.to_string();
                let text = text.trim_start_matches("sql parser error: ");
                let (message, line, column) = split_place(text);
                Self::Invalid { message, line, column }
            }
            DataFusionError::Plan(_) | DataFusionError::SchemaError(..) | DataFusionError::NotImplemented(_) => {
                let (line, column) = match error.diagnostic().and_then(|diagnostic| diagnostic.span) {
                    Some(span) if span.start.line > 0 => (Some(span.start.line), Some(span.start.column)),
                    _ => (None, None),
                };
                Self::Invalid { message: plain(root), line, column }
            }
            _ => Self::Failed { message: plain(root) },
        }
    }
}

/// The message without the engine's labels.
fn plain(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    let labels = [
        "Error during planning: ",
        "Schema error: ",
        "Execution error: ",
        "Arrow error: ",
        "This feature is not implemented: ",
    ];
    let text = labels.iter().find_map(|label| text.strip_prefix(label)).unwrap_or(&text);
    text.lines().next().unwrap_or_default().to_owned()
}

/// Takes ` at Line: 1, Column: 8` off the end of a message.
fn split_place(text: &str) -> (String, Option<u64>, Option<u64>) {
    let parts = text.rsplit_once(" at Line: ").and_then(|(message, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((message.to_owned(), Some(line.trim().parse().ok()?), Some(column.trim().parse().ok()?)))
    });
    parts.unwrap_or_else(|| (text.to_owned(), None, None))
}
