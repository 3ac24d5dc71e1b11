//! The rows of a query as CSV (RFC 4180), chunk by chunk.

use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use serde_json::Value;
use tokio::sync::mpsc;

use super::answer::rows;
use super::{Running, SqlError};
use crate::threads::QueryThreads;

/// CSV in chunks of whole lines.
pub type CsvStream = BoxStream<'static, Result<Bytes, SqlError>>;

/// The chunks of a running query, a header first. They are made on the query's threads, a few ahead.
pub(super) fn chunks(threads: &QueryThreads, mut running: Running, max_rows: usize) -> CsvStream {
    let (sender, receiver) = mpsc::channel(2);
    let task = threads.spawn(async move {
        let mut head = Vec::new();
        let names = running.stream.schema();
        line(&mut head, names.fields().iter().map(|field| Value::String(field.name().clone())));
        let mut chunk = Ok(Bytes::from(head));
        let mut room = max_rows;
        loop {
            let failed = chunk.is_err();
            if sender.send(chunk).await.is_err() || failed || room == 0 {
                return;
            }
            chunk = match running.next().await {
                Ok(Some(batch)) => lines(&batch, &mut room),
                Ok(None) => return,
                Err(error) => Err(error),
            };
        }
    });
    // The task goes along, and ends with the stream.
    stream::unfold((receiver, task), |(mut receiver, task)| async move {
        receiver.recv().await.map(|chunk| (chunk, (receiver, task)))
    })
    // Whoever compresses the answer asks once more after its end.
    .fuse()
    .boxed()
}

fn lines(batch: &RecordBatch, room: &mut usize) -> Result<Bytes, SqlError> {
    let rows = rows(batch).map_err(|error| SqlError::Failed { message: error.to_string() })?;
    let mut text = Vec::with_capacity(rows.len() * 64);
    for row in rows.into_iter().take(*room) {
        line(&mut text, row.into_iter());
    }
    *room = room.saturating_sub(batch.num_rows());
    Ok(Bytes::from(text))
}

fn line(into: &mut Vec<u8>, cells: impl Iterator<Item = Value>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            into.push(b',');
        }
        match cell {
            Value::Null => {}
            Value::String(text) => quoted(into, &text),
            other => quoted(into, &other.to_string()),
        }
    }
    into.extend_from_slice(b"\r\n");
}

fn quoted(into: &mut Vec<u8>, text: &str) {
    // An empty text is quoted, so that it differs from null.
    if !text.is_empty() && !text.contains(['"', ',', '\r', '\n']) {
        into.extend_from_slice(text.as_bytes());
        return;
    }
    into.push(b'"');
    into.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    into.push(b'"');
}
