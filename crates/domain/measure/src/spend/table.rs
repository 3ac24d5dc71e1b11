//! `spend`, offered to SQL: for free queries, and for this room's own.

use fanvine_lake::{ColumnData, ColumnKind, ColumnSpec, ColumnStream, Table};
use fanvine_store::{Cell, Row, Store, StoreError};
use futures::{StreamExt, stream};

use ColumnKind::{Int, Text};

/// Rows read from the store at a time.
const CHUNK_ROWS: usize = 4_096;

static COLUMNS: [(&str, ColumnKind, &str); 7] = [
    ("day", Text, "The day in the shop's zone, YYYY-MM-DD"),
    ("channel", Text, "The channel it was paid for"),
    ("campaign", Text, "The campaign; the empty text for none"),
    ("currency", Text, "The currency of its amount (ISO 4217)"),
    ("amount_minor", Int, "What was paid, in minor units"),
    ("impressions", Int, "How often it was shown"),
    ("clicks", Int, "How often it was clicked"),
];

/// The table, for the lake to register.
pub struct SpendTable {
    /// Where it is kept.
    pub store: Store,
}

impl Table for SpendTable {
    fn name(&self) -> &'static str {
        "spend"
    }

    fn about(&self) -> &'static str {
        "One row for what was paid for marketing on a day, by channel and campaign"
    }

    fn columns(&self) -> Vec<ColumnSpec> {
        COLUMNS.iter().map(|&(name, kind, about)| ColumnSpec { name, kind, about }).collect()
    }

    fn scan(&self, projection: Vec<usize>, limit: Option<usize>) -> ColumnStream {
        let chosen: Vec<_> = projection.iter().filter_map(|place| COLUMNS.get(*place)).collect();
        let names: Vec<&str> = chosen.iter().map(|(name, ..)| *name).collect();
        let limit = limit.map(|rows| format!(" LIMIT {rows}")).unwrap_or_default();
        let sql = format!("SELECT {} FROM spend{limit}", names.join(", "));
        let kinds: Vec<ColumnKind> = chosen.iter().map(|(_, kind, _)| *kind).collect();
        let store = self.store.clone();
        // The store is asked at the first poll, inside the runtime that runs the query.
        let chunks = stream::once(async move {
            let chunks = store.scan(sql, Vec::new(), CHUNK_ROWS);
            stream::unfold(chunks, |mut chunks| async move { chunks.recv().await.map(|chunk| (chunk, chunks)) })
        });
        let columns = move |rows: Vec<Row>| columns_of(&rows, &kinds);
        chunks.flatten().map(move |chunk| chunk.and_then(&columns).map_err(|error| error.to_string())).boxed()
    }
}

fn columns_of(rows: &[Row], kinds: &[ColumnKind]) -> Result<Vec<ColumnData>, StoreError> {
    fn all<T: Cell>(rows: &[Row], place: usize) -> Result<Vec<Option<T>>, StoreError> {
        rows.iter().map(|row| row.get(place)).collect()
    }
    let column = |(place, kind): (usize, &ColumnKind)| {
        Ok(match kind {
            Int => ColumnData::Int(all(rows, place)?),
            _ => ColumnData::Text(all(rows, place)?),
        })
    };
    kinds.iter().enumerate().map(column).collect()
}
