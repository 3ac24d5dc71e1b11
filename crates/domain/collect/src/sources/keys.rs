//! The write keys that are good, in memory, and when those that were replaced were last used.
//!
//! A use is remembered at once and saved behind it ([`Collect::save_key_uses`]): a crash may forget the last seconds of
//! what is only told to people.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::SourceId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{OldWriteKey, Source, SourceError, store};
use crate::Collect;

/// Which key belongs to which source, for the sources that are enabled.
#[derive(Debug, Default)]
pub struct KeyTable(RwLock<Keys>);

#[derive(Debug, Default)]
struct Keys {
    good: Arc<FxHashMap<String, Key>>,
    /// The sources whose events are completed.
    completing: Arc<FxHashSet<SourceId>>,
    /// Those of the good keys that were replaced, the last to end first.
    ending: Vec<(String, Timestamp)>,
    /// Of keys that were replaced, when they were last used; also of some that are over, until they are saved.
    uses: BTreeMap<String, Arc<Use>>,
}

#[derive(Debug, Clone)]
struct Key {
    source: SourceId,
    /// Of one that was replaced.
    used: Option<Arc<Use>>,
}

/// When a key was last used, in microseconds; `i64::MIN` if never.
#[derive(Debug)]
struct Use {
    last: AtomicI64,
    saved: AtomicI64,
}

/// The keys that are good at a moment.
#[derive(Debug)]
pub(crate) struct GoodKeys {
    good: Arc<FxHashMap<String, Key>>,
    now: Timestamp,
}

impl GoodKeys {
    /// Whose a key is. Asking is using it.
    pub(crate) fn get(&self, key: &str) -> Option<&SourceId> {
        let key = self.good.get(key)?;
        if let Some(used) = &key.used {
            used.last.fetch_max(self.now.micros(), Ordering::Relaxed);
        }
        Some(&key.source)
    }

    /// Whether a key is anybody's.
    pub(crate) fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

impl KeyTable {
    /// Replaces the table by the keys of these sources, and those that were replaced.
    pub(crate) fn load(&self, sources: &[Source], old: Vec<(SourceId, OldWriteKey)>) {
        let enabled = sources.iter().filter(|source| source.enabled);
        let own = |source: &Source| (source.write_key.clone(), Key { source: source.id.clone(), used: None });
        let mut good: FxHashMap<String, Key> = enabled.clone().map(own).collect();
        let completing = sources.iter().filter(|source| source.complete_products).map(|source| source.id.clone());
        let completing = Arc::new(completing.collect());
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (mut ending, mut uses) = (Vec::new(), BTreeMap::new());
        for (source, OldWriteKey { write_key, ends_at, last_used_at }) in old {
            let saved = last_used_at.map_or(i64::MIN, Timestamp::micros);
            let used = keys
                .uses
                .remove(&write_key)
                .unwrap_or_else(|| Arc::new(Use { last: AtomicI64::new(saved), saved: AtomicI64::new(saved) }));
            uses.insert(write_key.clone(), Arc::clone(&used));
            // What is somebody's key now is that, whosever it was.
            if enabled.clone().any(|one| one.id == source) && !good.contains_key(&write_key) {
                good.insert(write_key.clone(), Key { source, used: Some(used) });
                ending.push((write_key, ends_at));
            }
        }
        ending.sort_by_key(|(_, ends_at)| std::cmp::Reverse(*ends_at));
        *keys = Keys { good: Arc::new(good), completing, ending, uses };
    }

    /// The sources whose events are completed from the catalogue.
    pub(crate) fn completing(&self) -> Arc<FxHashSet<SourceId>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).completing)
    }

    /// When a key that was replaced was last used, as far as is in memory.
    pub(crate) fn last_use(&self, write_key: &str) -> Option<Timestamp> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let last = keys.uses.get(write_key)?.last.load(Ordering::Relaxed);
        (last != i64::MIN).then(|| Timestamp::from_micros(last))
    }

    /// The uses that were not saved, and how to say that they are.
    fn unsaved(&self) -> Vec<(String, i64, Arc<Use>)> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let all =
            keys.uses.iter().map(|(key, used)| (key.clone(), used.last.load(Ordering::Relaxed), Arc::clone(used)));
        all.filter(|(_, last, used)| *last > used.saved.load(Ordering::Relaxed)).collect()
    }

    /// The keys that are good at a moment, which is none before the last one asked for.
    pub(crate) fn at(&self, now: Timestamp) -> GoodKeys {
        let over = |keys: &Keys| keys.ending.last().is_some_and(|(_, ends_at)| *ends_at <= now);
        {
            let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if !over(&keys) {
                return GoodKeys { good: Arc::clone(&keys.good), now };
            }
        }
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut good = FxHashMap::clone(&keys.good);
        while over(&keys) {
            keys.ending.pop().iter().for_each(|(key, _)| drop(good.remove(key)));
        }
        keys.good = Arc::new(good);
        GoodKeys { good: Arc::clone(&keys.good), now }
    }
}

impl Collect {
    /// Saves when write keys that were replaced were last used; costs nothing where nobody has.
    ///
    /// # Errors
    /// The store failed; what was not saved is saved the next time.
    pub async fn save_key_uses(&self) -> Result<(), SourceError> {
        let unsaved = self.keys.unsaved();
        if unsaved.is_empty() {
            return Ok(());
        }
        let rows: Vec<(String, i64)> = unsaved.iter().map(|(key, last, _)| (key.clone(), *last)).collect();
        let saving = self.store.write(move |tx| {
            Box::pin(async move {
                for (key, last) in rows {
                    store::used_key(tx, &key, last).await?;
                }
                Ok::<_, SourceError>(())
            })
        });
        saving.await?;
        for (_, last, used) in &unsaved {
            used.saved.fetch_max(*last, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn moment(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn source(id: &str, write_key: &str, enabled: bool) -> Source {
        Source {
            id: id.parse().unwrap(),
            name: String::new(),
            write_key: write_key.to_owned(),
            enabled,
            created_at: moment(0),
            signing_secret: None,
            complete_products: false,
        }
    }

    fn old(id: &str, write_key: &str, ends: i64) -> (SourceId, OldWriteKey) {
        let key = OldWriteKey { write_key: write_key.to_owned(), ends_at: moment(ends), last_used_at: None };
        (id.parse().unwrap(), key)
    }

    #[test]
    fn a_key_that_was_replaced_is_good_until_it_ends() {
        let sources = [source("src_a", "new_of_a", true), source("src_b", "of_b", false)];
        let table = KeyTable::default();
        table.load(&sources, vec![old("src_a", "first", 5), old("src_a", "second", 9), old("src_b", "off", 9)]);
        let good = |second: i64| {
            let mut keys: Vec<String> = table.at(moment(second)).good.keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(good(4), ["first", "new_of_a", "second"]);
        assert_eq!(good(5), ["new_of_a", "second"]);
        assert_eq!(good(100), ["new_of_a"]);
        table.load(&sources, vec![old("src_a", "new_of_a", 1)]);
        assert_eq!(good(101), ["new_of_a"], "what is a key now is no old one");
    }

    #[test]
    fn the_last_use_of_a_key_that_was_replaced_is_remembered_also_when_keys_are_read_anew() {
        let sources = [source("src_a", "new_of_a", true)];
        let table = KeyTable::default();
        table.load(&sources, vec![old("src_a", "first", 50), old("src_a", "second", 90)]);
        assert_eq!(table.at(moment(3)).get("first").map(SourceId::as_str), Some("src_a"));
        table.at(moment(2)).get("first");
        table.at(moment(4)).get("new_of_a");
        table.at(moment(4)).get("nobody's");
        assert_eq!((table.last_use("first"), table.last_use("second")), (Some(moment(3)), None));
        let unsaved: Vec<(String, i64)> = table.unsaved().into_iter().map(|(key, last, _)| (key, last)).collect();
        assert_eq!(unsaved, [("first".to_owned(), moment(3).micros())]);
        table.load(&sources, vec![old("src_a", "first", 50)]);
        assert_eq!(table.last_use("first"), Some(moment(3)));
        table.at(moment(60)).get("first");
        assert_eq!(table.last_use("first"), Some(moment(3)), "it was over by then");
        // What was saved before a start is known after it.
        let (id, key) = old("src_a", "third", 90);
        table.load(&sources, vec![(id, OldWriteKey { last_used_at: Some(moment(1)), ..key })]);
        assert_eq!((table.last_use("third"), table.unsaved().len()), (Some(moment(1)), 0));
    }
}
