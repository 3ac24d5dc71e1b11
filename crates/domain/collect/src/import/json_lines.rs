//! JSON Lines: one object a line, its entries as cells.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::de::IgnoredAny;

use super::files::Text;
use super::rows::{Cell, ReadError, RowReader, Step};
use crate::segment::json::{Scalar, fields, scalar};

/// The longest line that is read, in bytes.
const LINE_BYTES: usize = 16 << 20;

/// The lines of a file.
pub struct Lines {
    reader: Box<dyn BufRead + Send>,
    done: Arc<AtomicU64>,
    file: String,
    line: Vec<u8>,
}

impl Lines {
    /// The lines of this text.
    pub fn new(text: Text, file: &str) -> Self {
        Self { reader: text.reader, done: text.done, file: file.to_owned(), line: Vec::new() }
    }

    /// How many bytes of the file were read.
    pub fn bytes_done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The next line that is not blank; none at the end. What is not UTF-8 is replaced by U+FFFD and told.
    ///
    /// # Errors
    /// The file cannot be read on, or a line is longer than 16 MiB.
    pub fn advance(&mut self) -> Result<Option<Result<&str, Step>>, ReadError> {
        loop {
            self.line.clear();
            let failed = |detail: String| ReadError { file: self.file.clone(), detail };
            let mut limited = std::io::Read::take(&mut self.reader, LINE_BYTES as u64);
            let read = limited.read_until(b'\n', &mut self.line).map_err(|error| failed(error.to_string()))?;
            if read == 0 {
                return Ok(None);
            }
            if read == LINE_BYTES {
                return Err(failed(format!("a line is longer than {LINE_BYTES} bytes")));
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(std::str::from_utf8(&self.line).map(str::trim).map_err(|error| Step::Bad {
            reason: "not_utf8",
            detail: format!("the line is not UTF-8: {error}"),
            body: String::from_utf8_lossy(&self.line).trim().to_owned(),
        })))
    }
}

enum Kept {
    Null,
    Text(String),
    Number(String),
    Bool(bool),
}

/// A file of objects, one a line. Its columns are those the mapping speaks of.
pub struct JsonLines {
    lines: Lines,
    columns: Vec<String>,
    cells: Vec<Kept>,
    raw: String,
}

impl JsonLines {
    /// Reads the entries `columns` of each object.
    pub fn open(text: Text, file: &str, columns: &[String]) -> Self {
        Self { lines: Lines::new(text, file), columns: columns.to_vec(), cells: Vec::new(), raw: String::new() }
    }
}

impl RowReader for JsonLines {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn advance(&mut self) -> Result<Step, ReadError> {
        self.raw.clear();
        match self.lines.advance()? {
            None => return Ok(Step::End),
            Some(Err(bad)) => return Ok(bad),
            Some(Ok(line)) => self.raw.push_str(line),
        }
        let bad = |detail: String| Step::Bad { reason: "invalid_json", detail, body: self.raw.clone() };
        self.cells.clear();
        self.cells.resize_with(self.columns.len(), || Kept::Null);
        let (columns, cells) = (&self.columns, &mut self.cells);
        let read = fields(&self.raw, |key, value| {
            let Some(place) = columns.iter().position(|column| column == key) else { return };
            cells[place] = match scalar(value) {
                Scalar::Null => Kept::Null,
                Scalar::Text(text) => Kept::Text(text.into_owned()),
                Scalar::Number(text) => Kept::Number(text.to_owned()),
                Scalar::Bool(truth) => Kept::Bool(truth),
                Scalar::Nested => Kept::Text(value.to_owned()),
            };
        });
        match read {
            Ok(()) => Ok(Step::Row),
            Err(malformed) => Ok(match serde_json::from_str::<IgnoredAny>(&self.raw) {
                Err(error) => bad(error.to_string()),
                Ok(_) => bad(malformed.to_string()),
            }),
        }
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        match self.cells.get(column) {
            None | Some(Kept::Null) => Cell::Null,
            Some(Kept::Text(text)) => Cell::Text(text),
            Some(Kept::Number(text)) => Cell::Number(text),
            Some(Kept::Bool(truth)) => Cell::Bool(*truth),
        }
    }

    fn raw(&self) -> Option<&str> {
        Some(&self.raw)
    }

    fn bytes_done(&self) -> u64 {
        self.lines.bytes_done()
    }
}
