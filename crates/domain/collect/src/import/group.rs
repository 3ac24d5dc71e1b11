//! Rows that are one event, gathered in bounded memory: a group is open for a window of rows after its last one.

use std::collections::VecDeque;
use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::build::Draft;

struct Open {
    draft: Draft,
    rule: usize,
    last_row: u64,
}

/// The open groups, and which were closed: 8 bytes each, so that a late row is noticed.
#[derive(Default)]
pub struct Groups {
    open: FxHashMap<(usize, String), Open>,
    /// In the order they may be closed: each open group once.
    queue: VecDeque<(u64, usize, String)>,
    closed: FxHashSet<u64>,
}

fn mark(rule: usize, by: &str) -> u64 {
    // Two rounds with what FxHasher lacks: a mix that spreads similar texts over all bits.
    let rough = BuildHasherDefault::<FxHasher>::default().hash_one((rule, by));
    xxhash_rust::xxh3::xxh3_64_with_seed(by.as_bytes(), rough)
}

impl Groups {
    /// The open group, to which a row is to be added. Call [`Groups::touch`] once it was.
    pub fn find(&mut self, rule: usize, by: &str) -> Option<&mut Draft> {
        // The key is made anew only for the look-up; groups are few beside rows.
        self.open.get_mut(&(rule, by.to_owned())).map(|open| &mut open.draft)
    }

    /// Whether the group was closed before.
    pub fn was_closed(&self, rule: usize, by: &str) -> bool {
        self.closed.contains(&mark(rule, by))
    }

    /// Opens a group.
    pub fn insert(&mut self, rule: usize, by: String, draft: Draft, row: u64) {
        self.queue.push_back((row, rule, by.clone()));
        self.open.insert((rule, by), Open { draft, rule, last_row: row });
    }

    /// Notes that the group's last row is this one.
    pub fn touch(&mut self, rule: usize, by: &str, row: u64) {
        if let Some(open) = self.open.get_mut(&(rule, by.to_owned())) {
            open.last_row = row;
        }
    }

    /// Closes one group whose last row lies more than `window` rows before `row`.
    pub fn close_one(&mut self, row: u64, window: u64) -> Option<Draft> {
        loop {
            let (noted, ..) = self.queue.front()?;
            if row.saturating_sub(*noted) <= window {
                return None;
            }
            let (noted, rule, by) = self.queue.pop_front()?;
            let key = (rule, by);
            let last = self.open.get(&key).map(|open| open.last_row)?;
            if last > noted {
                // It had rows since: in line again.
                self.queue.push_back((last, key.0, key.1));
                continue;
            }
            return self.close(key);
        }
    }

    /// Closes the group that may be closed first, whenever its last row was.
    pub fn close_any(&mut self) -> Option<Draft> {
        let (_, rule, by) = self.queue.pop_front()?;
        self.close((rule, by))
    }

    fn close(&mut self, key: (usize, String)) -> Option<Draft> {
        let open = self.open.remove(&key)?;
        self.closed.insert(mark(open.rule, &key.1));
        Some(open.draft)
    }
}
