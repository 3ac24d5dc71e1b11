//! The store itself: opening, reading, writing, closing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, PgPool, SqlitePool};

use crate::row::Inner;
use crate::tx::Link;
use crate::value::bound;
use crate::writer::{self, Writer};
use crate::{Row, StoreError, Tx, Value, migrate, sqlite};

/// Rows SQLite's thread may read before it waits for us: each wait costs two switches between threads.
const ROWS_AHEAD: usize = 1_024;

const READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 16;
const STATEMENTS_KEPT: usize = 512;
/// A prepared statement is planned once, often while its table is empty: by an index even then, and never compiled.
const PLANS: [(&str, &str); 2] = [("random_page_cost", "1.1"), ("jit", "off")];
const PATIENCE: Duration = Duration::from_secs(10);
/// How long SQLite waits for another program that writes to the file.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// Which database is behind a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file, one writer.
    Sqlite,
    /// A server.
    Postgres,
}

/// The operational database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) behind: Arc<Behind>,
    /// Transactions that were saved since it was opened.
    commits: Arc<AtomicU64>,
}

pub(crate) enum Behind {
    Sqlite { writer: Writer, readers: SqlitePool, path: PathBuf },
    Postgres(PgPool),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Store").field("engine", &self.engine()).finish()
    }
}

impl Store {
    /// Opens `sqlite:PATH` (made if it does not exist) or `postgres://USER@HOST/DATABASE`, and applies the
    /// store's own migrations.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::open_as_it_is(url).await?;
        store.migrate(migrate::OWN).await?;
        Ok(store)
    }

    /// As [`open`](Self::open), without any migration.
    pub async fn open_as_it_is(url: &str) -> Result<Self, StoreError> {
        let commits = Arc::<AtomicU64>::default();
        let behind = match url.split_once(':') {
            Some(("sqlite", path)) => {
                open_sqlite(url, Path::new(path.strip_prefix("//").unwrap_or(path)), commits.clone()).await?
            }
            Some(("postgres" | "postgresql", _)) => open_postgres(url).await?,
            _ => return Err(StoreError::UnknownAddress { url: redacted(url) }),
        };
        Ok(Self { behind: Arc::new(behind), commits })
    }

    /// Which database is behind it.
    pub fn engine(&self) -> Engine {
        match &*self.behind {
            Behind::Sqlite { .. } => Engine::Sqlite,
            Behind::Postgres(_) => Engine::Postgres,
        }
    }

    /// The name of the database behind it: `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }

    /// Runs a command and saves what it did; answers only once that is durable. If the command answers with an
    /// error, or any statement of it failed, nothing of it is saved. Await nothing but `tx` inside.
    ///
    /// On SQLite the one writer puts up to 64 waiting commands into a commit, so a commit that fails (a full
    /// disk) fails them all. There the command runs even if the caller stops waiting for the answer.
    pub async fn write<T, E, F>(&self, command: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &*self.behind {
            Behind::Sqlite { writer, .. } => writer.run(command).await,
            Behind::Postgres(pool) => {
                let mut tx = begin(pool, "BEGIN").await?.after(self.commits());
                let outcome = guarded(&mut tx, command).await;
                if outcome.is_ok() {
                    commit(tx).await?;
                    self.commits.fetch_add(1, Ordering::Relaxed);
                } else {
                    roll_back(tx).await;
                }
                outcome
            }
        }
    }

    /// Reads from one unchanging snapshot. Nothing can be written through this transaction.
    pub async fn read<T, E, F>(&self, question: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
        T: Send,
        E: From<StoreError> + Send,
    {
        let mut tx = self.reader().await?;
        let outcome = guarded(&mut tx, question).await;
        roll_back(tx).await;
        outcome
    }

    /// All rows of one query. It is in no transaction: one statement sees one moment anyway, and costs a round trip in place of
    /// three.
    pub async fn rows(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let failed = |cause| StoreError::sort(sql, cause);
        match &*self.behind {
            Behind::Sqlite { readers, .. } => {
                let mut connection = readers.acquire().await.map_err(failed)?;
                let rows = bound!(sql, args).fetch_all(&mut *connection).await.map_err(failed)?;
                Ok(rows.into_iter().map(|row| Row(Inner::Sqlite(row))).collect())
            }
            Behind::Postgres(pool) => {
                let mut connection = pool.acquire().await.map_err(failed)?;
                let rows = bound!(sql, args).fetch_all(&mut *connection).await.map_err(failed)?;
                Ok(rows.into_iter().map(|row| Row(Inner::Postgres(row))).collect())
            }
        }
    }

    pub(crate) fn reader(&self) -> BoxFuture<'_, Result<Tx, StoreError>> {
        match &*self.behind {
            Behind::Sqlite { readers, .. } => Box::pin(async move {
                let begun = readers.begin().await.map_err(|cause| StoreError::sort("BEGIN", cause))?;
                Ok(Tx::new(Link::Reader(begun)))
            }),
            Behind::Postgres(pool) => {
                let (begun, commits) = (begin(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), self.commits());
                Box::pin(async move { Ok(begun.await?.after(commits)) })
            }
        }
    }

    /// How many transactions were saved since it was opened. On SQLite several commands share one.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// How many bytes the database holds on disk.
    pub async fn bytes_on_disk(&self) -> Result<u64, StoreError> {
        match &*self.behind {
            Behind::Sqlite { path, .. } => {
                let size = |path: PathBuf| std::fs::metadata(path).map_or(0, |about| about.len());
                let mut wal = path.clone().into_os_string();
                wal.push("-wal");
                Ok(size(path.clone()) + size(wal.into()))
            }
            Behind::Postgres(_) => {
                let row = self
                    .read(|tx| {
                        Box::pin(async move {
                            tx.one("SELECT pg_database_size(current_database()) AS bytes", crate::args![]).await
                        })
                    })
                    .await?;
                let bytes: i64 = row.map_or(Ok(0), |row| row.get("bytes"))?;
                Ok(bytes.unsigned_abs())
            }
        }
    }

    /// Finishes what is queued and closes every connection. Later calls answer [`StoreError::Closed`].
    pub async fn close(&self) {
        match &*self.behind {
            Behind::Sqlite { writer, readers, .. } => {
                // Readers first: the last connection to close folds the write-ahead log back into the file.
                // A scan nobody reads on must not hold the program up for ever.
                if tokio::time::timeout(PATIENCE, readers.close()).await.is_err() {
                    tracing::warn!("the store closed while something was still being read from it");
                }
                writer.close().await;
            }
            Behind::Postgres(pool) => pool.close().await,
        }
    }
}

// What ends or begins a transaction is boxed, as is every statement of one: an `async fn` is compiled into each crate
// that awaits it, and with it all of the driver that it awaits.

fn begin<'p>(pool: &'p PgPool, statement: &'static str) -> BoxFuture<'p, Result<Tx, StoreError>> {
    Box::pin(async move {
        // Heard out by a task of its own: a caller who stops waiting between the statement and its answer would leave the
        // connection in a transaction that nobody ends, and whoever is given it next would write into that.
        let pool = pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await });
        let begun = begun.await.map_err(|_| StoreError::Closed)?;
        Ok(Tx::new(Link::Postgres(begun.map_err(|cause| StoreError::sort(statement, cause))?)))
    })
}

/// Commits what a command did on PostgreSQL.
fn commit(tx: Tx) -> BoxFuture<'static, Result<(), StoreError>> {
    Box::pin(async move {
        let Link::Postgres(transaction) = tx.link else { return Err(StoreError::Closed) };
        transaction.commit().await.map_err(|cause| StoreError::sort("COMMIT", cause))
    })
}

/// Gives a transaction up. Dropped connections roll back by themselves; the command's own error matters more.
fn roll_back(tx: Tx) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        match tx.link {
            Link::Reader(transaction) => drop(transaction.rollback().await),
            Link::Postgres(transaction) => drop(transaction.rollback().await),
            Link::Writer(_) => {}
        }
    })
}

/// Runs a command so that neither a panic nor a swallowed failure of a statement is taken for success.
pub(crate) async fn guarded<T, E, F>(tx: &mut Tx, command: F) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    E: From<StoreError>,
{
    tx.failed = None;
    // The transaction is rolled back after a panic, so no half-changed state is seen through the reference.
    let outcome = std::panic::AssertUnwindSafe(async { command(&mut *tx).await }).catch_unwind().await;
    match outcome {
        Ok(Ok(value)) => tx.failed.take().map_or(Ok(value), |error| Err(error.into())),
        Ok(Err(error)) => Err(error),
        Err(panic) => {
            let message = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            tracing::error!(%message, "a command of the store panicked");
            Err(StoreError::Panicked { message }.into())
        }
    }
}

async fn open_sqlite(url: &str, path: &Path, commits: Arc<AtomicU64>) -> Result<Behind, StoreError> {
    let refused = |source: Arc<dyn std::error::Error + Send + Sync>| StoreError::Open { url: url.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|cause| refused(Arc::new(cause)))?;
    }
    let connection = sqlite::open(path, LOCK_PATIENCE, STATEMENTS_KEPT).map_err(|cause| refused(Arc::new(cause)))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(LOCK_PATIENCE)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging();
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .connect_with(options.pragma("query_only", "ON"))
        .await
        .map_err(|cause| refused(Arc::new(cause)))?;
    let writer = writer::start(connection, commits).map_err(|cause| refused(Arc::new(cause)))?;
    Ok(Behind::Sqlite { writer, readers, path: path.to_owned() })
}

async fn open_postgres(url: &str) -> Result<Behind, StoreError> {
    let refused = |cause: sqlx::Error| StoreError::Open { url: redacted(url), source: Arc::new(cause) };
    let options: PgConnectOptions = url.parse().map_err(refused)?;
    let options = options.options(PLANS).statement_cache_capacity(STATEMENTS_KEPT).disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await
        .map_err(refused)?;
    Ok(Behind::Postgres(pool))
}

/// The address without its password.
pub(crate) fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((login, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = login.split_once(':').map_or(login, |(user, _)| user);
    format!("{scheme}://{user}@{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(redacted("postgres://shop:s3:cr@t@db/fanvine"), "postgres://shop@db/fanvine");
        assert_eq!(redacted("sqlite:data/shop.db"), "sqlite:data/shop.db");
    }
}
