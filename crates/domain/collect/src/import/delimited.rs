//! CSV and its relatives, row by row.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use super::files::Text;
use super::mapping::Input;
use super::rows::{Cell, ReadError, RowReader, Step};

/// A file of values between delimiters.
pub struct Delimited {
    reader: Reader<Box<dyn BufRead + Send>>,
    record: StringRecord,
    columns: Vec<String>,
    file: String,
    done: Arc<AtomicU64>,
}

impl Delimited {
    /// Opens it; the delimiter is found out where none is given.
    ///
    /// # Errors
    /// The header cannot be read.
    pub fn open(text: Text, file: &str, input: &Input, delimiter: Option<u8>) -> Result<Self, ReadError> {
        let failed = |detail: String| ReadError { file: file.to_owned(), detail };
        let Text { mut reader, done } = text;
        let delimiter = match delimiter {
            Some(delimiter) => delimiter,
            None => sniff(reader.fill_buf().map_err(|error| failed(error.to_string()))?),
        };
        // Tab-separated exports do not quote: a lone quotation mark is text there.
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(delimiter != b'\t')
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 18)
            .from_reader(reader);
        let mut record = StringRecord::new();
        let columns = match (&input.columns, input.header) {
            (Some(columns), header) => {
                if header {
                    reader.read_record(&mut record).map_err(|error| failed(error.to_string()))?;
                }
                columns.clone()
            }
            (None, true) => {
                reader.read_record(&mut record).map_err(|error| failed(error.to_string()))?;
                record.iter().map(|name| name.trim().to_owned()).collect()
            }
            (None, false) => {
                return Err(failed(
                    "the file has no header; name its `columns` under [input] of the mapping".to_owned(),
                ));
            }
        };
        Ok(Self { reader, record, columns, file: file.to_owned(), done })
    }
}

impl RowReader for Delimited {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn advance(&mut self) -> Result<Step, ReadError> {
        match self.reader.read_record(&mut self.record) {
            Ok(false) => Ok(Step::End),
            Ok(true) if self.record.len() == self.columns.len() => Ok(Step::Row),
            Ok(true) => Ok(Step::Bad {
                reason: "wrong_number_of_values",
                detail: format!("the row has {} values, the file {} columns", self.record.len(), self.columns.len()),
                body: self.record.iter().collect::<Vec<_>>().join("\t"),
            }),
            Err(error) => match error.kind() {
                ErrorKind::Utf8 { err, .. } => Ok(Step::Bad {
                    reason: "not_utf8",
                    detail: format!("the row is not UTF-8: {err}; save the file as UTF-8"),
                    body: String::new(),
                }),
                _ => Err(ReadError { file: self.file.clone(), detail: error.to_string() }),
            },
        }
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        self.record.get(column).map_or(Cell::Null, Cell::Text)
    }

    fn bytes_done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

/// The delimiter that parts the first lines into the most values, equally many in each.
fn sniff(start: &[u8]) -> u8 {
    let mut lines: Vec<&[u8]> = start.split(|byte| *byte == b'\n').take(20).collect();
    if lines.len() > 1 {
        // The last one may be cut off.
        lines.pop();
    }
    let count = |line: &[u8], delimiter: u8| {
        let mut quoted = false;
        line.iter()
            .filter(|byte| {
                quoted ^= **byte == b'"';
                **byte == delimiter && !quoted
            })
            .count()
    };
    let score = |delimiter: u8| {
        let first = lines.first().map_or(0, |line| count(line, delimiter));
        let equal = lines.iter().filter(|line| count(line, delimiter) == first).count();
        if first == 0 { (0, 0) } else { (equal, first) }
    };
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_out() {
        assert_eq!(sniff(b"a;b;c\n1,5;2;3\n4,5;5;6\n"), b';');
        assert_eq!(sniff(b"a,b\n\"x;y\",2\n"), b',');
        assert_eq!(sniff(b"a\tb\n1\t2\n"), b'\t');
        assert_eq!(sniff(b"alone\n1\n"), b',');
    }
}
