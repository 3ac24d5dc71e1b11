//! Files as rows of cells, whatever their format.

use std::borrow::Cow;

use fanvine_kernel::Timestamp;

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A text.
    Text(&'a str),
    /// A number as it was written.
    Number(&'a str),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A date and time. If the mapping gives a zone it is what clocks showed there, else UTC.
    Time(Timestamp),
}

impl<'a> Cell<'a> {
    /// The value as text; none for no value.
    pub fn text(self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Text(text) | Self::Number(text) => Cow::Borrowed(text),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Float(number) if number.is_nan() => return None,
            Self::Float(number) => Cow::Owned(number.to_string()),
            Self::Bool(truth) => Cow::Borrowed(if truth { "true" } else { "false" }),
            Self::Time(moment) => Cow::Owned(moment.to_string()),
        })
    }
}

/// What a reader came upon.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A row, to be asked for its cells.
    Row,
    /// Something that is no row.
    Bad {
        /// Why, in one word.
        reason: &'static str,
        /// Why, naming what is wrong.
        detail: String,
        /// What was found.
        body: String,
    },
    /// The end.
    End,
}

/// A file that cannot be read on.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {file}: {detail}")]
pub struct ReadError {
    /// Which one.
    pub file: String,
    /// What is wrong.
    pub detail: String,
}

/// Reads a file row by row. Rows come in the order of the file, the same on every run.
pub trait RowReader: Send {
    /// The names of the columns.
    fn columns(&self) -> &[String];

    /// Goes on to the next row.
    ///
    /// # Errors
    /// The file cannot be read on.
    fn advance(&mut self) -> Result<Step, ReadError>;

    /// The cell of that column in the row the reader stands at.
    fn cell(&self, column: usize) -> Cell<'_>;

    /// The row as it stands in the file, where it is a text that says all.
    fn raw(&self) -> Option<&str> {
        None
    }

    /// How many bytes of the file were read.
    fn bytes_done(&self) -> u64;
}
