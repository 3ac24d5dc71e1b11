//! The lake itself: takes events in, moves them to disk, and hands out views of all it holds.

use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use datafusion::arrow::array::{RecordBatch, StringArray};
use datafusion::execution::session_state::SessionState;
use fanvine_kernel::Event;
use tokio::time::Instant;

use crate::catalogue::{Catalogue, DataFile, FOLDERS};
use crate::depot::{Depot, LocalDepot};
use crate::hot::HotTail;
use crate::layout::GUEST;
use crate::names::Names;
use crate::shoppers::{Shoppers, extend};
use crate::{LakeError, LakeOptions, Table, compact, flush, sql};

/// The columnar store of events. Cheap to clone; all clones are the same lake.
#[derive(Clone)]
pub struct Lake {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: LakeOptions,
    depot: Arc<dyn Depot>,
    state: Mutex<State>,
    /// Held while a manifest is written; taken before `state`.
    catalogue: Mutex<Catalogue>,
    flushing: Arc<tokio::sync::Mutex<()>>,
    compacting: Arc<tokio::sync::Mutex<()>>,
    pub(crate) tables: RwLock<Vec<Arc<dyn Table>>>,
    pub(crate) engine: SessionState,
    _lock: File,
}

struct State {
    files: Arc<Vec<Arc<DataFile>>>,
    names: Names,
    shoppers: Shoppers,
    hot: HotTail,
    /// Events being flushed: in memory still, but not in `hot` any more.
    frozen: Frozen,
    next_offset: u64,
    durable_offset: u64,
    flushed_at: Instant,
}

#[derive(Default, Clone)]
struct Frozen {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
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
    pub async fn open(options: LakeOptions) -> Result<Self, LakeError> {
        tokio::task::spawn_blocking(move || Inner::open(options))
            .await
            .map_err(|error| LakeError::Task(error.to_string()))?
            .map(|inner| Self { inner: Arc::new(inner) })
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
    pub fn ingest(&self, first: u64, events: &[(u64, Event)], next: u64) -> Result<(), LakeError> {
        let mut state = self.inner.state();
        if first > state.next_offset {
            return Err(LakeError::Gap { wanted: state.next_offset, given: first });
        }
        let held = state.hot.bytes() + state.frozen.bytes;
        let limit = self.inner.options.flush_bytes.saturating_mul(4);
        if held > limit {
            return Err(LakeError::Behind { held, limit });
        }
        for (offset, event) in events {
            if *offset >= state.next_offset {
                state.take(event)?;
                state.next_offset = offset + 1;
            }
        }
        state.next_offset = state.next_offset.max(next);
        Ok(())
    }

    /// Moves everything in memory to disk, with one commit that carries the offset.
    pub async fn flush(&self) -> Result<(), LakeError> {
        // The turn moves along: a caller that stops waiting does not let a second flush in.
        let turn = Arc::clone(&self.inner.flushing).lock_owned().await;
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let flushed = inner.flush();
            drop(turn);
            flushed
        })
        .await
    }

    /// What is to be called now and then, say every second: flushes when it is time to, and starts a
    /// step of compaction in the background when there is something to merge.
    pub async fn maintain(&self) -> Result<(), LakeError> {
        if self.inner.flush_is_due() {
            self.flush().await?;
        }
        if let Ok(turn) = Arc::clone(&self.inner.compacting).try_lock_owned()
            && self.inner.choose().is_some()
        {
            let inner = Arc::clone(&self.inner);
            tokio::task::spawn_blocking(move || {
                if let Err(error) = inner.compact_step() {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "compaction failed and will be tried again");
                }
                drop(turn);
            });
        }
        Ok(())
    }

    /// Merges files until there is nothing left to merge.
    pub async fn compact(&self) -> Result<(), LakeError> {
        let turn = Arc::clone(&self.inner.compacting).lock_owned().await;
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            while inner.compact_step()? {}
            drop(turn);
            Ok(())
        })
        .await
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
    fn take(&mut self, event: &Event) -> Result<(), LakeError> {
        let shopper = match event.shopper_id() {
            Some(name) => self.shoppers.number(name)?,
            None => GUEST,
        };
        let code = self.names.code(&event.name);
        Ok(self.hot.push(shopper, code, event)?)
    }
}

impl Inner {
    fn open(mut options: LakeOptions) -> Result<Self, LakeError> {
        options.buckets = options.buckets.max(1);
        let root = options.root.clone();
        let shown = root.display().to_string();
        std::fs::create_dir_all(&root).map_err(LakeError::io("make", &shown))?;
        let lock = File::create(root.join("lock")).map_err(LakeError::io("open", format!("{shown}/lock")))?;
        lock.try_lock().map_err(|_| LakeError::Locked { root: root.clone() })?;
        let depot: Arc<dyn Depot> =
            Arc::new(LocalDepot::open(&root, &FOLDERS).map_err(LakeError::io("make folders in", &shown))?);
        let catalogue = Catalogue::open(Arc::clone(&depot), options.buckets)?;
        let manifest = &catalogue.manifest;
        let state = State {
            files: Arc::new(manifest.files.iter().map(|facts| catalogue.file(facts.clone())).collect()),
            names: Names::new(&manifest.names),
            shoppers: Shoppers::load(&*depot, &manifest.shoppers)?,
            hot: HotTail::default(),
            frozen: Frozen::default(),
            next_offset: manifest.next_offset,
            durable_offset: manifest.next_offset,
            flushed_at: Instant::now(),
        };
        let engine = sql::engine(&options, depot.objects())?;
        Ok(Self {
            options,
            depot,
            state: Mutex::new(state),
            catalogue: Mutex::new(catalogue),
            flushing: Arc::default(),
            compacting: Arc::default(),
            tables: RwLock::default(),
            engine,
            _lock: lock,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn catalogue(&self) -> MutexGuard<'_, Catalogue> {
        self.catalogue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flush_is_due(&self) -> bool {
        let state = self.state();
        let waiting = state.next_offset > state.durable_offset;
        waiting
            && (state.hot.rows() + state.frozen.rows >= self.options.flush_rows
                || state.hot.bytes() + state.frozen.bytes >= self.options.flush_bytes
                || state.flushed_at.elapsed() >= self.options.flush_interval)
    }

    /// One at a time. A flush that failed left its events in `frozen`; they go with this one.
    fn flush(&self) -> Result<(), LakeError> {
        let (frozen, offset, names, pending, stretch) = {
            let mut state = self.state();
            if state.next_offset == state.durable_offset {
                state.flushed_at = Instant::now();
                return Ok(());
            }
            let (rows, bytes) = (state.hot.rows(), state.hot.bytes());
            let taken = state.hot.take()?;
            state.frozen.batches.extend(taken);
            state.frozen.rows += rows;
            state.frozen.bytes += bytes;
            let stretch = (state.durable_offset, state.next_offset - 1);
            (state.frozen.clone(), state.next_offset, state.names.to_vec(), state.shoppers.pending(), stretch)
        };
        let (buckets, group) = (self.options.buckets, self.options.row_group_rows);
        let new_path = |bucket| self.catalogue().new_path("events", &format!("-b{bucket:02}.parquet"));
        let added = flush::write_sorted(&*self.depot, &frozen.batches, buckets, group, stretch, new_path)?;

        let mut catalogue = self.catalogue();
        let mut next = catalogue.manifest.clone();
        let path = catalogue.new_path("shoppers", ".names");
        next.shoppers = extend(&*self.depot, &next.shoppers, &pending, path)?;
        next.names = names;
        next.next_offset = offset;
        next.files.extend(added.iter().cloned());
        catalogue.commit(next)?;
        let added: Vec<_> = added.into_iter().map(|facts| catalogue.file(facts)).collect();

        let mut state = self.state();
        let mut files = state.files.to_vec();
        files.extend(added);
        files.sort_by_key(|file| (file.facts.bucket, file.facts.first_offset));
        state.files = Arc::new(files);
        state.frozen = Frozen::default();
        state.shoppers.saved(&pending);
        state.durable_offset = offset;
        state.flushed_at = Instant::now();
        tracing::debug!(rows = frozen.rows, bytes = frozen.bytes, offset, "flushed");
        Ok(())
    }

    fn choose(&self) -> Option<Vec<Arc<DataFile>>> {
        let files = Arc::clone(&self.state().files);
        compact::choose(&files, self.options.full_rows)
    }

    /// Merges the files most in need of it. False when there are none.
    fn compact_step(&self) -> Result<bool, LakeError> {
        let Some(chosen) = self.choose() else { return Ok(false) };
        let bucket = chosen[0].facts.bucket;
        let path = self.catalogue().new_path("events", &format!("-b{bucket:02}.parquet"));
        let merged = compact::merge(&*self.depot, &chosen, self.options.row_group_rows, path)?;

        let mut catalogue = self.catalogue();
        let is_chosen = |path: &str| chosen.iter().any(|file| file.facts.path == path);
        let mut next = catalogue.manifest.clone();
        next.files.retain(|facts| !is_chosen(&facts.path));
        next.files.push(merged.clone());
        catalogue.commit(next)?;
        let merged = catalogue.file(merged);

        let mut state = self.state();
        let mut files = state.files.to_vec();
        files.retain(|file| !is_chosen(&file.facts.path));
        files.push(merged);
        files.sort_by_key(|file| (file.facts.bucket, file.facts.first_offset));
        let old = std::mem::replace(&mut state.files, Arc::new(files));
        drop((state, catalogue, old));
        // Each file goes when the last query that reads it has ended.
        chosen.iter().for_each(|file| file.retire());
        tracing::debug!(bucket, merged = chosen.len(), "compacted");
        Ok(true)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LakeError> + Send + 'static,
) -> Result<T, LakeError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| LakeError::Task(error.to_string()))?
}
