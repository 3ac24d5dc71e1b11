//! What is known of every shopper key, packed in memory: about a hundred bytes for a typical one.
//!
//! A cell is unpacked when its shopper is heard of or asked about. Numbers are given out in the order in which keys are
//! first heard of, so that who is active now lies close together, and few chunks have to be saved.

use rustc_hash::FxHashMap;

use crate::profile::{DecodeError, State};
use crate::tags::Weights;

/// Shoppers that are saved together.
pub(crate) const CHUNK: usize = 32;

/// What is counted of one shopper key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counted {
    /// What they did.
    pub state: State,
    /// What they lean to.
    pub weights: Weights,
}

impl Counted {
    /// Adds what is counted of another key of the same person.
    pub fn merge(&mut self, other: &Self) {
        self.state.merge(&other.state);
        self.weights.merge(&other.weights);
    }
}

/// All cells, by number.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    cells: Vec<Box<[u8]>>,
    /// From the hash of a key to its number. Where hashes meet, the next free one is taken: no key is ever taken for
    /// another.
    numbers: FxHashMap<u64, u32>,
}

impl Cells {
    /// How many shoppers there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The number of a key, if it was heard of.
    pub(crate) fn find(&self, key: &str) -> Option<u32> {
        self.place(key).ok()
    }

    /// The number of a key, a new one for a new key.
    pub(crate) fn number(&mut self, key: &str) -> u32 {
        self.place(key).unwrap_or_else(|free| {
            // Four thousand million shopper keys do not fit in any memory.
            let number = self.cells.len() as u32;
            self.numbers.insert(free, number);
            self.cells.push(pack(key, &Counted::default()));
            number
        })
    }

    /// Where the key is, or the hash under which it would be.
    fn place(&self, key: &str) -> Result<u32, u64> {
        let mut hash = xxhash_rust::xxh3::xxh3_64(key.as_bytes());
        loop {
            match self.numbers.get(&hash) {
                None => return Err(hash),
                Some(number) if self.key(*number) == key => return Ok(*number),
                Some(_) => hash = hash.wrapping_add(1),
            }
        }
    }

    /// The key of a number; empty for a number never given out.
    pub(crate) fn key(&self, number: u32) -> &str {
        let cell = self.cells.get(number as usize).map_or(&[][..], |cell| cell);
        split(cell).and_then(|(key, _)| std::str::from_utf8(key).ok()).unwrap_or_default()
    }

    /// What is counted of a number.
    pub(crate) fn get(&self, number: u32) -> Result<Counted, DecodeError> {
        let cell = self.cells.get(number as usize).map_or(&[][..], |cell| cell);
        unpack(cell)
    }

    /// Keeps what is counted of a number.
    pub(crate) fn set(&mut self, number: u32, counted: &Counted) {
        let packed = pack(self.key(number), counted);
        if let Some(cell) = self.cells.get_mut(number as usize) {
            *cell = packed;
        }
    }

    /// The bytes of a chunk, as they are saved.
    pub(crate) fn chunk(&self, chunk: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for cell in self.cells.iter().skip(chunk * CHUNK).take(CHUNK) {
            bytes.extend((cell.len() as u32).to_le_bytes());
            bytes.extend_from_slice(cell);
        }
        bytes
    }

    /// Adds the shoppers of the next chunk, as they were saved.
    pub(crate) fn extend(&mut self, mut bytes: &[u8]) -> Result<(), DecodeError> {
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(ended)?;
            let length = u32::from_le_bytes(*length) as usize;
            let (cell, rest) = rest.split_at_checked(length).ok_or_else(ended)?;
            let (key, _) = split(cell).ok_or_else(ended)?;
            let key = std::str::from_utf8(key).map_err(|_| ended())?;
            if let Err(free) = self.place(key) {
                self.numbers.insert(free, self.cells.len() as u32);
            }
            self.cells.push(cell.into());
            bytes = rest;
        }
        Ok(())
    }
}

fn ended() -> DecodeError {
    DecodeError::Ended { what: "a shopper", at: 0 }
}

/// The key and what comes after it. Keys are at most a few hundred bytes: the collector sees to that.
fn split(cell: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = cell.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))
}

fn pack(key: &str, counted: &Counted) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(key.len() + 128);
    let length = u16::try_from(key.len()).unwrap_or(u16::MAX);
    bytes.extend(length.to_le_bytes());
    bytes.extend_from_slice(&key.as_bytes()[..usize::from(length)]);
    let at = bytes.len();
    bytes.extend([0; 4]);
    counted.state.encode(&mut bytes);
    let state = (bytes.len() - at - 4) as u32;
    bytes[at..at + 4].copy_from_slice(&state.to_le_bytes());
    counted.weights.encode(&mut bytes);
    bytes.into_boxed_slice()
}

fn unpack(cell: &[u8]) -> Result<Counted, DecodeError> {
    let (_, rest) = split(cell).ok_or_else(ended)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(ended)?;
    let (state, weights) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(ended)?;
    Ok(Counted { state: State::decode(state)?, weights: Weights::decode(weights)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Fact, Vocabulary};
    use fanvine_testkit::track;

    fn seen(words: &mut Vocabulary) -> Counted {
        let event = track("Product Viewed").user("u").at("2026-05-01T10:00:00Z").build();
        let fact = Fact::read(&event);
        let mut counted = Counted::default();
        counted.state.observe(&fact, &fact.terms(words));
        counted
    }

    #[test]
    fn chunks_give_back_every_shopper_under_the_same_number() {
        let (mut cells, mut words) = (Cells::default(), Vocabulary::default());
        for number in 0..100u32 {
            assert_eq!(cells.number(&format!("user_{number}")), number);
        }
        let counted = seen(&mut words);
        cells.set(70, &counted);
        let mut again = Cells::default();
        for chunk in 0..100usize.div_ceil(CHUNK) {
            again.extend(&cells.chunk(chunk)).unwrap();
        }
        assert_eq!((again.len(), again.find("user_99"), again.find("user_100")), (100, Some(99), None));
        assert_eq!((again.key(70), again.get(70).unwrap()), ("user_70", counted));
        assert_eq!(again.get(71).unwrap(), Counted::default());
    }

    #[test]
    fn bytes_that_are_cut_off_are_refused() {
        let mut cells = Cells::default();
        cells.number("a");
        let bytes = cells.chunk(0);
        for end in 1..bytes.len() {
            assert!(Cells::default().extend(&bytes[..end]).is_err(), "{end}");
        }
    }
}
