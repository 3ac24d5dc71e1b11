//! Saving what was counted, with the offset it was counted up to.

use fanvine_kernel::Timestamp;
use fanvine_store::{Store, StoreError, Tx, Value, args};

use super::{Shoppers, Unsaved};
use crate::profile::{DecodeError, Trait};
use crate::tags::{Catalogue, Population};

/// The name under which the projection keeps its offset.
pub(crate) const CONSUMER: &str = "people";
/// Chunks read at a time.
const PAGE: usize = 256;

/// Why what was saved cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Bytes that make no sense.
    #[error("{what} in the store cannot be read")]
    Damaged {
        /// What they should be.
        what: &'static str,
        /// Why not.
        source: DecodeError,
    },
}

/// Rows to be saved, and up to where.
pub(crate) struct Snapshot {
    next: u64,
    chunks: Vec<Vec<Value>>,
    words: Vec<Vec<Value>>,
    population: Vec<Value>,
    traits: Vec<Vec<Value>>,
    taken: Unsaved,
}

impl Shoppers {
    /// What was learnt since the last snapshot, to be saved; if that fails, [`Shoppers::put_back`] must hear of it.
    pub(crate) fn snapshot(&mut self) -> Snapshot {
        let words_len = self.words.len();
        let taken = std::mem::replace(&mut self.unsaved, Unsaved { words: words_len, ..Unsaved::default() });
        let chunk = |chunk: &usize| args![*chunk as i64, self.cells.chunk(*chunk)];
        let mut words = Vec::new();
        if taken.words < words_len {
            let mut bytes = Vec::new();
            self.words.encode_from(taken.words, &mut bytes);
            words.push(args![taken.words as i64, bytes]);
        }
        let mut counts = Vec::new();
        self.population.encode(&mut counts);
        let said = |((key, ..), said): (&(String, String, String), &Trait)| {
            args![key, &said.name, &said.source, &said.value, said.at]
        };
        Snapshot {
            next: self.next,
            chunks: taken.chunks.iter().map(chunk).collect(),
            words,
            population: args![1i64, format!("{:016x}", self.catalogue.fingerprint()), counts],
            traits: taken.traits.iter().map(said).collect(),
            taken,
        }
    }

    /// A snapshot was not saved: what is in it is to be saved with the next.
    pub(crate) fn put_back(&mut self, snapshot: &Snapshot) {
        self.unsaved.chunks.extend(&snapshot.taken.chunks);
        self.unsaved.words = self.unsaved.words.min(snapshot.taken.words);
        for (place, said) in &snapshot.taken.traits {
            let latest = self.unsaved.traits.entry(place.clone()).or_insert_with(|| said.clone());
            if *latest < *said {
                *latest = said.clone();
            }
        }
    }

    /// What was saved. Where it was counted for other tags than these, everything is counted anew from the log.
    pub(crate) async fn load(store: &Store, catalogue: Catalogue) -> Result<Self, LoadError> {
        let wanted = format!("{:016x}", catalogue.fingerprint());
        let mut shoppers = Self::new(catalogue);
        let (next, population, words) = store.read(|tx| Box::pin(head(tx))).await?;
        let Some((fingerprint, counts)) = population else { return Ok(shoppers) };
        if fingerprint != wanted {
            tracing::info!("the tags were changed: people are counted anew from the event log");
            store.write(|tx| Box::pin(forget(tx))).await?;
            return Ok(shoppers);
        }
        let damaged = |what| move |source| LoadError::Damaged { what, source };
        shoppers.population = Population::decode(&counts).map_err(damaged("the counts over all shoppers"))?;
        for bytes in words {
            shoppers.words.extend_from(&bytes).map_err(damaged("a list of words"))?;
        }
        let mut chunks = store.scan("SELECT shoppers FROM people_chunks ORDER BY chunk", Vec::new(), PAGE);
        while let Some(rows) = chunks.recv().await {
            for row in rows? {
                let bytes: Vec<u8> = row.get("shoppers")?;
                shoppers.cells.extend(&bytes).map_err(damaged("a chunk of shoppers"))?;
            }
        }
        shoppers.unsaved.words = shoppers.words.len();
        shoppers.next = next;
        Ok(shoppers)
    }
}

type Head = (u64, Option<(String, Vec<u8>)>, Vec<Vec<u8>>);

async fn head(tx: &mut Tx) -> Result<Head, StoreError> {
    let next = tx.offset(CONSUMER).await?.unwrap_or(0);
    let population = tx.one("SELECT fingerprint, counts FROM people_population", args![]).await?;
    let population = population.map(|row| Ok::<_, StoreError>((row.get("fingerprint")?, row.get("counts")?)));
    let words = tx.rows("SELECT words FROM people_words ORDER BY first", args![]).await?;
    let words = words.iter().map(|row| row.get("words")).collect::<Result<_, _>>()?;
    Ok((next, population.transpose()?, words))
}

async fn forget(tx: &mut Tx) -> Result<(), StoreError> {
    for sql in ["DELETE FROM people_chunks", "DELETE FROM people_words", "DELETE FROM people_population"] {
        tx.execute(sql, args![]).await?;
    }
    tx.set_offset(CONSUMER, 0).await
}

impl Snapshot {
    /// Writes it, with the offset.
    pub(crate) async fn save(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.insert_many(
            "INSERT INTO people_chunks (chunk, shoppers) VALUES",
            self.chunks.clone(),
            "ON CONFLICT (chunk) DO UPDATE SET shoppers = excluded.shoppers",
        )
        .await?;
        tx.insert_many(
            "INSERT INTO people_words (first, words) VALUES",
            self.words.clone(),
            "ON CONFLICT (first) DO UPDATE SET words = excluded.words",
        )
        .await?;
        tx.insert_many(
            "INSERT INTO people_population (population_id, fingerprint, counts) VALUES",
            vec![self.population.clone()],
            "ON CONFLICT (population_id) DO UPDATE SET fingerprint = excluded.fingerprint, counts = excluded.counts",
        )
        .await?;
        tx.insert_many(
            "INSERT INTO people_traits (shopper_id, name, source_id, value, said_at) VALUES",
            self.traits.clone(),
            "ON CONFLICT (shopper_id, name, source_id) DO UPDATE SET value = excluded.value, said_at = excluded.said_at
             WHERE excluded.said_at > people_traits.said_at
             OR (excluded.said_at = people_traits.said_at AND excluded.value > people_traits.value)",
        )
        .await?;
        tx.set_offset(CONSUMER, self.next).await
    }
}

/// All that is said of these shopper keys and is saved.
pub(crate) async fn traits(tx: &mut Tx, keys: Vec<Value>) -> Result<Vec<Trait>, StoreError> {
    const SELECT: &str = "SELECT name, source_id, value, said_at FROM people_traits WHERE shopper_id IN (";
    let rows = tx.rows_in(SELECT, keys, ")").await?;
    rows.iter()
        .map(|row| {
            Ok(Trait {
                name: row.get("name")?,
                at: row.get::<Timestamp>("said_at")?,
                source: row.get("source_id")?,
                value: row.get("value")?,
            })
        })
        .collect()
}
