//! The lake itself: takes events in, moves them to disk, and hands out views of all it holds.

use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use datafusion::arrow::array::{RecordBatch, StringArray};
use datafusion::execution::session_state::SessionState;
use fanvine_kernel::event::EventRef;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::catalogue::{Catalogue, DataFile, FOLDERS};
use crate::depot::{Depot, LocalDepot};
use crate::forget::Sieve;
use crate::hot::HotTail;
use crate::layout::GUEST;
use crate::names::Names;
use crate::shoppers::Shoppers;
use crate::threads::{QueryThreads, begin_upkeep, upkeep};
use crate::{LakeError, LakeOptions, Table, sql};

/// So many files are not too many for a while.
const BUSY_FILES: usize = 1_000;

/// The columnar store of events. Cheap to clone; all clones are the same lake.
#[derive(Clone)]
pub struct Lake {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: LakeOptions,
    pub(crate) depot: Arc<dyn Depot>,
    state: Mutex<State>,
    /// Held while a manifest is written; taken before `state`.
    catalogue: Mutex<Catalogue>,
    flushing: Arc<tokio::sync::Mutex<()>>,
    pub(crate) compacting: Arc<tokio::sync::Mutex<()>>,
    pub(crate) tables: RwLock<Vec<Arc<dyn Table>>>,
    pub(crate) engine: SessionState,
    pub(crate) threads: QueryThreads,
    /// The program's own threads.
    pub(crate) home: Handle,
    _lock: File,
}

pub(crate) struct State {
    pub(crate) files: Arc<Vec<Arc<DataFile>>>,
    pub(crate) names: Names,
    pub(crate) shoppers: Shoppers,
    pub(crate) hot: HotTail,
    /// Events being flushed: in memory still, but not in `hot` any more.
    pub(crate) frozen: Frozen,
    /// What is no longer kept.
    pub(crate) sieve: Arc<Sieve>,
    /// The ages everything in `hot` was held to.
    pub(crate) hot_sifted: u64,
    pub(crate) next_offset: u64,
    pub(crate) durable_offset: u64,
    pub(crate) flushed_at: Instant,
}

#[derive(Default, Clone)]
pub(crate) struct Frozen {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
    /// The ages all of it was held to.
    pub(crate) sifted: u64,
}

/// All the lake holds at one moment. What happens later does not change it.
pub(crate) struct View {
    pub(crate) files: Arc<Vec<Arc<DataFile>>>,
    pub(crate) hot: Vec<RecordBatch>,
    pub(crate) names: Arc<StringArray>,
}

/// Figures about a lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LakeStats {
    /// Files of events.
    pub files: usize,
    /// Events in files.
    pub rows: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// Events in memory only.
    pub hot_rows: usize,
    /// About how many bytes they take.
    pub hot_bytes: usize,
    /// Shoppers that have a number.
    pub shoppers: u32,
    /// The next offset of the log it wants.
    pub next_offset: u64,
    /// The log is on disk here up to this offset, excluded.
    pub durable_offset: u64,
}

impl Lake {
    /// Opens the lake in a folder, or makes one there. What a crash left behind is swept away.
    pub fn open(options: LakeOptions) -> BoxFuture<'static, Result<Self, LakeError>> {
        Box::pin(async move {
            tokio::task::spawn_blocking(move || Inner::open(options))
                .await
                .map_err(|error| LakeError::Task(error.to_string()))?
                .map(|inner| Self { inner: Arc::new(inner) })
        })
    }

    /// The offset of the log from which it wants to be given events next.
    pub fn next_offset(&self) -> u64 {
        self.inner.state().next_offset
    }

    /// Up to this offset (excluded) the log may forget events: they are on disk here.
    pub fn durable_offset(&self) -> u64 {
        self.inner.state().durable_offset
    }

    /// Takes in the log's records from `first` up to `next` (excluded), of which `events` are those that
    /// hold one. Queries see them when this returns. Records it has seen before are passed over, so
    /// giving a batch twice changes nothing. Takes time in proportion to the batch and never waits
    /// for the disk.
    pub fn ingest<'e, E>(&self, first: u64, events: &'e [(u64, E)], next: u64) -> Result<(), LakeError>
    where
        EventRef<'e>: From<&'e E>,
    {
        let mut state = self.inner.state();
        if first > state.next_offset {
            return Err(LakeError::Gap { wanted: state.next_offset, given: first });
        }
        let held = state.hot.bytes() + state.frozen.bytes;
        let limit = self.inner.options.flush_bytes.saturating_mul(2);
        if held > limit {
            return Err(LakeError::Behind { held, limit });
        }
        for (offset, event) in events {
            if *offset >= state.next_offset {
                state.take(&EventRef::from(event))?;
                state.next_offset = offset + 1;
            }
        }
        state.next_offset = state.next_offset.max(next);
        Ok(())
    }

    /// Moves everything in memory to disk, with one commit that carries the offset.
    pub fn flush(&self) -> BoxFuture<'_, Result<(), LakeError>> {
        Box::pin(async move {
            // The turn moves along: a caller that stops waiting does not let a second flush in.
            let turn = Arc::clone(&self.inner.flushing).lock_owned().await;
            let inner = Arc::clone(&self.inner);
            upkeep(self.inner.options.on_upkeep, move || {
                let flushed = inner.flush();
                drop(turn);
                flushed
            })
            .await
        })
    }

    /// What is to be called now and then, say every second: flushes when it is time to, and starts a
    /// step of compaction in the background when there is something to merge. While the caller is `busy`, merging
    /// waits, unless questions would have to look into too many files.
    pub fn maintain(&self, busy: bool) -> BoxFuture<'_, Result<(), LakeError>> {
        Box::pin(self.step(busy))
    }

    async fn step(&self, busy: bool) -> Result<(), LakeError> {
        if self.inner.flush_is_due() {
            self.flush().await?;
        }
        if busy && self.inner.state().files.len() < BUSY_FILES {
            return Ok(());
        }
        if let Ok(turn) = Arc::clone(&self.inner.compacting).try_lock_owned()
            && self.inner.choose(!busy).is_some()
        {
            let inner = Arc::clone(&self.inner);
            // Nobody waits for it: what fails is tried again.
            drop(begin_upkeep(self.inner.options.on_upkeep, move || {
                if let Err(error) = inner.compact_step(!busy) {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "compaction failed and will be tried again");
                }
                drop(turn);
            })?);
        }
        Ok(())
    }

    /// Merges files until there is nothing left to merge.
    pub fn compact(&self) -> BoxFuture<'_, Result<(), LakeError>> {
        Box::pin(async move {
            let turn = Arc::clone(&self.inner.compacting).lock_owned().await;
            let inner = Arc::clone(&self.inner);
            upkeep(self.inner.options.on_upkeep, move || {
                while inner.compact_step(true)? {}
                drop(turn);
                Ok(())
            })
            .await
        })
    }

    /// Makes a table that lives elsewhere known to SQL. One of the same name is replaced.
    pub fn register(&self, table: Arc<dyn Table>) {
        let mut tables = self.inner.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.retain(|other| other.name() != table.name());
        tables.push(table);
    }

    /// How much it holds.
    pub fn stats(&self) -> LakeStats {
        let state = self.inner.state();
        LakeStats {
            files: state.files.len(),
            rows: state.files.iter().map(|file| file.facts.rows).sum(),
            bytes: state.files.iter().map(|file| file.facts.bytes).sum(),
            hot_rows: state.hot.rows() + state.frozen.rows,
            hot_bytes: state.hot.bytes() + state.frozen.bytes,
            shoppers: state.shoppers.count(),
            next_offset: state.next_offset,
            durable_offset: state.durable_offset,
        }
    }

    /// All it holds at this moment.
    pub(crate) fn view(&self) -> Result<View, LakeError> {
        let mut state = self.inner.state();
        let mut hot = state.frozen.batches.clone();
        hot.extend(state.hot.batches()?);
        Ok(View { files: Arc::clone(&state.files), hot, names: state.names.array() })
    }

    /// The code of an event's name, and the numbers of those shoppers that have one: for pruning.
    pub(crate) fn find_name(&self, name: &str) -> u16 {
        self.inner.state().names.find(name)
    }

    pub(crate) fn find_shopper(&self, name: &str) -> Option<u32> {
        self.inner.state().shoppers.find(name)
    }
}

impl State {
    fn take(&mut self, event: &EventRef<'_>) -> Result<(), LakeError> {
        if !self.sieve.keeps(event.name, event.occurred_at) {
            return Ok(());
        }
        let shopper = match event.shopper_id() {
            Some(name) => self.shoppers.number(name)?,
            None => GUEST,
        };
        let code = self.names.code(event.name);
        Ok(self.hot.push(shopper, code, event)?)
    }
}

impl Inner {
    fn open(options: LakeOptions) -> Result<Self, LakeError> {
        let root = options.root.clone();
        let shown = root.display().to_string();
        std::fs::create_dir_all(&root).map_err(LakeError::io("make", &shown))?;
        let lock = File::create(root.join("lock")).map_err(LakeError::io("open", format!("{shown}/lock")))?;
        lock.try_lock().map_err(|_| LakeError::Locked { root: root.clone() })?;
        let depot = LocalDepot::open(&root, &FOLDERS).map_err(LakeError::io("make folders in", &shown))?;
        Self::over(Arc::new(depot), lock, options)
    }

    /// A lake over files kept anywhere.
    pub(crate) fn over(depot: Arc<dyn Depot>, lock: File, mut options: LakeOptions) -> Result<Self, LakeError> {
        options.buckets = options.buckets.max(1);
        let catalogue = Catalogue::open(Arc::clone(&depot), options.buckets)?;
        let manifest = &catalogue.manifest;
        let state = State {
            files: Arc::new(manifest.files.iter().map(|facts| catalogue.file(facts.clone())).collect()),
            names: Names::new(&manifest.names),
            shoppers: Shoppers::load(&*depot, &manifest.shoppers)?,
            hot: HotTail::default(),
            frozen: Frozen::default(),
            sieve: Arc::new(Sieve::new(&manifest.ages, &manifest.names)),
            hot_sifted: manifest.ages.number,
            next_offset: manifest.next_offset,
            durable_offset: manifest.next_offset,
            flushed_at: Instant::now(),
        };
        let engine = sql::engine(&options, depot.objects())?;
        let threads = QueryThreads::start(options.query_partitions)?;
        Ok(Self {
            options,
            depot,
            state: Mutex::new(state),
            catalogue: Mutex::new(catalogue),
            flushing: Arc::default(),
            compacting: Arc::default(),
            tables: RwLock::default(),
            engine,
            threads,
            home: Handle::current(),
            _lock: lock,
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn catalogue(&self) -> MutexGuard<'_, Catalogue> {
        self.catalogue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
