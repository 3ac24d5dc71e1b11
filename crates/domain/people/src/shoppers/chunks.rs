//! Chunks on their way to the store: handed out a few at a time, as they were when the save began.
//!
//! Each is written under the number of its save, in a short transaction of its own. They count from the moment the store
//! names that save as the last, in the transaction that also keeps the offset; those before are swept away behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use fanvine_store::{Store, StoreError, Value, args};

use super::Shoppers;
use super::cells::{CHUNK, Cells};

/// Bytes of chunks that are written at once.
const AT_ONCE: usize = 1 << 20;
/// Chunks whose older versions are swept away at once.
const SWEPT_AT_ONCE: usize = 4_096;

/// A save under way, and what the last one left behind.
#[derive(Debug, Clone, Default)]
pub(super) struct Save {
    /// Grows with every attempt.
    pub number: i64,
    /// Up to which chunk they are handed out.
    last: Option<usize>,
    /// Those that changed before they were handed out, as they were.
    held: BTreeMap<usize, Vec<u8>>,
    /// Of these the store has versions that count no more.
    pub superseded: BTreeSet<usize>,
}

impl Save {
    /// Another attempt, of which nothing is handed out yet.
    pub fn begin(&mut self) {
        self.number += 1;
        self.last = None;
        self.held.clear();
    }

    /// Keeps a chunk as it is, if it is still to be handed out.
    pub fn hold(&mut self, chunk: usize, going: &BTreeSet<usize>, cells: &Cells) {
        if going.contains(&chunk) && self.last.is_none_or(|last| last < chunk) {
            self.held.entry(chunk).or_insert_with(|| cells.chunk(chunk));
        }
    }

    /// What was handed out is in the store.
    pub fn end(&mut self, gone: &BTreeSet<usize>) {
        self.held.clear();
        self.superseded.extend(gone);
    }
}

impl Shoppers {
    /// The cell of a number is about to change.
    pub(super) fn will_change(&mut self, number: u32) {
        let chunk = number as usize / CHUNK;
        self.save.hold(chunk, &self.saving.chunks, &self.cells);
        self.unsaved.chunks.insert(chunk);
    }

    /// The next rows of chunks to write, and how many bytes they hold; none when all are handed out.
    pub(crate) fn hand_out(&mut self) -> (Vec<Vec<Value>>, u64) {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let from = self.save.last.map_or(Bound::Unbounded, Bound::Excluded);
        for chunk in self.saving.chunks.range((from, Bound::Unbounded)) {
            let packed = self.save.held.remove(chunk).unwrap_or_else(|| self.cells.chunk(*chunk));
            bytes += packed.len();
            rows.push(args![*chunk as i64, self.save.number, packed]);
            self.save.last = Some(*chunk);
            if bytes >= AT_ONCE {
                break;
            }
        }
        (rows, bytes as u64)
    }

    /// Chunks of which the store has versions that count no more.
    pub(crate) fn superseded(&self) -> BTreeSet<usize> {
        self.save.superseded.clone()
    }

    /// Tells that those are swept away.
    pub(crate) fn swept(&mut self) {
        self.save.superseded.clear();
    }
}

/// Writes chunks of a save that does not count yet.
pub(crate) async fn write(store: &Store, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    let written = store.write(move |tx| {
        Box::pin(tx.insert_many(
            "INSERT INTO people_chunks (chunk, save_number, shoppers) VALUES",
            rows,
            "ON CONFLICT (chunk, save_number) DO UPDATE SET shoppers = excluded.shoppers",
        ))
    });
    written.await.map(|_: u64| ())
}

/// Sweeps away what counts no more of these chunks. The last save is known to be the one that counts.
pub(crate) async fn sweep(store: &Store, chunks: BTreeSet<usize>) -> Result<(), StoreError> {
    const OLDER: &str =
        "DELETE FROM people_chunks WHERE save_number < (SELECT MAX(newer.save_number) FROM people_chunks newer
                         WHERE newer.chunk = people_chunks.chunk) AND chunk IN (";
    let chunks: Vec<Value> = chunks.into_iter().map(|chunk| (chunk as i64).into()).collect();
    for some in chunks.chunks(SWEPT_AT_ONCE) {
        let some = some.to_vec();
        let swept = store.write(move |tx| Box::pin(tx.execute_in(OLDER, some, ")")));
        swept.await.map(|_: u64| ())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use fanvine_testkit::{TempStore, track};

    use crate::MIGRATIONS;
    use crate::shoppers::Shoppers;
    use crate::testing::Opened;

    #[tokio::test]
    async fn what_changes_while_a_save_is_under_way_goes_with_the_next() {
        let shop = Opened::new().await;
        shop.does([track("Product Viewed").user("ann"), track("Product Viewed").user("ben")]);
        shop.people.save().await.unwrap();
        shop.does([track("Product Viewed").user("ann")]);
        let before = {
            let mut shoppers = shop.people.shoppers_mut();
            shoppers.begin_saving();
            shoppers.cells.chunk(0)
        };
        shop.does([track("Product Viewed").user("ben")]);
        let mut shoppers = shop.people.shoppers_mut();
        let (rows, bytes) = shoppers.hand_out();
        assert_eq!((rows.len(), bytes), (1, before.len() as u64));
        assert_eq!(rows[0][2], before.into());
        assert_eq!(shoppers.hand_out().0.len(), 0);
        // Nobody told that it is saved, and it is behind: all of it goes again, as it is now.
        shoppers.begin_saving();
        let now = shoppers.cells.chunk(0);
        assert_eq!(shoppers.hand_out().0[0][2], now.into());
    }

    #[tokio::test]
    async fn chunks_of_a_save_that_never_ended_are_gone_with_the_restart() {
        let shop = Opened::new().await;
        shop.does([track("Product Viewed").user("ann")]);
        shop.people.save().await.unwrap();
        let saved = shop.people.shoppers().cells.chunk(0);
        shop.does([track("Product Viewed").user("ann")]);
        let rows = {
            let mut shoppers = shop.people.shoppers_mut();
            shoppers.begin_saving();
            shoppers.hand_out().0
        };
        super::write(&shop.people.store, rows).await.unwrap();
        let catalogue = shop.people.shoppers().catalogue().clone();
        let again = Shoppers::load(&shop.people.store, catalogue, &[]).await.unwrap();
        assert_eq!((again.cells.chunk(0), again.next_offset()), (saved, 1));
    }

    #[tokio::test]
    async fn chunks_of_a_first_save_that_never_ended_are_gone_with_the_restart() {
        let store = TempStore::sqlite().await;
        store.migrate(MIGRATIONS).await.unwrap();
        let rows = vec![fanvine_store::args![7i64, 1i64, vec![1u8, 2, 3]]];
        super::write(&store.store(), rows).await.unwrap();
        let catalogue = std::sync::Arc::new(crate::tags::Catalogue::builtin());
        assert!(Shoppers::load(&store.store(), catalogue, &[]).await.unwrap().is_empty());
        let left = store.read(|tx| Box::pin(tx.rows("SELECT chunk FROM people_chunks", fanvine_store::args![])));
        assert_eq!(left.await.map_err(|error: fanvine_store::StoreError| error.in_full()).unwrap().len(), 0);
    }
}
