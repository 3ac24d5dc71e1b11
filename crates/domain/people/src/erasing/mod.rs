//! Forgetting a person: everything this room keeps under any of their keys.
//!
//! What is counted of their keys, their traits, the evidence of who they are with the decisions and the audit that name
//! them, what models say of them, their place in lists and segments: all of it goes in one transaction. The log is kept,
//! so what is left is a tombstone for each key, its digest: when the log is read again, what it holds of them is passed
//! over. The cell of a key stays, empty and under the tombstone's name, so that everybody keeps their number.

pub mod erase_person;
pub mod list_erasures;
mod routes;
pub(crate) mod store;

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Timestamp;
use fanvine_store::Migration;

pub use routes::router;

use crate::People;
use crate::identity::Forgotten;
use crate::tags::given::key_digest;

/// The tables of erasing.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "people/0005_erased", sql: include_str!("../../migrations/0005_erased.sql") }];

/// How the name of an erased cell begins. No client sends such a key: PostgreSQL could not even keep it.
const MARK: &str = "\0erased:";

/// Whether a cell's name is that of an erased key.
pub(crate) fn is_marker(name: &str) -> bool {
    name.starts_with(MARK)
}

/// One life of a key that was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Life {
    /// The offset of the log at which it ended.
    until: u64,
    erased_at: Timestamp,
}

impl People {
    /// The SQL condition for what was done under some keys, without the lives that were erased.
    pub(crate) fn done_under(&self, keys: &BTreeSet<String>) -> String {
        let shoppers = self.shoppers();
        let (again, whole): (Vec<_>, Vec<_>) = keys
            .iter()
            .map(|key| (quoted(key), shoppers.erased_at(key)))
            .partition(|(_, erased_at)| erased_at.is_some());
        let since = again.iter().filter_map(|(key, erased_at)| {
            erased_at.map(|at| format!(" OR (shopper_id = {key} AND occurred_at >= TIMESTAMP '{at}')"))
        });
        let whole: Vec<&str> = whole.iter().map(|(key, _)| key.as_str()).collect();
        // A list must not be empty; no key is.
        let whole = if whole.is_empty() { "''".to_owned() } else { whole.join(", ") };
        format!("(shopper_id IN ({whole}){})", since.collect::<String>())
    }
}

/// A text as SQL writes it.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Every key that was erased, by digest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tombstones(BTreeMap<String, Vec<Life>>);

/// What becomes of an event of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is counted.
    Counted,
    /// It is passed over, and the cell of this name is its key's.
    Erased(String),
    /// It is passed over: it tells of a life that was erased, and came afterwards.
    Late,
}

impl Tombstones {
    /// A key is erased, from this offset of the log on; the name of its cell.
    pub fn add(&mut self, digest: String, until: u64, erased_at: Timestamp) -> String {
        let name = marker(&digest, until);
        let lives = self.0.entry(digest).or_default();
        lives.push(Life { until, erased_at });
        lives.sort_unstable_by_key(|life| life.until);
        name
    }

    /// What becomes of an event at this offset, that occurred at this moment.
    pub fn fate(&self, key: &str, offset: u64, at: Timestamp) -> Fate {
        if self.0.is_empty() {
            return Fate::Counted;
        }
        let digest = key_digest(key);
        let Some(lives) = self.0.get(&digest) else { return Fate::Counted };
        let ended = lives.partition_point(|life| life.until <= offset);
        if ended.checked_sub(1).and_then(|last| lives.get(last)).is_some_and(|before| at < before.erased_at) {
            return Fate::Late;
        }
        lives.get(ended).map_or(Fate::Counted, |life| Fate::Erased(marker(&digest, life.until)))
    }

    /// When a key was last erased, if it was.
    pub fn last_of(&self, key: &str) -> Option<Timestamp> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&key_digest(key))?.last().map(|life| life.erased_at)
    }

    /// The names of all erased cells.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|(digest, lives)| lives.iter().map(|life| marker(digest, life.until)))
    }
}

fn marker(digest: &str, until: u64) -> String {
    format!("{MARK}{digest}:{until}")
}

/// All that is to go of a person.
#[derive(Debug, Clone)]
pub(crate) struct Erasure {
    pub person_id: String,
    /// Their shopper keys, until this is saved.
    pub keys: Vec<String>,
    /// The numbers of those that were heard of.
    pub numbers: Vec<u32>,
    pub until: u64,
    pub at: Timestamp,
    pub by: Option<String>,
    pub identity: Forgotten,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_before_an_erasure_is_passed_over_and_what_comes_after_counts() {
        let at = Timestamp::from_seconds;
        let mut tombstones = Tombstones::default();
        assert_eq!(tombstones.fate("ann", 3, at(30)), Fate::Counted);
        let first = tombstones.add(key_digest("ann"), 10, at(100));
        assert!(is_marker(&first));
        assert_eq!(tombstones.fate("ann", 9, at(90)), Fate::Erased(first.clone()));
        assert_eq!(tombstones.fate("ann", 10, at(99)), Fate::Late);
        assert_eq!(tombstones.fate("ann", 10, at(101)), Fate::Counted);
        assert_eq!(tombstones.fate("bob", 9, at(90)), Fate::Counted);
        let second = tombstones.add(key_digest("ann"), 20, at(200));
        assert_eq!(tombstones.fate("ann", 9, at(90)), Fate::Erased(first));
        assert_eq!(tombstones.fate("ann", 15, at(150)), Fate::Erased(second));
        assert_eq!(tombstones.fate("ann", 15, at(99)), Fate::Late);
        assert_eq!(tombstones.fate("ann", 25, at(150)), Fate::Late);
        assert_eq!((tombstones.fate("ann", 25, at(250)), tombstones.last_of("ann")), (Fate::Counted, Some(at(200))));
    }
}
