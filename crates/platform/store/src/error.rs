//! What can go wrong with the store, told apart by what the caller can do about it.

use std::error::Error;
use std::sync::Arc;

use fanvine_kernel::{Code, Problem};

type Cause = Arc<dyn Error + Send + Sync>;

/// A statement failed, on SQLite's writer or anywhere else.
pub(crate) enum Failure {
    Writer(rusqlite::Error),
    Driver(sqlx::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Writer(cause)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(cause: sqlx::Error) -> Self {
        Self::Driver(cause)
    }
}

/// Why the store did not do what it was asked. Cheap to clone: one failed commit answers many commands.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The address names neither database.
    #[error("`{url}` is not an address of the form sqlite:PATH or postgres://USER@HOST/DATABASE")]
    UnknownAddress {
        /// The address, without its password.
        url: String,
    },
    /// The database could not be opened.
    #[error("cannot open the store {url}")]
    Open {
        /// The address, without its password.
        url: String,
        /// What the database said.
        source: Cause,
    },
    /// The disk is full. Nothing of this command was saved.
    #[error("the store's disk is full: {doing}")]
    Full {
        /// What was being done.
        doing: String,
        /// What the database said.
        source: Cause,
    },
    /// Another transaction was in the way, or the database was out of reach; the same command may succeed if
    /// tried again.
    #[error("the store is busy or out of reach: {doing}")]
    Busy {
        /// What was being done.
        doing: String,
        /// What the database said.
        source: Cause,
    },
    /// A row with that key already exists.
    #[error("a row with that key exists already: {doing}")]
    Duplicate {
        /// What was being done.
        doing: String,
        /// The constraint, where the database names it.
        constraint: Option<String>,
        /// What the database said.
        source: Cause,
    },
    /// The database refused a statement.
    #[error("the store refused: {doing}")]
    Refused {
        /// What was being done.
        doing: String,
        /// What the database said.
        source: Cause,
    },
    /// The answer has no such column.
    #[error("the answer has no column {column}")]
    NoColumn {
        /// Its name, or `#number`.
        column: String,
    },
    /// A column is null where a value was expected.
    #[error("column {column} is null")]
    NullColumn {
        /// Its name, or `#number`.
        column: String,
    },
    /// A column does not hold what was expected.
    #[error("column {column} cannot be read as {wanted}")]
    Column {
        /// Its name, or `#number`.
        column: String,
        /// The type asked for.
        wanted: &'static str,
        /// What the database said.
        source: Cause,
    },
    /// A migration that was applied has since been edited.
    #[error(
        "migration {name} was applied as {applied} but now reads {present}; add a new migration instead of editing one"
    )]
    MigrationChanged {
        /// Which one.
        name: String,
        /// The checksum it was applied with.
        applied: String,
        /// Its checksum now.
        present: String,
    },
    /// A migration could not be applied; nothing of it was.
    #[error("migration {name} failed")]
    Migration {
        /// Which one.
        name: String,
        /// Why.
        source: Box<StoreError>,
    },
    /// A row of the outbox does not hold an event.
    #[error("outbox row {id} does not hold an event")]
    Outbox {
        /// The row.
        id: i64,
        /// Why it cannot be read.
        source: Cause,
    },
    /// A number does not fit the database's 63 bits.
    #[error("{what} {number} does not fit a BIGINT")]
    TooLarge {
        /// What it counts.
        what: &'static str,
        /// The number.
        number: u64,
    },
    /// A command panicked and was rolled back.
    #[error("a command panicked and was rolled back: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Migration { source, .. } => source.is_full(),
            _ => false,
        }
    }

    /// Whether the same command may succeed if it is tried again at once: a deadlock, a serialization failure,
    /// a lock held too long, a lost connection.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Migration { source, .. } => source.is_retryable(),
            _ => false,
        }
    }

    /// Whether a row with that key already exists.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Duplicate { .. })
    }

    /// Sorts a failure of the database by what can be done about it.
    pub(crate) fn sort(doing: &str, cause: impl Into<Failure>) -> Self {
        let doing = shortened(doing);
        let cause = match cause.into() {
            Failure::Driver(cause) => cause,
            Failure::Writer(cause) => {
                let extended = cause.sqlite_error().map_or(0, |said| said.extended_code);
                return Self::of_sqlite(doing, extended, Arc::new(cause));
            }
        };
        match &cause {
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Closed,
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => Self::Busy { doing, source: Arc::new(cause) },
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default().into_owned();
                let constraint = said.constraint().map(str::to_owned);
                let duplicate = said.is_unique_violation();
                let source: Cause = Arc::new(cause);
                match code.as_str() {
                    "53100" => Self::Full { doing, source },
                    // PostgreSQL: serialization failure, deadlock, lock timeout, too many connections, shutting down.
                    "40001" | "40P01" | "55P03" | "53300" | "57P01" | "57P02" | "57P03" => Self::Busy { doing, source },
                    _ if duplicate => Self::Duplicate { doing, constraint, source },
                    // PostgreSQL's codes have five characters; SQLite's have at most four.
                    number if number.len() < 5 => Self::of_sqlite(doing, number.parse().unwrap_or(0), source),
                    _ => Self::Refused { doing, source },
                }
            }
            _ => Self::Refused { doing, source: Arc::new(cause) },
        }
    }

    /// SQLite's extended codes carry the primary one in the low byte.
    fn of_sqlite(doing: String, extended: i32, source: Cause) -> Self {
        match (extended, extended & 255) {
            (1555 | 2067, _) => Self::Duplicate { doing, constraint: None, source },
            (_, 13) => Self::Full { doing, source },
            (_, 5 | 6) => Self::Busy { doing, source },
            _ => Self::Refused { doing, source },
        }
    }

    pub(crate) fn column(column: String, wanted: &'static str, cause: sqlx::Error) -> Self {
        Self::Column { column, wanted, source: Arc::new(cause) }
    }

    /// The error with all its causes, in one line.
    pub fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        text
    }
}

/// The first line's worth of a statement, for an error.
fn shortened(sql: &str) -> String {
    let mut text = String::with_capacity(120);
    for word in sql.split_whitespace() {
        if text.len() + word.len() > 160 {
            text.push('…');
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

impl From<StoreError> for Problem {
    /// What the public is told. The statement and the database's words go to the log only.
    fn from(error: StoreError) -> Self {
        if error.is_full() {
            tracing::error!(error = %error.in_full(), "the disk is full");
            return Problem::new(Code::StorageFull, "the store's disk is full").retry_after(10);
        }
        if error.is_retryable() {
            tracing::warn!(error = %error.in_full(), "the store is busy");
            return Problem::new(Code::Unavailable, "the store is busy").retry_after(1);
        }
        if matches!(error, StoreError::Closed) {
            return Problem::new(Code::Unavailable, "the program is shutting down").retry_after(5);
        }
        tracing::error!(error = %error.in_full(), "the store failed");
        Problem::new(Code::Internal, "the store could not carry out the request; the log says why")
    }
}
