//! Products as other rooms complete events by them, kept in memory within bounds.
//!
//! What was read is good until whoever changes the catalogue says so ([`Memory::forget`]), which they do behind each
//! commit: a reader that began before it does not leave in memory what it read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fanvine_contracts::products::{DescribedProduct, DescribedProducts, InMemory};
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::{Money, Problem, Timestamp};
use fanvine_store::{StoreError, Tx, Value};
use rustc_hash::FxHashMap;

use super::store;
use crate::Commerce;

/// About how many bytes one half of the memory may hold. Of two halves, the one that was not filled last is dropped when
/// the other is full: what is asked for often moves over before that.
const HALF_BYTES: usize = 8 << 20;
/// What an entry takes beside its texts.
const ENTRY_BYTES: usize = 160;
/// Longer texts, in bytes, are no names: they would make many large events of a small request.
const LONGEST: usize = 500;

type Entry = Option<Arc<DescribedProduct>>;

/// Descriptions in memory; of numbers the catalogue does not have, that.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Halves>);

#[derive(Debug, Default)]
struct Halves {
    new: FxHashMap<String, Entry>,
    old: FxHashMap<String, Entry>,
    bytes: usize,
    /// How often something was forgotten.
    changes: u64,
}

impl Memory {
    fn with<T>(&self, act: impl FnOnce(&mut Halves) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets products that were changed.
    pub(crate) fn forget<'i>(&self, ids: impl IntoIterator<Item = &'i str>) {
        self.with(|halves| {
            halves.changes += 1;
            for id in ids {
                if let Some(entry) = halves.new.remove(id) {
                    halves.bytes = halves.bytes.saturating_sub(weight(id, &entry));
                }
                halves.old.remove(id);
            }
        });
    }

    /// Forgets everything: it is not known what was changed.
    pub(crate) fn forget_all(&self) {
        self.with(|halves| *halves = Halves { changes: halves.changes + 1, ..Halves::default() });
    }

    fn get(&self, id: &str) -> Option<Entry> {
        self.with(|halves| halves.get(id))
    }

    fn changes(&self) -> u64 {
        self.with(|halves| halves.changes)
    }

    /// Keeps what was read after so many changes, unless there were more since.
    fn keep(&self, changes: u64, read: impl Iterator<Item = (String, Entry)>) {
        self.with(|halves| {
            if halves.changes == changes {
                read.for_each(|(id, entry)| halves.put(id, entry));
            }
        });
    }
}

impl Halves {
    fn get(&mut self, id: &str) -> Option<Entry> {
        if let Some(entry) = self.new.get(id) {
            return Some(entry.clone());
        }
        let (id, entry) = self.old.remove_entry(id)?;
        self.put(id, entry.clone());
        Some(entry)
    }

    fn put(&mut self, id: String, entry: Entry) {
        let bytes = weight(&id, &entry);
        if self.bytes + bytes > HALF_BYTES {
            self.old = std::mem::take(&mut self.new);
            self.bytes = 0;
        }
        if self.new.insert(id, entry).is_none() {
            self.bytes += bytes;
        }
    }
}

fn weight(id: &str, entry: &Entry) -> usize {
    let texts = |product: &Arc<DescribedProduct>| {
        let texts = [&product.name, &product.category, &product.brand];
        texts.into_iter().flatten().map(String::len).sum::<usize>()
    };
    ENTRY_BYTES + id.len() + entry.as_ref().map_or(0, texts)
}

impl DescribedProducts for Commerce {
    fn in_memory(&self, product_id: &str) -> InMemory {
        self.described.get(product_id).map_or(InMemory::Unread, InMemory::Known)
    }

    fn read<'a>(&'a self, product_ids: Vec<String>) -> Asking<'a, BTreeMap<String, Arc<DescribedProduct>>> {
        Box::pin(async move {
            let changes = self.described.changes();
            let (mut found, mut unread) = (BTreeMap::new(), Vec::new());
            for id in product_ids {
                match self.described.get(&id) {
                    Some(Some(product)) => drop(found.insert(id, product)),
                    Some(None) => {}
                    None => unread.push(id),
                }
            }
            if unread.is_empty() {
                return Ok(found);
            }
            let ids: Vec<Value> = unread.iter().map(Value::from).collect();
            let read = self.store.read(move |tx| Box::pin(async move { described(tx, ids).await }));
            let read = read.await.map_err(|error: StoreError| Problem::from(error))?;
            self.described.keep(changes, unread.into_iter().map(|id| (id.clone(), read.get(&id).cloned())));
            found.extend(read);
            Ok(found)
        })
    }
}

async fn described(tx: &mut Tx, ids: Vec<Value>) -> Result<BTreeMap<String, Arc<DescribedProduct>>, StoreError> {
    const SINCE: &str = "SELECT product_id, MAX(changed_at) AS since FROM price_history WHERE product_id IN (";
    const VARIANTS: &str =
        "SELECT DISTINCT product_id FROM product_variants WHERE price_minor IS NOT NULL AND product_id IN (";
    let mut since: BTreeMap<String, Timestamp> = BTreeMap::new();
    for row in tx.rows_in(SINCE, ids.clone(), ") GROUP BY product_id").await? {
        since.insert(row.get("product_id")?, row.get("since")?);
    }
    let mut variants = Vec::new();
    for row in tx.rows_in(VARIANTS, ids.clone(), ")").await? {
        variants.push(row.get::<String>("product_id")?);
    }
    let known = store::known(tx, ids).await?;
    let product = |(id, known): (String, super::Known)| {
        let price = known.price().filter(|price| price.minor >= 0);
        let priced = |price: Money| {
            let at = since.get(&id).copied().unwrap_or(Timestamp::from_micros(known.said_at.price));
            (price, at)
        };
        let product = DescribedProduct {
            price: price.map(priced),
            priced_variants: variants.contains(&id),
            name: short(known.product.name),
            category: short(known.product.category),
            brand: short(known.product.brand),
        };
        (id, Arc::new(product))
    };
    Ok(known.into_iter().map(product).collect())
}

fn short(text: Option<String>) -> Option<String> {
    text.filter(|text| text.len() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Entry {
        Some(Arc::new(DescribedProduct { name: Some(name.to_owned()), ..DescribedProduct::default() }))
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_behind_it() {
        let memory = Memory::default();
        let before = memory.changes();
        memory.forget(["mug"]);
        memory.keep(before, [("mug".to_owned(), named("old"))].into_iter());
        assert_eq!(memory.get("mug"), None);
        memory.keep(memory.changes(), [("mug".to_owned(), named("new")), ("gone".to_owned(), None)].into_iter());
        assert_eq!((memory.get("mug"), memory.get("gone")), (Some(named("new")), Some(None)));
        memory.forget(["mug"]);
        assert_eq!((memory.get("mug"), memory.get("gone")), (None, Some(None)));
        memory.forget_all();
        assert_eq!(memory.get("gone"), None);
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_what_is_asked_for() {
        let memory = Memory::default();
        let long = "x".repeat(LONGEST);
        memory.keep(0, [("asked".to_owned(), named("tea"))].into_iter());
        for number in 0..60_000 {
            memory.keep(0, [(format!("p{number}"), named(&long))].into_iter());
            assert_eq!(memory.get("asked"), Some(named("tea")));
        }
        let held = memory.with(|halves| halves.new.len() + halves.old.len());
        assert!(held * (ENTRY_BYTES + LONGEST) <= 2 * HALF_BYTES, "{held}");
        assert!(memory.with(|halves| halves.bytes) <= HALF_BYTES);
        assert_eq!(memory.get("p0"), None);
    }
}
