//! `GET /api/v1/shop`: which shop this is, how it counts, and what it holds.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_lake::SqlRequest;
use fanvine_store::Engine;
use fanvine_web::Answer;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::program::Program;

/// Which shop this is and what it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shop {
    /// Its name.
    pub name: String,
    /// The zone in which its days begin.
    pub time_zone: String,
    /// Its currency, if it named one.
    pub currency: Option<String>,
    /// When the first event it holds happened.
    pub first_event_at: Option<String>,
    /// When the last event it holds happened.
    pub last_event_at: Option<String>,
    /// Fanvine's version.
    pub version: &'static str,
    /// What it takes on disk.
    pub storage: Storage,
}

/// What the shop's data takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Storage {
    /// Which operational store: `sqlite` or `postgres`.
    pub store: &'static str,
    /// Events in the log.
    pub log_events: u64,
    /// Bytes of the log on disk.
    pub log_bytes: u64,
    /// Files of the columnar event store.
    pub lake_files: u64,
    /// Bytes of the columnar event store on disk.
    pub lake_bytes: u64,
    /// Events held in memory until they are written to columns; they are in the log already.
    pub lake_hot_events: u64,
}

/// Which shop this is, how it counts, and what it holds.
#[utoipa::path(
    get, path = "/api/v1/shop", tag = "program", security(("role" = ["analyst"])),
    responses((status = 200, body = Shop))
)]
pub async fn show_shop(State(program): State<Arc<Program>>) -> Answer<Json<Shop>> {
    let request = SqlRequest {
        query: "SELECT min(occurred_at), max(occurred_at) FROM events".into(),
        max_rows: 1,
        timeout: program.measure.limits.timeout,
    };
    let span = program.lake.sql(&request).await.map_err(|error| Problem::new(Code::Unavailable, error.to_string()))?;
    let moment =
        |column: usize| span.rows.first().and_then(|row| row.get(column)).and_then(Value::as_str).map(str::to_owned);
    let stats = program.lake.stats();
    Ok(Json(Shop {
        name: program.settings.shop.name.clone(),
        time_zone: program.settings.shop.time_zone.clone(),
        currency: program.settings.shop.currency.map(|currency| currency.to_string()),
        first_event_at: moment(0),
        last_event_at: moment(1),
        version: env!("CARGO_PKG_VERSION"),
        storage: Storage {
            store: match program.store.engine() {
                Engine::Sqlite => "sqlite",
                Engine::Postgres => "postgres",
            },
            log_events: program.log.end() - program.log.start(),
            log_bytes: program.log.bytes_on_disk(),
            lake_files: stats.files as u64,
            lake_bytes: stats.bytes,
            lake_hot_events: stats.hot_rows as u64,
        },
    }))
}
