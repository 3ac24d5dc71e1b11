//! Saving what was counted, with the offset it was counted up to.

use std::sync::Arc;

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, Store, StoreError, Tx, Value, args};

use super::cells::CHUNK;
use super::{RECENT, Shoppers, Unsaved};
use crate::erasing::{self, Erasure};
use crate::profile::{DecodeError, Trait};
use crate::tags::{Catalogue, Population, Scoring};

/// The name under which the projection keeps its offset.
pub(crate) const CONSUMER: &str = "people";
/// The name under which the offset that identity has learnt up to is kept.
const IDENTITY: &str = "identity";
/// What is saved in another form than this is counted anew.
const FORM: u32 = 3;
/// Chunks read at a time.
const PAGE: usize = 256;
/// How much of a value can be sought by, in characters.
const SOUGHT: usize = 64;

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
    /// Shoppers in between are not there.
    #[error("chunk {expected} of the shoppers is missing in the store: chunk {found} follows")]
    Missing {
        /// Which.
        expected: usize,
        /// What comes in its stead.
        found: i64,
    },
}

/// Rows to be saved, and up to where.
pub(crate) struct Snapshot {
    anew: bool,
    next: u64,
    identified: u64,
    words_len: usize,
    save_number: i64,
    words: Vec<Vec<Value>>,
    population: Vec<Value>,
    traits: Vec<Vec<Value>>,
    erasures: Vec<Erasure>,
    clauses: Vec<Vec<Value>>,
}

impl Shoppers {
    /// From now on what was learnt is on its way to the store, until [`Shoppers::saved`] is told; if that is never told,
    /// it goes with the next.
    pub(crate) fn begin_saving(&mut self) {
        let before = std::mem::take(&mut self.saving);
        self.unsaved.chunks.extend(before.chunks);
        self.watch.begin_saving();
        before.traits.0.into_iter().for_each(|((number, ..), said)| self.unsaved.traits.say(number, said));
        self.unsaved.erasures.extend(before.erasures);
        self.saving = std::mem::take(&mut self.unsaved);
        self.save.begin();
    }

    /// The rows of what is on its way to the store, but for the chunks: those are handed out.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let Unsaved { chunks: _, traits, erasures } = &self.saving;
        let mut words = Vec::new();
        if self.words_saved < self.words.len() {
            let mut bytes = Vec::new();
            self.words.encode_from(self.words_saved, &mut bytes);
            words.push(args![self.words_saved as i64, bytes]);
        }
        let mut counts = Vec::new();
        self.population.encode(&mut counts);
        let recent: Vec<u8> = self.recent.iter().flat_map(|number| number.to_le_bytes()).collect();
        let said = |((number, ..), said): (&(u32, String, String), &Trait)| {
            args![i64::from(*number), &said.name, &said.source, &said.value, said.at, sought(&said.value)]
        };
        Snapshot {
            anew: self.anew,
            next: self.next,
            identified: self.identified,
            words_len: self.words.len(),
            save_number: self.save.number,
            words,
            population: args![1i64, counted_for(&self.scoring), counts, recent, self.save.number],
            traits: traits.0.iter().map(said).collect(),
            erasures: erasures.clone(),
            clauses: self.watch.unsaved_clauses(),
        }
    }

    /// Tells that what was on its way to the store is there, and so many words.
    pub(crate) fn saved(&mut self, words: usize) {
        (self.words_saved, self.anew) = (words, false);
        self.watch.clauses_saved();
        let saved = std::mem::take(&mut self.saving);
        self.save.end(&saved.chunks);
    }

    /// Moves on to where identity has learnt; to where it had.
    pub(crate) fn identify_up_to(&mut self, next: u64) -> u64 {
        let before = self.identified;
        self.identified = before.max(next);
        before
    }

    /// What was saved, with the tags of `catalogue` in force. Where it was counted for tags in force `before`, it stays as
    /// it was until everything is counted anew; where for others, nothing of it can be used.
    pub(crate) async fn load(
        store: &Store,
        catalogue: Arc<Catalogue>,
        before: &[Arc<Catalogue>],
    ) -> Result<Self, LoadError> {
        let mut shoppers = Self::new(catalogue.clone());
        let head = store.read(|tx| Box::pin(head(tx))).await?;
        shoppers.identified = head.identified;
        shoppers.erased = store.read(|tx| Box::pin(erasing::store::tombstones(tx))).await?;
        let counts = head.population.as_ref().map_or(0, |population| population.save_number);
        store.write(move |tx| Box::pin(forget_unfinished(tx, counts))).await?;
        let Some(population) = head.population else { return Ok(shoppers) };
        let scorings = std::iter::once(&catalogue).chain(before).map(|catalogue| Scoring::of(catalogue));
        let Some(scoring) = scorings.into_iter().find(|one| counted_for(one) == population.counted_for) else {
            tracing::info!("people were counted in another form: they are counted anew from the event log");
            store.write(|tx| Box::pin(forget(tx))).await?;
            return Ok(shoppers);
        };
        shoppers.scoring = scoring;
        let damaged = |what| move |source| LoadError::Damaged { what, source };
        shoppers.population =
            Population::decode(&population.counts).map_err(damaged("the counts over all shoppers"))?;
        for bytes in head.words {
            shoppers.words.extend_from(&bytes).map_err(damaged("a list of words"))?;
        }
        shoppers.save.number = population.save_number;
        let mut chunks =
            store.scan("SELECT chunk, shoppers FROM people_chunks ORDER BY chunk, save_number DESC", Vec::new(), PAGE);
        let mut last = None;
        while let Some(rows) = chunks.recv().await {
            for row in rows? {
                let (found, bytes): (i64, Vec<u8>) = (row.get("chunk")?, row.get("shoppers")?);
                if last == Some(found) {
                    // A crash came before it was swept away.
                    shoppers.save.superseded.insert(found as usize);
                    continue;
                }
                last = Some(found);
                // Shoppers are known by their places: one that is missing would make everybody behind it another.
                let expected = shoppers.cells.len().div_ceil(CHUNK);
                if found != expected as i64 || !shoppers.cells.len().is_multiple_of(CHUNK) {
                    return Err(LoadError::Missing { expected, found });
                }
                shoppers.cells.extend(&bytes).map_err(damaged("a chunk of shoppers"))?;
            }
        }
        let (recent, _) = population.recent.as_chunks();
        shoppers.recent = recent.iter().take(RECENT).map(|number| u32::from_le_bytes(*number)).collect();
        shoppers.words_saved = shoppers.words.len();
        shoppers.next = head.next;
        Ok(shoppers)
    }
}

/// What counts only in this form and for these tags.
fn counted_for(scoring: &Scoring) -> String {
    format!("{FORM}:{:016x}", scoring.fingerprint())
}

/// By what a value is sought: how it begins, whether in capitals or not.
pub(super) fn sought(text: &str) -> Vec<u8> {
    text.chars().flat_map(char::to_lowercase).take(SOUGHT).collect::<String>().into_bytes()
}

struct Head {
    next: u64,
    identified: u64,
    population: Option<SavedPopulation>,
    words: Vec<Vec<u8>>,
}

struct SavedPopulation {
    counted_for: String,
    counts: Vec<u8>,
    recent: Vec<u8>,
    save_number: i64,
}

async fn head(tx: &mut Tx) -> Result<Head, StoreError> {
    let population = tx.one("SELECT fingerprint, counts, recent, save_number FROM people_population", args![]).await?;
    let population = population.map(|row| {
        let (counted_for, counts, recent) = (row.get("fingerprint")?, row.get("counts")?, row.get("recent")?);
        let save_number = row.get("save_number")?;
        Ok::<_, StoreError>(SavedPopulation { counted_for, counts, recent, save_number })
    });
    let words = tx.rows("SELECT words FROM people_words ORDER BY first", args![]).await?;
    Ok(Head {
        next: tx.offset(CONSUMER).await?.unwrap_or(0),
        identified: tx.offset(IDENTITY).await?.unwrap_or(0),
        population: population.transpose()?,
        words: words.iter().map(|row| row.get("words")).collect::<Result<_, _>>()?,
    })
}

/// What identity has learnt stays: it is kept for ever.
async fn forget(tx: &mut Tx) -> Result<(), StoreError> {
    forget_counts(tx).await?;
    tx.execute("DELETE FROM people_traits", args![]).await?;
    tx.set_offset(CONSUMER, 0).await
}

async fn forget_counts(tx: &mut Tx) -> Result<(), StoreError> {
    for sql in ["DELETE FROM people_chunks", "DELETE FROM people_words", "DELETE FROM people_population"] {
        tx.execute(sql, args![]).await?;
    }
    Ok(())
}

/// What was written of a save that never counted.
async fn forget_unfinished(tx: &mut Tx, counts: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM people_chunks WHERE save_number > $1", args![counts]).await.map(|_| ())
}

impl Snapshot {
    /// How many words are saved with it.
    pub(crate) fn words(&self) -> usize {
        self.words_len
    }

    /// Takes out whoever was erased.
    pub(crate) async fn erase(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for erasure in &self.erasures {
            erasing::store::erase(tx, erasure).await?;
        }
        Ok(())
    }

    /// Writes what was counted, with the offsets; whoever was erased is out by then.
    pub(crate) async fn save(self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.anew {
            tx.execute("DELETE FROM people_chunks WHERE save_number < $1", args![self.save_number]).await?;
            tx.execute("DELETE FROM people_words", args![]).await?;
        }
        tx.insert_many(
            "INSERT INTO people_words (first, words) VALUES",
            self.words,
            "ON CONFLICT (first) DO UPDATE SET words = excluded.words",
        )
        .await?;
        tx.insert_many(
            "INSERT INTO people_population (population_id, fingerprint, counts, recent, save_number) VALUES",
            vec![self.population],
            "ON CONFLICT (population_id) DO UPDATE SET fingerprint = excluded.fingerprint, counts = excluded.counts,
             recent = excluded.recent, save_number = excluded.save_number",
        )
        .await?;
        tx.insert_many(
            "INSERT INTO people_traits (shopper, name, source_id, value, said_at, sought) VALUES",
            self.traits,
            "ON CONFLICT (shopper, name, source_id) DO UPDATE SET value = excluded.value, said_at = excluded.said_at,
             sought = excluded.sought
             WHERE CASE WHEN substr(people_traits.name, 2, 9) = 'set_once.'
             THEN excluded.said_at < people_traits.said_at
             OR (excluded.said_at = people_traits.said_at AND excluded.value < people_traits.value)
             ELSE excluded.said_at > people_traits.said_at
             OR (excluded.said_at = people_traits.said_at AND excluded.value > people_traits.value) END",
        )
        .await?;
        tx.insert_many(
            "INSERT INTO segment_clauses (slot, clause, complete) VALUES",
            self.clauses,
            "ON CONFLICT (slot) DO UPDATE SET complete = excluded.complete",
        )
        .await?;
        tx.set_offset(IDENTITY, self.identified).await?;
        tx.set_offset(CONSUMER, self.next).await
    }
}

/// All that is said of these shoppers and is saved.
pub(super) async fn traits(tx: &mut Tx, numbers: &[u32]) -> Result<Vec<(u32, Trait)>, StoreError> {
    const SELECT: &str = "SELECT shopper, name, source_id, value, said_at FROM people_traits WHERE shopper IN (";
    let numbers = numbers.iter().map(|number| i64::from(*number).into()).collect();
    tx.rows_in(SELECT, numbers, ")").await?.iter().map(said_in).collect()
}

/// What a row says, and of which number.
pub(crate) fn said_in(row: &Row) -> Result<(u32, Trait), StoreError> {
    let said = Trait {
        name: row.get("name")?,
        at: row.get::<Timestamp>("said_at")?,
        source: row.get("source_id")?,
        value: row.get("value")?,
    };
    Ok((row.get::<i64>("shopper")? as u32, said))
}

/// Numbers of shoppers of whom something is said that begins with these words.
pub(super) async fn saying(tx: &mut Tx, words: &str, limit: usize) -> Result<Vec<u32>, StoreError> {
    const SELECT: &str = "SELECT DISTINCT shopper FROM people_traits WHERE sought >= $1 AND sought < $2
                          ORDER BY shopper LIMIT $3";
    let from = sought(words);
    // No text has this byte.
    let until = [from.as_slice(), &[0xff]].concat();
    let rows = tx.rows(SELECT, args![from, until, limit as i64]).await?;
    rows.iter().map(|row| Ok(row.get::<i64>("shopper")? as u32)).collect()
}
