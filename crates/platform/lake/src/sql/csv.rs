//! Rows as lines of CSV (RFC 4180).

use bytes::Bytes;
use serde_json::Value;

/// The header line.
pub(super) fn head(names: impl Iterator<Item = String>) -> Bytes {
    let mut text = Vec::new();
    line(&mut text, names.map(Value::String));
    text.into()
}

/// A line for each row.
pub(super) fn lines(rows: Vec<Vec<Value>>) -> Bytes {
    let mut text = Vec::with_capacity(rows.len() * 64);
    for row in rows {
        line(&mut text, row.into_iter());
    }
    text.into()
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
