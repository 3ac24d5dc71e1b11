//! Tables that live elsewhere and are streamed in when a query asks for them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::threads::Task;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Whole numbers.
    Int,
    /// Floating-point numbers.
    Float,
    /// Moments, UTC.
    Time,
    /// True or false.
    Bool,
}

/// A column of a table that lives elsewhere.
#[derive(Debug, Clone)]
pub struct ColumnSpec {
    /// Its name in SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// What it means, in a sentence.
    pub about: &'static str,
}

/// Values of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Text.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Floating-point numbers.
    Float(Vec<Option<f64>>),
    /// Microseconds since 1970 in UTC.
    Time(Vec<Option<i64>>),
    /// True or false.
    Bool(Vec<Option<bool>>),
}

/// Chunks of rows: in each the values of every column asked for, in the order asked for. An error is
/// shown to whoever runs the query.
pub type ColumnStream = BoxStream<'static, Result<Vec<ColumnData>, String>>;

/// A table that lives elsewhere.
pub trait Table: Send + Sync {
    /// Its name in SQL.
    fn name(&self) -> &'static str;

    /// What it holds, in a sentence.
    fn about(&self) -> &'static str {
        ""
    }

    /// Its columns.
    fn columns(&self) -> Vec<ColumnSpec>;

    /// Reads the columns at these places; no more than `limit` rows are needed, if it is given.
    /// `projection` is never empty.
    fn scan(&self, projection: Vec<usize>, limit: Option<usize>) -> ColumnStream;
}

/// The type of a moment.
pub(crate) fn moment_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

impl ColumnKind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Time => moment_type(),
            Self::Bool => DataType::Boolean,
        }
    }
}

impl ColumnData {
    fn into_array(self) -> ArrayRef {
        match self {
            Self::Text(values) => Arc::new(StringArray::from(values)),
            Self::Int(values) => Arc::new(Int64Array::from(values)),
            Self::Float(values) => Arc::new(Float64Array::from(values)),
            Self::Time(values) => Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC")),
            Self::Bool(values) => Arc::new(BooleanArray::from(values)),
        }
    }
}

/// A foreign table as the query engine sees it.
pub(crate) struct ForeignTable {
    table: Arc<dyn Table>,
    schema: SchemaRef,
    home: Handle,
}

impl ForeignTable {
    pub(crate) fn new(table: Arc<dyn Table>, home: Handle) -> Self {
        let field = |column: ColumnSpec| Field::new(column.name, column.kind.data_type(), true);
        let schema = Schema::new(table.columns().into_iter().map(field).collect::<Vec<_>>());
        Self { table, schema: Arc::new(schema), home }
    }
}

impl fmt::Debug for ForeignTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ForeignTable({})", self.table.name())
    }
}

#[async_trait]
impl TableProvider for ForeignTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&wanted)?);
        let (table, home) = (Arc::clone(&self.table), self.home.clone());
        let part = ForeignScan { table, wanted, schema: Arc::clone(&schema), limit, home };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(part)], None, [], false, limit)?))
    }
}

struct ForeignScan {
    table: Arc<dyn Table>,
    wanted: Vec<usize>,
    schema: SchemaRef,
    limit: Option<usize>,
    /// Where the table reads: its connections belong to the program's threads, not to the query's.
    home: Handle,
}

impl fmt::Debug for ForeignScan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ForeignScan({})", self.table.name())
    }
}

impl PartitionStream for ForeignScan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        // Where only the rows are counted, some column still has to be read.
        let asked = if self.wanted.is_empty() { vec![0] } else { self.wanted.clone() };
        let (schema, name) = (Arc::clone(&self.schema), self.table.name());
        let batches = read_at_home(&self.home, Arc::clone(&self.table), asked, self.limit).map(move |chunk| {
            let chunk = chunk.map_err(|error| DataFusionError::Execution(format!("table {name}: {error}")))?;
            let mut arrays: Vec<ArrayRef> = chunk.into_iter().map(ColumnData::into_array).collect();
            let rows = arrays.first().map_or(0, |array| array.len());
            arrays.truncate(schema.fields().len());
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            Ok(RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)?)
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

/// Reads a table on the threads it belongs to, a few chunks ahead; stops when nobody listens.
fn read_at_home(home: &Handle, table: Arc<dyn Table>, wanted: Vec<usize>, limit: Option<usize>) -> ColumnStream {
    let (sender, receiver) = mpsc::channel(2);
    let reading = Task::on(home, async move {
        let mut chunks = table.scan(wanted, limit);
        while let Some(chunk) = chunks.next().await {
            if sender.send(chunk).await.is_err() {
                break;
            }
        }
    });
    let both = Some((receiver, reading));
    stream::unfold(both, |both| async move {
        let (mut receiver, mut reading) = both?;
        match receiver.recv().await {
            Some(chunk) => Some((chunk, Some((receiver, reading)))),
            // A reader that died must not pass for one that came to the end.
            None => reading.outcome().await.err().map(|death| (Err(death), None)),
        }
    })
    .boxed()
}
