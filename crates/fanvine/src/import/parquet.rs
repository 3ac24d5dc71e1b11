//! Parquet files as rows for the import engine. The lake reads them; the engine knows rows only.

use std::path::Path;
use std::sync::Arc;

use fanvine_collect::import::{Cell, ReadError, RowReader, Step};
use fanvine_lake::ParquetRows;

struct Reader {
    name: String,
    columns: Arc<[String]>,
    rows: ParquetRows,
    batch: Vec<Vec<fanvine_lake::Cell>>,
    /// The row the reader stands at, plus one.
    at: usize,
    rows_done: u64,
    rows_total: u64,
    bytes: u64,
}

/// Opens a Parquet file.
pub fn open(path: &Path) -> Result<Box<dyn RowReader>, ReadError> {
    let name = fanvine_collect::import::files::name_of(path);
    let rows =
        fanvine_lake::parquet_rows(path).map_err(|error| ReadError { file: name.clone(), detail: chain(&error) })?;
    let bytes = std::fs::metadata(path).map_or(0, |about| about.len());
    let (columns, rows_total) = (rows.columns(), rows.total_rows());
    Ok(Box::new(Reader { name, columns, rows, batch: Vec::new(), at: 0, rows_done: 0, rows_total, bytes }))
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}

impl RowReader for Reader {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn advance(&mut self) -> Result<Step, ReadError> {
        while self.at >= self.batch.len() {
            match self.rows.next() {
                Some(Ok(batch)) => (self.batch, self.at) = (batch, 0),
                Some(Err(error)) => return Err(ReadError { file: self.name.clone(), detail: chain(&error) }),
                None => return Ok(Step::End),
            }
        }
        self.at += 1;
        self.rows_done += 1;
        Ok(Step::Row)
    }

    fn cell(&self, column: usize) -> Cell<'_> {
        let row = self.at.checked_sub(1).and_then(|at| self.batch.get(at));
        match row.and_then(|row| row.get(column)) {
            None | Some(fanvine_lake::Cell::Null) => Cell::Null,
            Some(fanvine_lake::Cell::Text(text)) => Cell::Text(text),
            Some(fanvine_lake::Cell::Int(number)) => Cell::Int(*number),
            Some(fanvine_lake::Cell::Float(number)) => Cell::Float(*number),
            Some(fanvine_lake::Cell::Bool(truth)) => Cell::Bool(*truth),
            Some(fanvine_lake::Cell::Time(moment)) if self.rows.is_zoned(column) => Cell::Time(*moment),
            Some(fanvine_lake::Cell::Time(wall)) => Cell::Wall(*wall),
        }
    }

    fn bytes_done(&self) -> u64 {
        let share = self.rows_done as f64 / self.rows_total.max(1) as f64;
        (self.bytes as f64 * share.min(1.0)) as u64
    }
}
