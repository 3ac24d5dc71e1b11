//! The table `events` as the query engine sees it: the files and the hot tail under one roof.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt16Type};
use datafusion::catalog::memory::{DataSourceExec, MemorySourceConfig};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarUDF, TableProviderFilterPushDown, TableType, Volatility, col, create_udf, when,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;

use crate::ColumnKind;
use crate::catalogue::DataFile;
use crate::describe::EVENTS;
use crate::lake::{Lake, View};
use crate::layout::{self, SPELLED_OUT, moments};
use crate::prune::{Bounds, understands};
use crate::table::moment_type;

/// Under this address the query engine finds the lake's files. They are no part of SQL's vocabulary.
pub(crate) const ADDRESS: &str = "fanvine-lake://files";

/// All events of one moment's view.
pub(crate) struct EventsTable {
    lake: Lake,
    view: View,
    schema: SchemaRef,
    occurred_at: ScalarUDF,
    received_at: ScalarUDF,
    event: ScalarUDF,
}

impl EventsTable {
    /// The events of this view of the lake.
    pub(crate) fn new(lake: Lake, view: View) -> Self {
        let event = event_name(Arc::clone(&view.names));
        Self { lake, view, schema: exposed_schema(), occurred_at: occurred_at(), received_at: received_at(), event }
    }

    /// An exposed column in terms of those of a file.
    fn expression(&self, name: &str) -> Result<Expr> {
        Ok(match name {
            "occurred_at" => self.occurred_at.call(vec![col("at_s"), col("at_us"), col("at_exact")]),
            "received_at" => self.received_at.call(vec![col("received_us")]),
            "event" => self.event.call(vec![col("event"), col("event_text")]),
            "shopper_id" => when(col("user_id").is_not_null(), col("user_id")).otherwise(col("anonymous_id"))?,
            plain => col(plain),
        })
    }

    fn read_files(
        &self,
        state: &dyn Session,
        files: &[Arc<DataFile>],
        places: &[usize],
        bounds: &Bounds,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let runtime = state.runtime_env();
        let address = ObjectStoreUrl::parse(ADDRESS)?;
        let cache = runtime.cache_manager.get_file_metadata_cache();
        let readers = CachedParquetFileReaderFactory::new(runtime.object_store(&address)?, cache);
        let mut source = ParquetSource::new(layout::schema())
            .with_parquet_file_reader_factory(Arc::new(readers))
            .with_pushdown_filters(true)
            .with_enable_page_index(true);
        let mut rows = Precision::Exact(files.iter().map(|file| file.facts.rows as usize).sum());
        if let Some(condition) = bounds.on_files() {
            let columns = DFSchema::try_from(layout::schema())?;
            source = source.with_predicate(state.create_physical_expr(condition, &columns)?);
            rows = rows.to_inexact();
        }
        let statistics = Statistics { num_rows: rows, ..Statistics::new_unknown(&layout::schema()) };
        let config = FileScanConfigBuilder::new(address, Arc::new(source))
            .with_file_groups(spread(files, state.config().target_partitions()))
            .with_statistics(statistics)
            .with_projection_indices(Some(places.to_vec()))?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

impl fmt::Debug for EventsTable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "EventsTable({} files)", self.view.files.len())
    }
}

#[async_trait]
impl TableProvider for EventsTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| match understands(filter) {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let exposed = match projection {
            Some(places) => Arc::new(self.schema.project(places)?),
            None => Arc::clone(&self.schema),
        };
        let expressions: Vec<_> = exposed
            .fields()
            .iter()
            .map(|field| Ok((self.expression(field.name())?, field.name())))
            .collect::<Result<_>>()?;
        let mut places: Vec<usize> = Vec::new();
        for (expression, _) in &expressions {
            for used in expression.column_refs() {
                places.push(layout::schema().index_of(&used.name)?);
            }
        }
        places.sort_unstable();
        places.dedup();

        let bounds = Bounds::of(filters, &self.lake);
        let buckets = self.lake.inner.options.buckets;
        let admit = |file: &&Arc<DataFile>| bounds.admit(&file.facts, buckets);
        let files: Vec<_> = match bounds.is_empty() {
            true => Vec::new(),
            false => self.view.files.iter().filter(admit).cloned().collect(),
        };
        let mut inputs = Vec::new();
        if !files.is_empty() {
            inputs.push(self.read_files(state, &files, &places, &bounds)?);
        }
        let hot = if bounds.is_empty() { Vec::new() } else { self.view.hot.clone() };
        if inputs.is_empty() || !hot.is_empty() {
            let memory = MemorySourceConfig::try_new_exec(&[hot], layout::schema(), Some(places.clone()))?;
            inputs.push(memory as Arc<dyn ExecutionPlan>);
        }
        let input = UnionExec::try_new(inputs)?;
        if expressions.is_empty() {
            return Ok(input);
        }
        let columns = DFSchema::try_from(Arc::new(layout::schema().project(&places)?))?;
        let expressions: Vec<_> = expressions
            .into_iter()
            .map(|(expression, name)| Ok((state.create_physical_expr(expression, &columns)?, name.clone())))
            .collect::<Result<_>>()?;
        Ok(Arc::new(ProjectionExec::try_new(expressions, input)?))
    }
}

/// Spreads files over as many groups as are read at once, each about the same size.
fn spread(files: &[Arc<DataFile>], groups: usize) -> Vec<FileGroup> {
    let mut groups: Vec<(u64, Vec<PartitionedFile>)> = vec![(0, Vec::new()); groups.clamp(1, files.len().max(1))];
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|file| std::cmp::Reverse(file.facts.bytes));
    for file in files {
        if let Some((bytes, group)) = groups.iter_mut().min_by_key(|(bytes, _)| *bytes) {
            *bytes += file.facts.bytes;
            group.push(PartitionedFile::new(file.facts.path.clone(), file.facts.bytes));
        }
    }
    groups.into_iter().map(|(_, group)| FileGroup::new(group)).collect()
}

fn exposed_schema() -> SchemaRef {
    let field = |(name, kind, _): (&str, ColumnKind, _)| {
        let kind = match (name, kind) {
            ("event", _) => event_type(),
            (_, ColumnKind::Time) => moment_type(),
            (_, ColumnKind::Int) => DataType::Int64,
            _ => DataType::Utf8,
        };
        let required = ["message_id", "kind", "source_id"];
        Field::new(name, kind, !required.contains(&name))
    };
    Arc::new(Schema::new(EVENTS.into_iter().map(field).collect::<Vec<_>>()))
}

/// The type of an event's name: a code and a table.
fn event_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::UInt16), Box::new(DataType::Utf8))
}

fn occurred_at() -> ScalarUDF {
    let inputs = vec![DataType::UInt32, DataType::UInt32, DataType::Int64];
    create_udf(
        "occurred_at",
        inputs,
        moment_type(),
        Volatility::Immutable,
        Arc::new(|args| {
            let args = ColumnarValue::values_to_arrays(args)?;
            let moments = moments(&args[0], &args[1], &args[2]);
            let array = TimestampMicrosecondArray::from(moments).with_timezone("UTC");
            Ok(ColumnarValue::Array(Arc::new(array)))
        }),
    )
}

fn received_at() -> ScalarUDF {
    create_udf(
        "received_at",
        vec![DataType::Int64],
        moment_type(),
        Volatility::Immutable,
        Arc::new(|args| {
            let args = ColumnarValue::values_to_arrays(args)?;
            let micros = args[0].as_primitive::<Int64Type>();
            let array = TimestampMicrosecondArray::new(micros.values().clone(), micros.nulls().cloned());
            Ok(ColumnarValue::Array(Arc::new(array.with_timezone("UTC"))))
        }),
    )
}

fn event_name(names: Arc<StringArray>) -> ScalarUDF {
    let inputs = vec![DataType::UInt16, DataType::Utf8];
    create_udf(
        "event_name",
        inputs,
        event_type(),
        Volatility::Immutable,
        Arc::new(move |args| {
            let args = ColumnarValue::values_to_arrays(args)?;
            let (codes, texts) = (args[0].as_primitive::<UInt16Type>(), args[1].as_string::<i32>());
            if texts.null_count() == texts.len() {
                let named = DictionaryArray::try_new(codes.clone(), Arc::clone(&names) as ArrayRef)?;
                return Ok(ColumnarValue::Array(Arc::new(named)));
            }
            let spelled = codes.iter().zip(texts).map(|(code, text)| match code {
                Some(SPELLED_OUT) => text,
                Some(code) => Some(names.value(usize::from(code))),
                None => None,
            });
            let named: DictionaryArray<UInt16Type> = spelled.collect();
            Ok(ColumnarValue::Array(Arc::new(named)))
        }),
    )
}
