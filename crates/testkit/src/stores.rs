//! Stores that exist for one test: a SQLite file always, a PostgreSQL database where a server is at hand.

use std::ops::Deref;

use fanvine_store::{Store, create_database, drop_database};
use tempfile::TempDir;

/// Names the environment variable with the address of a PostgreSQL server on which databases may be made.
pub const POSTGRES_VARIABLE: &str = "FANVINE_TEST_POSTGRES";

/// A store that is gone when this is dropped.
#[derive(Debug)]
pub struct TempStore {
    /// `sqlite` or `postgres`, for messages.
    pub name: &'static str,
    /// Its address, to open it once more.
    pub url: String,
    store: Store,
    folder: TempDir,
    database: Option<(String, String)>,
}

impl Deref for TempStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

/// A fresh store of each database at hand. Says so when PostgreSQL is not.
///
/// # Panics
/// If a store cannot be made.
pub async fn stores() -> Vec<TempStore> {
    let mut stores = vec![TempStore::sqlite().await];
    stores.extend(TempStore::postgres().await);
    stores
}

impl TempStore {
    /// A fresh SQLite file.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn sqlite() -> Self {
        let folder = folder();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = opened(&url).await;
        Self { name: "sqlite", url, store, folder, database: None }
    }

    /// A fresh PostgreSQL database, if a server is at hand.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var(POSTGRES_VARIABLE) else {
            println!("skipped: {POSTGRES_VARIABLE} is not set");
            return None;
        };
        let folder = folder();
        let random = folder.path().file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let database =
            format!("fanvine_test_{}_{}", std::process::id(), random.replace(|c: char| !c.is_alphanumeric(), ""));
        let url = match create_database(&server, &database).await {
            Ok(url) => url,
            Err(error) => panic!("{}", error.in_full()),
        };
        let store = opened(&url).await;
        Some(Self { name: "postgres", url, store, folder, database: Some((server, database)) })
    }

    /// The store itself, for whatever wants to own one.
    pub fn store(&self) -> Store {
        self.store.clone()
    }

    /// A folder that lives as long as the store.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for TempStore {
    fn drop(&mut self) {
        let Some((server, database)) = self.database.take() else { return };
        // The test's own runtime may be ending, so this takes one of its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(drop_database(&server, &database)).ok()
        });
        drop(dropping.join());
    }
}

async fn opened(url: &str) -> Store {
    match Store::open(url).await {
        Ok(store) => store,
        Err(error) => panic!("{}", error.in_full()),
    }
}

fn folder() -> TempDir {
    match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => panic!("cannot make a temporary folder: {error}"),
    }
}
