//! Scores of interests: what was done, decayed, added up as it happens.
//!
//! The score of a term at a moment is the sum over all deeds of `behaviour weight × 2^(−age / half-life)`. It is kept
//! in forward-decay form (Cormode, Shkapenyuk, Srivastava, Xu, "Forward decay", ICDE 2009): every deed adds
//! `weight × 2^(time / half-life)` counted from a landmark, and asking divides by `2^(now / half-life)`. So adding
//! is a plain sum, commutative and mergeable, and nothing is ever brought up to date. The landmark of an entry is a
//! whole number of half-lives since 1970; moving it on multiplies by a power of two, which is exact.
//!
//! A score becomes a weight in 0..1 with the term's specificity: `s × i / (s × i + half_at)`. Two terms of equal
//! score differ by how rare they are; whoever does more weighs more; a weight never quite gets to 1.

use fanvine_kernel::Timestamp;

use super::catalogue::{Behaviours, Catalogue, Definition, Subject};
use super::population::Population;
use crate::profile::codec::{Reader, put};
use crate::profile::{DecodeError, Deed, Fact, Terms, Vocabulary, Word};

const VERSION: u8 = 1;
const DAY_MICROS: f64 = 86_400e6;
const WORD_BITS: u32 = Vocabulary::CAPACITY.trailing_zeros();

/// A term of a scored tag, in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u32);

impl Key {
    pub(super) fn new(slot: u32, word: Word) -> Self {
        Self(slot << WORD_BITS | word.number())
    }

    pub(super) fn number(self) -> u32 {
        self.0
    }

    pub(super) fn from_number(number: u32) -> Self {
        Self(number)
    }

    fn slot(self) -> u32 {
        self.0 >> WORD_BITS
    }

    fn word(self) -> Option<Word> {
        Word::new(self.0 & (Vocabulary::CAPACITY - 1))
    }
}

/// A sum counted from a landmark: `sum × 2^period` at the epoch of 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    key: Key,
    /// The landmark, in half-lives since 1970.
    period: u32,
    sum: f64,
}

impl Entry {
    fn add(&mut self, period: u32, sum: f64) {
        if period > self.period {
            self.sum = self.sum * half_to(period - self.period) + sum;
            self.period = period;
        } else {
            self.sum += sum * half_to(self.period - period);
        }
    }
}

/// 2^(−power), exactly; 0 where that is too small to matter.
fn half_to(power: u32) -> f64 {
    if power < 1_023 { f64::from_bits(u64::from(1_023 - power) << 52) } else { 0.0 }
}

/// How a catalogue scores: its scored tags by slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoring {
    rows: Vec<Row>,
    fingerprint: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    tag: String,
    subject: Subject,
    half_life_micros: f64,
    behaviours: Behaviours,
}

impl Scoring {
    /// The scoring of a checked catalogue.
    pub fn of(catalogue: &Catalogue) -> Self {
        let row = |(tag, subject): (&Definition, Subject)| Row {
            tag: tag.id.clone(),
            subject,
            half_life_micros: tag.half_life_micros(),
            behaviours: catalogue.behaviours_of(tag),
        };
        Self { rows: catalogue.scored().map(row).collect(), fingerprint: catalogue.fingerprint() }
    }

    /// [`Catalogue::fingerprint`] of the catalogue it is of.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The same with `tag` instead of the first that scores an interest in `subject`, or behind all others if none does.
    pub(super) fn with(&self, tag: &Definition, subject: Subject, behaviours: Behaviours) -> Self {
        let (mut rows, half_life_micros) = (self.rows.clone(), tag.half_life_micros());
        let row = Row { tag: tag.id.clone(), subject, half_life_micros, behaviours };
        match rows.iter_mut().find(|row| row.subject == subject) {
            Some(place) => *place = row,
            None => rows.push(row),
        }
        Self { rows, fingerprint: 0 }
    }

    /// Whether an interest is scored just as `tag` says.
    pub(super) fn has(&self, tag: &Definition, subject: Subject, behaviours: Behaviours) -> bool {
        let half_life_micros = tag.half_life_micros();
        self.rows.contains(&Row { tag: tag.id.clone(), subject, half_life_micros, behaviours })
    }

    /// Under which slot the interest in `subject` of the tag `id` is scored, if it is.
    pub fn slot(&self, id: &str, subject: Subject) -> Option<u32> {
        let place = self.rows.iter().position(|row| row.tag == id && row.subject == subject)?;
        u32::try_from(place).ok()
    }

    /// After how many days scores of a slot count half.
    pub fn half_life_days(&self, slot: u32) -> f64 {
        self.rows.get(slot as usize).map_or(1.0, |row| row.half_life_micros / DAY_MICROS)
    }
}

/// The scores of one shopper key: 16 bytes for each term of a tag. A person's are the merge of those of their keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    entries: Vec<Entry>,
}

impl Weights {
    /// Takes in an event of this shopper; terms that are new to the shopper are counted in `population`.
    pub fn observe(&mut self, fact: &Fact<'_>, terms: &Terms, scoring: &Scoring, population: &mut Population) {
        for (slot, row) in (0u32..).zip(&scoring.rows) {
            let weight = behaviour(fact.deed, &row.behaviours);
            if weight <= 0.0 {
                continue;
            }
            let mut gain = None;
            each_word(row.subject, terms, |word| {
                let (period, sum) = *gain.get_or_insert_with(|| {
                    let age = half_lives(fact.at, row.half_life_micros);
                    (age as u32, weight * age.fract().exp2())
                });
                let was_empty = self.entries.is_empty();
                if self.add(Entry { key: Key::new(slot, word), period, sum }) {
                    population.gain(Key::new(slot, word));
                    if was_empty {
                        population.meet();
                    }
                }
            });
        }
    }

    /// Adds to the entry of that key; whether it is new.
    fn add(&mut self, new: Entry) -> bool {
        match self.entries.binary_search_by_key(&new.key, |entry| entry.key) {
            Ok(place) => {
                if let Some(entry) = self.entries.get_mut(place) {
                    entry.add(new.period, new.sum);
                }
                false
            }
            Err(place) => {
                if self.entries.len() == self.entries.capacity() {
                    self.entries.reserve_exact(self.entries.len() / 4 + 1);
                }
                self.entries.insert(place, new);
                true
            }
        }
    }

    /// Adds all scores of `other`.
    pub fn merge(&mut self, other: &Self) {
        for entry in &other.entries {
            self.add(*entry);
        }
    }

    /// The scores of the tag in `slot` at `now`, by word.
    pub fn scores(&self, slot: u32, scoring: &Scoring, now: Timestamp) -> impl Iterator<Item = (Word, f64)> {
        let half_life = scoring.rows.get(slot as usize).map_or(1.0, |row| row.half_life_micros);
        let age = half_lives(now, half_life);
        let from = self.entries.partition_point(|entry| entry.key.slot() < slot);
        let of_slot =
            self.entries.get(from..).unwrap_or_default().iter().take_while(move |entry| entry.key.slot() == slot);
        of_slot.filter_map(move |entry| Some((entry.key.word()?, entry.sum * (f64::from(entry.period) - age).exp2())))
    }

    /// The terms it has.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        self.entries.iter().map(|entry| entry.key)
    }

    /// Whether there is no score.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How much memory it takes, in bytes.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Appends its bytes. They mean something only with the [fingerprint](Catalogue::fingerprint) of the catalogue
    /// they were scored by, which is to be kept beside them.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        put(out, self.entries.len() as u64);
        let mut before = 0;
        for entry in &self.entries {
            put(out, u64::from(entry.key.0 - before));
            put(out, u64::from(entry.period));
            out.extend_from_slice(&entry.sum.to_bits().to_le_bytes());
            before = entry.key.0;
        }
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// The bytes are of another version or form.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("weights", bytes);
        reader.version(VERSION)?;
        let length = reader.length()?;
        let mut entries: Vec<Entry> = Vec::with_capacity(length);
        let mut before = 0u32;
        for place in 0..length {
            let (step, period) = (reader.small("step of terms")?, reader.small("landmark")?);
            let key = before.checked_add(step).filter(|_| place == 0 || step > 0);
            let key = key.ok_or_else(|| reader.wrong("step of terms", u64::from(step)))?;
            let bits = u64::from_le_bytes(reader.array()?);
            let sum = f64::from_bits(bits);
            if !(sum.is_finite() && sum >= 0.0) {
                return Err(reader.wrong("the bits of a score", bits));
            }
            entries.push(Entry { key: Key(key), period, sum });
            before = key;
        }
        reader.finish()?;
        Ok(Self { entries })
    }
}

/// The weight of a score: `s × i / (s × i + half_at)`, in 0..1.
///
/// ```
/// # use fanvine_people::tags::weights::weight_of;
/// assert_eq!(weight_of(0.0, 1.0, 5.0), 0.0);
/// assert_eq!(weight_of(10.0, 0.5, 5.0), 0.5);
/// ```
pub fn weight_of(score: f64, specificity: f64, half_at: f64) -> f64 {
    let telling = (score * specificity).max(0.0);
    if telling.is_infinite() { 1.0 } else { telling / (telling + half_at) }
}

/// Half-lives from 1970 to `moment`.
fn half_lives(moment: Timestamp, half_life_micros: f64) -> f64 {
    moment.micros().max(0) as f64 / half_life_micros
}

fn behaviour(deed: Deed, weights: &Behaviours) -> f64 {
    match deed {
        Deed::Browse | Deed::ShareOpen => weights.browse,
        Deed::Search => weights.search,
        Deed::Favourite | Deed::Like => weights.favourite,
        Deed::Cart | Deed::GroupBuy => weights.cart,
        Deed::Order => weights.buy,
        Deed::Review | Deed::Comment => weights.review,
        Deed::Share => weights.share,
        _ => 0.0,
    }
}

fn each_word(subject: Subject, terms: &Terms, each: impl FnMut(Word)) {
    let items = terms.items.iter();
    match subject {
        Subject::Category => items.filter_map(|item| item.category).for_each(each),
        Subject::Brand => items.filter_map(|item| item.brand).for_each(each),
        Subject::Style => items.filter_map(|item| item.style).for_each(each),
        Subject::Topic => terms.topics.iter().copied().for_each(each),
        Subject::Query => terms.query.into_iter().for_each(each),
    }
}

impl Definition {
    fn half_life_micros(&self) -> f64 {
        self.half_life_days.max(0.5) * DAY_MICROS
    }
}
