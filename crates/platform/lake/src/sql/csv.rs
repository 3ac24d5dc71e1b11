//! The rows of a query as CSV (RFC 4180), chunk by chunk.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use serde_json::Value;

use super::answer::rows;
use super::{Running, SqlError};

/// CSV in chunks of whole lines.
pub type CsvStream = BoxStream<'static, Result<Bytes, SqlError>>;

struct Progress {
    running: Running,
    room: usize,
    head: Option<Vec<u8>>,
}

/// The chunks of a running query, a header first.
pub(super) fn chunks(running: Running, max_rows: usize) -> CsvStream {
    let mut head = Vec::new();
    let names = running.stream.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    line(&mut head, names.iter().map(|name| Value::String(name.clone())));
    let progress = Progress { running, room: max_rows, head: Some(head) };
    stream::try_unfold(progress, |mut progress| async move {
        if let Some(head) = progress.head.take() {
            return Ok(Some((Bytes::from(head), progress)));
        }
        if progress.room == 0 {
            return Ok(None);
        }
        let Some(batch) = progress.running.next().await? else { return Ok(None) };
        let rows = rows(&batch).map_err(|error| SqlError::Failed { message: error.to_string() })?;
        let mut text = Vec::with_capacity(rows.len() * 64);
        for row in rows.into_iter().take(progress.room) {
            line(&mut text, row.into_iter());
        }
        progress.room = progress.room.saturating_sub(batch.num_rows());
        Ok(Some((Bytes::from(text), progress)))
    })
    .boxed()
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
