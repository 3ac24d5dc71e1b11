//! Rows of any Parquet file as plain cells, for import.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use datafusion::parquet::errors::ParquetError;
use fanvine_kernel::Timestamp;

const BATCH_ROWS: usize = 4096;

/// Why a Parquet file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// It cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not Parquet, or damaged.
    #[error("cannot read {} as Parquet", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// It holds what cannot be read as plain cells.
    #[error("cannot read a column of {}", path.display())]
    Column {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ArrowError,
    },
}

/// One value of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Text; also decimals, and everything that has no plain form, as it is shown.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// A moment. Of a column without a zone ([`ParquetRows::is_zoned`]) it is what clocks showed,
    /// counted as if in UTC: see `Zone::from_wall_micros`.
    Time(Timestamp),
}

impl Cell {
    /// The value as text: floats as the shortest decimal that reads back the same, moments as RFC
    /// 3339 in UTC; none where there is nothing.
    ///
    /// ```
    /// # use fanvine_lake::Cell;
    /// assert_eq!(Cell::Float(2.55).to_text().as_deref(), Some("2.55"));
    /// assert_eq!(Cell::Float(85123.0).to_text().as_deref(), Some("85123"));
    /// ```
    pub fn to_text(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Text(text) => text.clone(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Bool(truth) => truth.to_string(),
            Self::Time(moment) => moment.to_string(),
        })
    }
}

/// A Parquet file being read: yields batches of rows.
pub struct ParquetRows {
    path: PathBuf,
    columns: Arc<[String]>,
    zoned: Vec<bool>,
    total: u64,
    reader: ParquetRecordBatchReader,
}

/// Opens a Parquet file.
pub fn parquet_rows(path: impl AsRef<Path>) -> Result<ParquetRows, RowsError> {
    ParquetRows::open(path.as_ref(), 0)
}

impl ParquetRows {
    /// Opens a Parquet file and passes over its first `skip` rows.
    pub fn open(path: &Path, skip: u64) -> Result<Self, RowsError> {
        let failed = |source| RowsError::Parquet { path: path.to_owned(), source };
        let file = File::open(path).map_err(|source| RowsError::Open { path: path.to_owned(), source })?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
        let fields = Arc::clone(builder.schema());
        let total = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let reader = builder.with_batch_size(BATCH_ROWS).with_offset(skip).build().map_err(failed)?;
        let is_zoned = |kind: &DataType| matches!(kind, DataType::Timestamp(_, Some(_)));
        Ok(Self {
            path: path.to_owned(),
            columns: fields.fields().iter().map(|field| field.name().clone()).collect(),
            zoned: fields.fields().iter().map(|field| is_zoned(field.data_type())).collect(),
            total,
            reader,
        })
    }

    /// The names of its columns.
    pub fn columns(&self) -> Arc<[String]> {
        Arc::clone(&self.columns)
    }

    /// Whether the moments of a column are in UTC, not what some clock showed.
    pub fn is_zoned(&self, column: usize) -> bool {
        self.zoned.get(column).copied().unwrap_or(false)
    }

    /// How many rows the file has, those passed over included.
    pub fn total_rows(&self) -> u64 {
        self.total
    }
}

impl Iterator for ParquetRows {
    type Item = Result<Vec<Vec<Cell>>, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        let failed = |source| RowsError::Column { path: self.path.clone(), source };
        Some(batch.and_then(|batch| cells_of(&batch)).map_err(failed))
    }
}

fn cells_of(batch: &RecordBatch) -> Result<Vec<Vec<Cell>>, ArrowError> {
    let mut rows: Vec<Vec<Cell>> = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for column in batch.columns() {
        for (row, cell) in rows.iter_mut().zip(cells(column)?) {
            row.push(cell);
        }
    }
    Ok(rows)
}

fn cells(column: &dyn Array) -> Result<Vec<Cell>, ArrowError> {
    let each = |cell: &dyn Fn(usize) -> Cell| -> Vec<Cell> {
        (0..column.len()).map(|row| if column.is_valid(row) { cell(row) } else { Cell::Null }).collect()
    };
    Ok(match column.data_type() {
        DataType::Null => vec![Cell::Null; column.len()],
        DataType::Boolean => each(&|row| Cell::Bool(column.as_boolean().value(row))),
        kind if kind.is_integer() && *kind != DataType::UInt64 => {
            let numbers = cast(column, &DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            each(&|row| Cell::Int(numbers.value(row)))
        }
        // A 32-bit float is read by its own shortest text: 2.55 stays 2.55.
        DataType::Float16 | DataType::Float32 => {
            let texts = cast(column, &DataType::Utf8)?;
            let texts = texts.as_string::<i32>();
            each(&|row| texts.value(row).parse().map_or(Cell::Null, Cell::Float))
        }
        DataType::Float64 => {
            let numbers = column.as_primitive::<Float64Type>();
            each(&|row| Cell::Float(numbers.value(row)))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let texts = cast(column, &DataType::Utf8View)?;
            let texts = texts.as_string_view();
            each(&|row| Cell::Text(texts.value(row).to_owned()))
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let texts = cast(column, &DataType::Binary)?;
            let texts = texts.as_binary::<i32>();
            each(&|row| Cell::Text(String::from_utf8_lossy(texts.value(row)).into_owned()))
        }
        DataType::Dictionary(_, value) => cells(&cast(column, value)?)?,
        DataType::Timestamp(_, zone) => {
            let moments = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>();
            each(&|row| Cell::Time(Timestamp::from_micros(moments.value(row))))
        }
        DataType::Date32 | DataType::Date64 => {
            let moments = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>();
            each(&|row| Cell::Time(Timestamp::from_micros(moments.value(row))))
        }
        _ => {
            let options = FormatOptions::default();
            let formatter = ArrayFormatter::try_new(column, &options)?;
            each(&|row| formatter.value(row).try_to_string().map_or(Cell::Null, Cell::Text))
        }
    })
}
