//! Big answers, streamed in chunks.

use std::borrow::Cow;

use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use crate::row::Inner;
use crate::tx::Connection;
use crate::value::bound;
use crate::{Row, Store, StoreError, Value};

/// How many chunks wait for a slow reader.
const CHUNKS_AHEAD: usize = 2;

impl Store {
    /// Streams the rows of a query from one snapshot in chunks of `chunk_rows`. Ends early, and frees its
    /// connection, when the receiver is dropped. Must be called inside a tokio runtime.
    pub fn scan(
        &self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
        chunk_rows: usize,
    ) -> mpsc::Receiver<Result<Vec<Row>, StoreError>> {
        let (send, receive) = mpsc::channel(CHUNKS_AHEAD);
        let (store, sql) = (self.clone(), sql.into());
        tokio::spawn(async move {
            if let Err(error) = stream(&store, sql, args, chunk_rows.max(1), &send).await {
                drop(send.send(Err(error)).await);
            }
        });
        receive
    }
}

async fn stream(
    store: &Store,
    sql: Cow<'static, str>,
    args: Vec<Value>,
    chunk_rows: usize,
    send: &mpsc::Sender<Result<Vec<Row>, StoreError>>,
) -> Result<(), StoreError> {
    let mut tx = store.reader().await?;
    let mut rows = match tx.connection() {
        // Who reads is given no writer.
        Connection::Writer(_) => return Err(StoreError::Closed),
        Connection::Reader(connection) => {
            bound!(sql.clone(), args).fetch(connection).map_ok(|row| Row(Inner::Sqlite(row))).left_stream()
        }
        Connection::Postgres(connection) => {
            bound!(sql.clone(), args).fetch(connection).map_ok(|row| Row(Inner::Postgres(row))).right_stream()
        }
    };
    let mut chunk = Vec::with_capacity(chunk_rows);
    while let Some(row) = rows.try_next().await.map_err(|cause| StoreError::sort(&sql, cause))? {
        chunk.push(row);
        if chunk.len() == chunk_rows {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(chunk_rows));
            if send.send(Ok(full)).await.is_err() {
                return Ok(());
            }
        }
    }
    if !chunk.is_empty() {
        drop(send.send(Ok(chunk)).await);
    }
    Ok(())
}
