//! A copy of a SQLite store while it is in use, and whether its file is whole.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};

use crate::StoreError;

const PATIENCE: Duration = Duration::from_secs(30);

/// Writes the database in the file `from`, as of one moment, into the new file `to`. Others may write to it meanwhile.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut connection = open(from).await?;
    let doing = "VACUUM INTO";
    let copied = sqlx::query("VACUUM INTO $1").bind(to.display().to_string()).execute(&mut connection).await;
    copied.map_err(|cause| StoreError::sort(doing, cause))?;
    connection.close().await.map_err(|cause| StoreError::sort(doing, cause))
}

/// What SQLite finds wrong with the database in that file: nothing, or up to a hundred lines.
pub async fn check_sqlite(file: &Path) -> Result<Vec<String>, StoreError> {
    let mut connection = open(file).await?;
    let doing = "PRAGMA quick_check";
    let lines: Vec<String> =
        sqlx::query_scalar(doing).fetch_all(&mut connection).await.map_err(|cause| StoreError::sort(doing, cause))?;
    connection.close().await.map_err(|cause| StoreError::sort(doing, cause))?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

async fn open(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(PATIENCE).disable_statement_logging();
    SqliteConnection::connect_with(&options)
        .await
        .map_err(|cause| StoreError::Open { url: format!("sqlite:{}", file.display()), source: Arc::new(cause) })
}
