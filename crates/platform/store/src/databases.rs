//! Whole databases of a PostgreSQL server: made and dropped for tests and for setting a shop up.

use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};

use crate::StoreError;
use crate::store::redacted;

/// Makes the database `name` on the server at `server_url`; the address of the new database.
pub async fn create_database(server_url: &str, name: &str) -> Result<String, StoreError> {
    on_server(server_url, format!("CREATE DATABASE {}", quoted(name))).await?;
    let (place, options) = server_url.split_once('?').map_or((server_url, None), |(place, o)| (place, Some(o)));
    let after_scheme = place.find("://").map_or(0, |at| at + 3);
    let end = place[after_scheme..].find('/').map_or(place.len(), |at| after_scheme + at);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    Ok(format!("{}/{name}{options}", &place[..end]))
}

/// Drops the database `name` of the server at `server_url`, throwing out whoever is connected to it.
pub async fn drop_database(server_url: &str, name: &str) -> Result<(), StoreError> {
    on_server(server_url, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name))).await
}

async fn on_server(server_url: &str, statement: String) -> Result<(), StoreError> {
    let refused = |cause: sqlx::Error| StoreError::Open { url: redacted(server_url), source: Arc::new(cause) };
    let options: PgConnectOptions = server_url.parse().map_err(refused)?;
    let mut connection = PgConnection::connect_with(&options).await.map_err(refused)?;
    let outcome = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut connection).await;
    drop(connection.close().await);
    outcome.map(|_| ()).map_err(|cause| StoreError::sort(&statement, cause))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
