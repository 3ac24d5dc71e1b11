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
    /// A moment.
    Time(Timestamp),
    /// What clocks showed in the mapping's zone, counted as if in UTC.
    Wall(Timestamp),
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
            Self::Time(moment) | Self::Wall(moment) => Cow::Owned(moment.to_string()),
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

/// How a cell of another room's reader is seen: column and cell in, view out.
pub type View<C> = Box<dyn for<'a> Fn(usize, &'a C) -> Cell<'a> + Send>;

/// Reads rows that come in batches of cells of some other type `C`: how the program plugs in Parquet.
pub struct Batches<C> {
    columns: Vec<String>,
    batches: Box<dyn Iterator<Item = Result<Vec<Vec<C>>, ReadError>> + Send>,
    batch: std::vec::IntoIter<Vec<C>>,
    row: Vec<C>,
    view: View<C>,
    rows: u64,
    rows_total: u64,
    bytes_total: u64,
}

impl<C: Send> Batches<C> {
    /// A reader of these batches. `rows_total` and `bytes_total` of the file tell how far it got.
    pub fn new(
        columns: Vec<String>,
        batches: impl Iterator<Item = Result<Vec<Vec<C>>, ReadError>> + Send + 'static,
        view: View<C>,
        rows_total: u64,
        bytes_total: u64,
    ) -> Self {
        let (batch, row) = (Vec::new().into_iter(), Vec::new());
        Self { columns, batches: Box::new(batches), batch, row, view, rows: 0, rows_total, bytes_total }
    }
}

impl<C: Send> RowReader for Batches<C> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn advance(&mut self) -> Result<Step, ReadError> {
        loop {
            if let Some(row) = self.batch.next() {
                self.row = row;
                self.rows += 1;
                return Ok(Step::Row);
            }
            match self.batches.next() {
                Some(batch) => self.batch = batch?.into_iter(),
                None => return Ok(Step::End),
            }
        }
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        self.row.get(column).map_or(Cell::Null, |cell| (self.view)(column, cell))
    }

    fn bytes_done(&self) -> u64 {
        // By rows: a columnar file is not read from front to back.
        let share = u128::from(self.bytes_total) * u128::from(self.rows) / u128::from(self.rows_total.max(1));
        u64::try_from(share).unwrap_or(self.bytes_total).min(self.bytes_total)
    }
}
