//! SQL over the lake: read only, bounded in time, memory and size of the answer.

mod answer;
mod csv;
mod error;
mod forms;
mod functions;
mod guard;
mod json;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::object_store::ObjectStore;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::future::BoxFuture;
use tokio::time::Instant;

pub use answer::SqlAnswer;
pub use error::SqlError;
pub use forms::{ByteStream, RowForm};

use crate::describe::SHOPPERS_SQL;
use crate::provider::{ADDRESS, EventsTable};
use crate::table::ForeignTable;
use crate::{Lake, LakeError, LakeOptions};

/// Under which names SQL finds the tables, where it spells them out.
const CATALOG: &str = "fanvine";
const SCHEMA: &str = "public";

/// A question in SQL.
#[derive(Debug, Clone)]
pub struct SqlRequest {
    /// One statement: SELECT, WITH, VALUES, EXPLAIN, SHOW or DESCRIBE.
    pub query: String,
    /// The most rows to answer with; the rest is cut off.
    pub max_rows: usize,
    /// The longest it may take.
    pub timeout: Duration,
}

/// What all queries share: configuration, functions, memory, and the way to the files.
pub(crate) fn engine(options: &LakeOptions, objects: Arc<dyn ObjectStore>) -> Result<SessionState, LakeError> {
    let failed = |error: DataFusionError| LakeError::Engine(error.to_string());
    let mut config = SessionConfig::new()
        .with_information_schema(true)
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(false);
    if options.query_partitions > 0 {
        config = config.with_target_partitions(options.query_partitions);
    }
    config.options_mut().sql_parser.collect_spans = true;
    config.options_mut().sql_parser.dialect = datafusion::config::Dialect::PostgreSQL;
    // What a crash left there is of no use.
    let spill = options.root.join("spill");
    let _ = std::fs::remove_dir_all(&spill);
    std::fs::create_dir_all(&spill).map_err(LakeError::io("make", "spill"))?;
    let disk = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![spill]))
        .with_max_temp_directory_size(options.spill_bytes);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(options.query_memory)))
        .with_disk_manager_builder(disk)
        .with_metadata_cache_limit(32 << 20)
        .build_arc()
        .map_err(failed)?;
    let address = ObjectStoreUrl::parse(ADDRESS).map_err(failed)?;
    runtime.register_object_store(address.as_ref(), objects);
    let state =
        SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features().build();
    functions::install(state, options.zone).map_err(failed)
}

/// A query under way. It holds on to the files it reads until it is dropped.
pub(crate) struct Running {
    pub(crate) stream: SendableRecordBatchStream,
    pub(crate) deadline: Instant,
    pub(crate) timeout: Duration,
    pub(crate) query_memory: usize,
    _session: SessionContext,
}

impl Lake {
    /// Runs one read-only statement and answers with its rows.
    ///
    /// Whole numbers and floats become JSON numbers (a float that is no number, null), decimals and
    /// binary text, moments RFC 3339 in UTC, dates `YYYY-MM-DD`, lists and structs JSON.
    pub fn sql<'q>(&'q self, request: &'q SqlRequest) -> BoxFuture<'q, Result<SqlAnswer, SqlError>> {
        // Boxed, as all that ends in DataFusion is: an `async fn` is compiled into each crate that awaits it, and with it
        // all that it awaits.
        Box::pin(self.answer(request))
    }

    async fn answer(&self, request: &SqlRequest) -> Result<SqlAnswer, SqlError> {
        let (lake, request, max_bytes) = (self.clone(), request.clone(), self.inner.options.answer_bytes);
        let timeout = request.timeout;
        let work = async move { answer::gather(lake.run(&request).await?, request.max_rows, max_bytes).await };
        // Deep in a computation a query looks at the clock only between batches; nobody waits here for that.
        let in_time = tokio::time::timeout(timeout, self.inner.threads.run(work)).await;
        in_time.unwrap_or(Err(SqlError::TimedOut { after: timeout }))
    }

    /// The same as CSV, a header line first; see [`sql_stream`](Self::sql_stream).
    pub fn sql_csv<'q>(&'q self, request: &'q SqlRequest) -> BoxFuture<'q, Result<ByteStream, SqlError>> {
        self.sql_stream(request, RowForm::Csv)
    }

    /// The same as the bytes of a file, chunk by chunk. An error may still come after some rows.
    pub fn sql_stream<'q>(
        &'q self,
        request: &'q SqlRequest,
        form: RowForm,
    ) -> BoxFuture<'q, Result<ByteStream, SqlError>> {
        let (lake, asked) = (self.clone(), request.clone());
        Box::pin(async move {
            let running = self.inner.threads.run(async move { lake.run(&asked).await }).await?;
            forms::chunks(&self.inner.threads, running, request.max_rows, form)
        })
    }

    async fn run(&self, request: &SqlRequest) -> Result<Running, SqlError> {
        let deadline = Instant::now() + request.timeout;
        let query_memory = self.inner.options.query_memory;
        let planning = async {
            let session = self.session().await?;
            let statement = guard::one_reading_statement(&request.query)?;
            let plan = session.state().statement_to_plan(statement).await?;
            guard::only_reads(&plan)?;
            let shown =
                matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) | LogicalPlan::DescribeTable(_));
            let mut frame: DataFrame = session.execute_logical_plan(plan).await?;
            if !shown {
                // One row more than wanted tells whether there are more, and lets a sort keep only the top.
                frame = frame.limit(0, Some(request.max_rows.saturating_add(1)))?;
            }
            let stream = frame.execute_stream().await?;
            Ok(Running { stream, deadline, timeout: request.timeout, query_memory, _session: session })
        };
        match tokio::time::timeout_at(deadline, planning).await {
            Ok(planned) => planned.map_err(|refusal: guard::Refusal| refusal.into_error(query_memory)),
            Err(_) => Err(SqlError::TimedOut { after: request.timeout }),
        }
    }

    /// A session that sees the lake as it is at this moment.
    async fn session(&self) -> Result<SessionContext, guard::Refusal> {
        let view = self.view().map_err(|error| SqlError::Failed { message: error.to_string() })?;
        let (catalogs, catalog) = (MemoryCatalogProviderList::new(), MemoryCatalogProvider::new());
        catalog.register_schema(SCHEMA, Arc::new(MemorySchemaProvider::new()))?;
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        let state = SessionStateBuilder::new_from_existing(self.inner.engine.clone())
            .with_catalog_list(Arc::new(catalogs))
            .build();
        let session = SessionContext::new_with_state(state);
        session.register_table("events", Arc::new(EventsTable::new(self.clone(), view)))?;
        let shoppers = session.sql(SHOPPERS_SQL).await?.into_view();
        session.register_table("shoppers", shoppers)?;
        let tables = self.inner.tables.read().unwrap_or_else(PoisonError::into_inner).clone();
        for table in tables {
            session.register_table(table.name(), Arc::new(ForeignTable::new(table, self.inner.home.clone())))?;
        }
        Ok(session)
    }
}
