//! Records on their way into the log.

use crate::frame::{KEY_BYTES, LENGTH_BYTES};

/// What is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// De-duplication key. A record whose key was ever appended is answered
    /// [`Appended::Duplicate`](crate::Appended::Duplicate) and not stored.
    pub key: u128,
    /// The record, opaque to the log.
    pub bytes: Vec<u8>,
}

/// Records that are appended together, one behind the other in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    keys: Vec<u128>,
    /// Where each ends in `bytes`.
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl Records {
    /// None yet, with room for so many of so many bytes together.
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        Self { keys: Vec::with_capacity(records), ends: Vec::with_capacity(records), bytes: Vec::with_capacity(bytes) }
    }

    /// Adds a record; `write` appends its bytes.
    pub fn push(&mut self, key: u128, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.keys.push(key);
        self.ends.push(self.bytes.len());
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Bytes they take in a frame, before compression.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.keys.len() * (KEY_BYTES + LENGTH_BYTES)
    }

    /// The keys, in order.
    pub fn keys(&self) -> &[u128] {
        &self.keys
    }

    /// The bytes of the record at this place; none past the last.
    pub fn bytes(&self, place: usize) -> &[u8] {
        let from = place.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(self.bytes.len()));
        let to = self.ends.get(place).copied().unwrap_or(self.bytes.len());
        &self.bytes[from..to]
    }
}

impl FromIterator<Record> for Records {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut all = Self::default();
        for record in records {
            all.push(record.key, |bytes| bytes.extend(record.bytes));
        }
        all
    }
}

impl<const N: usize> From<[Record; N]> for Records {
    fn from(records: [Record; N]) -> Self {
        records.into_iter().collect()
    }
}
