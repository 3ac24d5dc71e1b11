//! `GET /api/v1/sql/schema`: the tables and columns a query may name, and what they mean.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Measure;

/// What a query may name.
#[derive(Debug, Serialize, ToSchema)]
pub struct SqlSchema {
    /// The tables.
    pub tables: Vec<SqlTable>,
}

/// A table.
#[derive(Debug, Serialize, ToSchema)]
pub struct SqlTable {
    /// Its name.
    pub name: String,
    /// What a row of it is.
    pub about: String,
    /// Its columns, in order.
    pub columns: Vec<SqlColumn>,
}

/// A column.
#[derive(Debug, Serialize, ToSchema)]
pub struct SqlColumn {
    /// Its name.
    pub name: String,
    /// `text`, `integer`, `float`, `timestamp` or `boolean`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it holds.
    pub about: String,
}

/// The tables and columns a query may name.
#[utoipa::path(
    get, path = "/api/v1/sql/schema", tag = "measure", security(("role" = ["analyst"])),
    responses((status = 200, body = SqlSchema))
)]
pub async fn show_sql_schema(State(measure): State<Arc<Measure>>) -> Json<SqlSchema> {
    let tables = measure.lake.schema().into_iter().map(|table| SqlTable {
        name: table.name,
        about: table.about,
        columns: table
            .columns
            .into_iter()
            .map(|column| SqlColumn { name: column.name, kind: column.kind, about: column.about })
            .collect(),
    });
    Json(SqlSchema { tables: tables.collect() })
}
