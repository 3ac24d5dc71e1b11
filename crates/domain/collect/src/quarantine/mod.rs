//! Quarantine: what came in and could not be taken as an event, kept with its reason.

pub mod discard;
pub mod list;
pub mod replay;
pub mod store;

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::SourceId;

/// The most bytes of a message that are kept.
pub const BODY_BYTES: usize = 64 * 1024;

/// One message that was refused. A message that comes again is the same row: it is known by source and key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Quarantined {
    /// Where it came from.
    pub source: SourceId,
    /// What makes it this message and no other: its message id, or a hash of it; for a file its name and row.
    pub key: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Why, in one word.
    pub reason: String,
    /// Why, naming field and value.
    pub detail: String,
    /// The same in Simplified Chinese; empty where there is none.
    #[serde(default)]
    pub detail_zh: String,
    /// By which call it came: `batch`, `track`, `posthog`, `sensors`, `shopify:orders/paid`; empty for a file's row.
    #[serde(default)]
    pub arrived_by: String,
    /// The message as it was sent; only the beginning if it is longer than 64 KiB.
    pub body: String,
}

/// The key of a message: its id if it has one, else a hash of its text.
pub fn message_key(message_id: Option<&str>, raw: &str) -> String {
    match message_id {
        Some(id) if !id.is_empty() && id.len() <= 512 => format!("id:{id}"),
        _ => format!("xxh3:{:032x}", xxhash_rust::xxh3::xxh3_128(raw.as_bytes())),
    }
}

/// The beginning of a text, at most `most` bytes long, and whether that is not all of it.
pub(crate) fn beginning(text: &str, most: usize) -> (&str, bool) {
    if text.len() <= most {
        return (text, false);
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_body_is_cut_between_characters() {
        assert_eq!(beginning("abc", 3), ("abc", false));
        assert_eq!(beginning("店店", 4), ("店", true));
    }
}
