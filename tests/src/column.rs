//! The columns of storage that every story runs on.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use anyhow::{Context, Result, bail};

/// Which storage the program runs on.
#[derive(Debug)]
pub struct Column {
    database: Option<Database>,
}

/// A database of its own on the test PostgreSQL, dropped with it.
#[derive(Debug)]
struct Database {
    server: String,
    name: String,
}

impl Column {
    /// SQLite in the data folder.
    pub fn embedded() -> Self {
        Self { database: None }
    }

    /// A fresh database on the PostgreSQL of `$FANVINE_TEST_POSTGRES`; none, saying so, without it.
    pub fn postgresql() -> Result<Option<Self>> {
        let Ok(server) = std::env::var("FANVINE_TEST_POSTGRES") else {
            println!("skipped: FANVINE_TEST_POSTGRES names no PostgreSQL");
            return Ok(None);
        };
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let name = format!("fanvine_{}_{}", std::process::id(), DATABASES.fetch_add(1, Relaxed));
        let database = Database { server, name };
        database.run(&format!("CREATE DATABASE {}", database.name))?;
        Ok(Some(Self { database: Some(database) }))
    }

    /// The value of `FANVINE_STORE`, unless it is the default.
    pub fn store(&self) -> Option<String> {
        self.database.as_ref().map(Database::url)
    }

    /// Ends every connection to the database and lets nobody in until [`let_in`](Self::let_in), as when it is down.
    pub fn shut_out(&self) -> Result<()> {
        let Some(database) = &self.database else { bail!("SQLite cannot be away") };
        database.run(&format!("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", database.name))?;
        database
            .run(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", database.name))
    }

    /// Lets connections in again.
    pub fn let_in(&self) -> Result<()> {
        let Some(database) = &self.database else { bail!("SQLite cannot be away") };
        database.run(&format!("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true", database.name))
    }

    /// Its name, for messages.
    pub fn name(&self) -> &'static str {
        if self.database.is_some() { "PostgreSQL" } else { "SQLite" }
    }
}

impl Database {
    fn url(&self) -> String {
        let server = self.server.trim_end_matches('/');
        let base = server.rsplit_once('/').map_or(server, |(base, _)| base);
        format!("{base}/{}", self.name)
    }

    fn run(&self, sql: &str) -> Result<()> {
        let psql = psql()?;
        let done = Command::new(&psql)
            .args([
                "--no-psqlrc",
                "--quiet",
                "--output=/dev/null",
                "--set=ON_ERROR_STOP=1",
                "--command",
                sql,
                &self.server,
            ])
            .output()
            .with_context(|| format!("cannot run {}", psql.display()))?;
        if !done.status.success() {
            bail!("`{sql}` on {}: {}", self.server, String::from_utf8_lossy(&done.stderr).trim());
        }
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = self.run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)) {
            eprintln!("the database {} stays behind: {error:#}", self.name);
        }
    }
}

/// PostgreSQL's own programs live outside `PATH` on Debian.
fn psql() -> Result<PathBuf> {
    let of_path = std::env::var_os("PATH").unwrap_or_default();
    let of_debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = std::env::split_paths(&of_path).chain(of_debian.map(|version| version.path().join("bin")));
    let found = folders.map(|folder| folder.join("psql")).find(|path| path.is_file());
    found.context("FANVINE_TEST_POSTGRES is given, but psql, which makes the databases, is not installed")
}
