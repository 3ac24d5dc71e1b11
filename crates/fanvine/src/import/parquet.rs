//! Parquet files as rows for the import engine. The lake reads them; the engine knows rows only.

use std::path::Path;

use fanvine_collect::import::rows::{Batches, View};
use fanvine_collect::import::{Cell, ReadError, RowReader};

/// Opens a Parquet file.
pub fn open(path: &Path) -> Result<Box<dyn RowReader>, ReadError> {
    let file = fanvine_collect::import::files::name_of(path);
    let failed = move |error: &dyn std::error::Error| ReadError { file: file.clone(), detail: chain(error) };
    let rows = fanvine_lake::parquet_rows(path).map_err(|error| failed(&error))?;
    let columns = rows.columns().to_vec();
    let zoned: Vec<bool> = (0..columns.len()).map(|column| rows.is_zoned(column)).collect();
    let total = rows.total_rows();
    let bytes = std::fs::metadata(path).map_or(0, |about| about.len());
    let batches = rows.map(move |batch| batch.map_err(|error| failed(&error)));
    Ok(Box::new(Batches::new(columns, batches, view(zoned), total, bytes)))
}

/// The lake's cells as the engine's. A time of a column without a zone is what some clock showed.
fn view(zoned: Vec<bool>) -> View<fanvine_lake::Cell> {
    use fanvine_lake::Cell as Stored;
    Box::new(move |column, cell| match cell {
        Stored::Null => Cell::Null,
        Stored::Text(text) => Cell::Text(text),
        Stored::Int(number) => Cell::Int(*number),
        Stored::Float(number) => Cell::Float(*number),
        Stored::Bool(truth) => Cell::Bool(*truth),
        Stored::Time(moment) if zoned.get(column) == Some(&true) => Cell::Time(*moment),
        Stored::Time(wall) => Cell::Wall(*wall),
    })
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
