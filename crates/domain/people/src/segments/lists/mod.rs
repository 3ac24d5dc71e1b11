//! Static lists: shopper keys as uploaded. Those nobody was heard of under yet are kept, and count from when they are.

pub mod delete_list;
pub mod list_lists;
pub mod put_list;
pub mod show_list;

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_store::{Store, StoreError, Tx, args};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::shoppers::Shoppers;

/// Keys in a row of the store.
const PART: usize = 1_000;
/// Keys of one list.
pub(crate) const MOST_KEYS: usize = 1_000_000;
/// Bytes of one key.
pub(crate) const LONGEST_KEY: usize = 512;

/// A list.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub name: String,
    pub updated_at: Timestamp,
    /// The keys that were heard of.
    pub numbers: RoaringBitmap,
    /// How many keys it has, heard of or not.
    pub keys: u64,
}

/// All lists, by id, and the keys they wait for.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    lists: BTreeMap<String, List>,
    /// From a key nobody was heard of under to the lists that have it.
    awaited: FxHashMap<String, Vec<String>>,
    /// Up to which number shoppers were looked up among the awaited.
    known: u32,
}

impl Lists {
    /// A list.
    pub(crate) fn get(&self, id: &str) -> Option<&List> {
        self.lists.get(id)
    }

    /// All of them, by id.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &List)> {
        self.lists.iter()
    }

    /// Puts a list in place of what it was; the keys nobody was heard of under.
    pub(crate) fn put(
        &mut self,
        id: &str,
        name: String,
        updated_at: Timestamp,
        keys: &[String],
        shoppers: &Shoppers,
    ) -> Vec<String> {
        self.remove(id);
        let (mut numbers, mut unknown) = (RoaringBitmap::new(), Vec::new());
        for key in keys {
            match shoppers.number_of(key) {
                Some(number) => drop(numbers.insert(number)),
                None => {
                    self.awaited.entry(key.clone()).or_default().push(id.to_owned());
                    unknown.push(key.clone());
                }
            }
        }
        self.lists.insert(id.to_owned(), List { name, updated_at, numbers, keys: keys.len() as u64 });
        unknown
    }

    /// Forgets a list.
    pub(crate) fn remove(&mut self, id: &str) {
        if self.lists.remove(id).is_some() {
            self.awaited.retain(|_, lists| {
                lists.retain(|list| list != id);
                !lists.is_empty()
            });
        }
    }

    /// Takes these keys, and those of these numbers, out of every list.
    pub(crate) fn forget(&mut self, keys: &[String], numbers: &[u32]) {
        for id in keys.iter().filter_map(|key| self.awaited.remove(key)).flatten() {
            self.lists.get_mut(&id).into_iter().for_each(|list| list.keys = list.keys.saturating_sub(1));
        }
        for list in self.lists.values_mut() {
            for number in numbers {
                list.keys -= u64::from(list.numbers.remove(*number)).min(list.keys);
            }
        }
    }

    /// Looks for awaited keys among those heard of since; the numbers of those that came.
    pub(crate) fn meet(&mut self, shoppers: &Shoppers) -> Vec<u32> {
        let from = std::mem::replace(&mut self.known, shoppers.len() as u32);
        if self.awaited.is_empty() {
            return Vec::new();
        }
        let mut came = Vec::new();
        for number in from..self.known {
            for id in self.awaited.remove(shoppers.key_of(number)).unwrap_or_default() {
                if let Some(list) = self.lists.get_mut(&id) {
                    list.numbers.insert(number);
                    came.push(number);
                }
            }
        }
        came
    }

    /// All lists as saved.
    pub(crate) async fn load(store: &Store, shoppers: &Shoppers) -> Result<Self, StoreError> {
        let heads = store
            .read(|tx| {
                Box::pin(async move { tx.rows("SELECT list_id, name, updated_at FROM segment_lists", args![]).await })
            })
            .await?;
        let mut lists = Self { known: shoppers.len() as u32, ..Self::default() };
        for head in heads {
            let id: String = head.get("list_id")?;
            let keys = {
                let id = id.clone();
                store.read(move |tx| Box::pin(async move { keys(tx, &id).await })).await?
            };
            lists.put(&id, head.get("name")?, head.get("updated_at")?, &keys, shoppers);
        }
        Ok(lists)
    }
}

/// The keys of a list, in the order of their upload.
pub(crate) async fn keys(tx: &mut Tx, id: &str) -> Result<Vec<String>, StoreError> {
    let rows = tx.rows("SELECT keys FROM segment_list_parts WHERE list_id = $1 ORDER BY part", args![id]).await?;
    let mut keys = Vec::new();
    for row in rows {
        let part: Vec<String> = serde_json::from_str(&row.get::<String>("keys")?).unwrap_or_default();
        keys.extend(part);
    }
    Ok(keys)
}

/// Saves a list in place of what it was.
pub(crate) async fn save(tx: &mut Tx, id: &str, name: &str, keys: &[String], now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM segment_list_parts WHERE list_id = $1", args![id]).await?;
    tx.execute(
        "INSERT INTO segment_lists (list_id, name, keys, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (list_id) DO UPDATE SET name = excluded.name, keys = excluded.keys, updated_at = excluded.updated_at",
        args![id, name, keys.len() as i64, now],
    )
    .await?;
    let parts = keys.chunks(PART).enumerate().map(|(part, keys)| {
        // Plain texts: writing them as JSON cannot fail.
        args![id, part as i64, serde_json::to_string(keys).unwrap_or_default()]
    });
    tx.insert_many("INSERT INTO segment_list_parts (list_id, part, keys) VALUES", parts.collect(), "").await?;
    Ok(())
}

/// Takes keys out of every list.
pub(crate) async fn forget(tx: &mut Tx, keys: &[String]) -> Result<(), StoreError> {
    let lists = tx.rows("SELECT list_id, name, updated_at FROM segment_lists", args![]).await?;
    for list in &lists {
        let id: String = list.get("list_id")?;
        let before = self::keys(tx, &id).await?;
        let left: Vec<String> = before.iter().filter(|key| !keys.contains(key)).cloned().collect();
        if left.len() < before.len() {
            save(tx, &id, &list.get::<String>("name")?, &left, list.get("updated_at")?).await?;
        }
    }
    Ok(())
}

/// Deletes a list.
pub(crate) async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM segment_list_parts WHERE list_id = $1", args![id]).await?;
    tx.execute("DELETE FROM segment_lists WHERE list_id = $1", args![id]).await?;
    Ok(())
}
