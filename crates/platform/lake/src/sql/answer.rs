//! From columns to the values of an answer.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use fanvine_kernel::Timestamp;
use futures::StreamExt;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Running, SqlError};

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SqlAnswer {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Their types: `text`, `integer`, `float`, `decimal`, `boolean`, `timestamp`, `date` …
    pub types: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
    /// Whether rows were cut off.
    pub truncated: bool,
}

/// Reads a running query to its end, or until the answer is as long as it may be.
pub(super) async fn gather(mut running: Running, max_rows: usize, max_bytes: usize) -> Result<SqlAnswer, SqlError> {
    let schema = running.stream.schema();
    let mut answer = SqlAnswer {
        columns: schema.fields().iter().map(|field| field.name().clone()).collect(),
        types: schema.fields().iter().map(|field| type_name(field.data_type())).collect(),
        rows: Vec::new(),
        truncated: false,
    };
    let mut bytes = 0;
    while let Some(batch) = running.next().await? {
        bytes += batch.get_array_memory_size().min(batch.num_rows().saturating_mul(1 << 16));
        let rows = rows(&batch).map_err(|error| SqlError::Failed { message: error.to_string() })?;
        let room = max_rows - answer.rows.len();
        answer.truncated = rows.len() > room;
        answer.rows.extend(rows.into_iter().take(room));
        if answer.truncated {
            break;
        }
        if bytes > max_bytes {
            answer.truncated = true;
            break;
        }
    }
    Ok(answer)
}

impl Running {
    /// The next rows, none at the end, an error when time is up.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>, SqlError> {
        match tokio::time::timeout_at(self.deadline, self.stream.next()).await {
            Err(_) => Err(SqlError::TimedOut { after: self.timeout }),
            Ok(None) => Ok(None),
            Ok(Some(Ok(batch))) => Ok(Some(batch)),
            Ok(Some(Err(error))) => Err(SqlError::from_engine(&error, self.query_memory)),
        }
    }
}

/// The rows of a batch as JSON values.
pub(super) fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Value>>, ArrowError> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for column in batch.columns() {
        for (row, value) in rows.iter_mut().zip(values(column)?) {
            row.push(value);
        }
    }
    Ok(rows)
}

/// A column's values as JSON.
fn values(column: &dyn Array) -> Result<Vec<Value>, ArrowError> {
    let present = |row: usize| column.is_valid(row);
    let each = |value: &dyn Fn(usize) -> Value| -> Vec<Value> {
        (0..column.len()).map(|row| if present(row) { value(row) } else { Value::Null }).collect()
    };
    Ok(match column.data_type() {
        DataType::Null => vec![Value::Null; column.len()],
        DataType::Boolean => each(&|row| Value::Bool(column.as_boolean().value(row))),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let numbers = cast(column, &DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            each(&|row| numbers.value(row).into())
        }
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            let numbers = cast(column, &DataType::UInt64)?;
            let numbers = numbers.as_primitive::<UInt64Type>();
            each(&|row| numbers.value(row).into())
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let numbers = cast(column, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            each(&|row| numbers.value(row).into())
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let texts = cast(column, &DataType::Utf8View)?;
            let texts = texts.as_string_view();
            each(&|row| texts.value(row).into())
        }
        DataType::Dictionary(_, value) => values(&cast(column, value)?)?,
        DataType::RunEndEncoded(_, value) => values(&cast(column, value.data_type())?)?,
        DataType::Timestamp(_, zone) if zone.as_deref().is_none_or(|zone| zone == "UTC") => {
            let moments = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>();
            each(&|row| moment(moments.value(row), zone.is_some()))
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            let bytes = cast(column, &DataType::Binary)?;
            let bytes = bytes.as_binary::<i32>();
            each(&|row| hex(bytes.value(row)).into())
        }
        DataType::List(_) => lists(column, |row| column.as_list::<i32>().value(row))?,
        DataType::LargeList(_) => lists(column, |row| column.as_list::<i64>().value(row))?,
        DataType::FixedSizeList(..) => lists(column, |row| column.as_fixed_size_list().value(row))?,
        DataType::Struct(_) => structs(column)?,
        DataType::Map(..) => maps(column)?,
        _ => shown(column)?,
    })
}

/// RFC 3339 in UTC; a wall-clock time without the `Z`. A moment that no calendar reaches is null.
fn moment(micros: i64, zoned: bool) -> Value {
    if chrono::DateTime::from_timestamp_micros(micros).is_none() {
        return Value::Null;
    }
    let mut text = Timestamp::from_micros(micros).to_string();
    if !zoned {
        text.pop();
    }
    text.into()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn lists(column: &dyn Array, list: impl Fn(usize) -> ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let one = |row: usize| match column.is_valid(row) {
        true => values(&list(row)).map(Value::Array),
        false => Ok(Value::Null),
    };
    (0..column.len()).map(one).collect()
}

fn structs(column: &dyn Array) -> Result<Vec<Value>, ArrowError> {
    let fields = column.as_struct();
    let mut objects = vec![Map::new(); column.len()];
    for (name, values_of) in fields.column_names().into_iter().zip(fields.columns()) {
        for (object, value) in objects.iter_mut().zip(values(values_of)?) {
            object.insert(name.to_owned(), value);
        }
    }
    let one = |(row, object)| if column.is_valid(row) { Value::Object(object) } else { Value::Null };
    Ok(objects.into_iter().enumerate().map(one).collect())
}

fn maps(column: &dyn Array) -> Result<Vec<Value>, ArrowError> {
    let one = |row: usize| {
        if column.is_null(row) {
            return Ok(Value::Null);
        }
        let entries = column.as_map().value(row);
        let keys = shown(entries.column(0))?;
        let pairs = keys.into_iter().zip(values(entries.column(1))?);
        let pairs = pairs.map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), value));
        Ok(Value::Object(pairs.collect()))
    };
    (0..column.len()).map(one).collect()
}

/// Everything else (decimals, dates, intervals, times of other zones) as the text it is shown as.
fn shown(column: &dyn Array) -> Result<Vec<Value>, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options)?;
    let one = |row: usize| match column.is_valid(row) {
        true => formatter.value(row).try_to_string().map(Value::String),
        false => Ok(Value::Null),
    };
    (0..column.len()).map(one).collect()
}

/// The word for a type.
fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text",
        DataType::Boolean => "boolean",
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "float",
        DataType::Timestamp(..) => "timestamp",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Null => "null",
        DataType::Interval(_) | DataType::Duration(_) => "interval",
        DataType::Time32(_) | DataType::Time64(_) => "time",
        DataType::Dictionary(_, value) => return type_name(value),
        DataType::RunEndEncoded(_, value) => return type_name(value.data_type()),
        kind if kind.is_integer() => "integer",
        kind if kind.is_decimal() => "decimal",
        kind if kind.is_nested() => "json",
        _ => "binary",
    }
    .to_owned()
}
