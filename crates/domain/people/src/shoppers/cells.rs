//! What is known of every shopper key, packed in memory: about a hundred bytes for a typical one.
//!
//! A cell is unpacked when its shopper is heard of or asked about. Numbers are given out in the order in which keys are
//! first heard of, so that who is active now lies close together, and few chunks have to be saved.

use rustc_hash::FxHashMap;

use crate::erasing::is_marker;
use crate::profile::{DecodeError, State};
use crate::segments::live::States;
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
    /// What live rules remember of them.
    pub live: States,
}

impl Counted {
    /// Adds what is counted of another key of the same person. What live rules remember is for their program to merge.
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
                Some(number) if self.name(*number) == key => return Ok(*number),
                Some(_) => hash = hash.wrapping_add(1),
            }
        }
    }

    /// The key of a number; empty for a number never given out, and of one that was erased.
    pub(crate) fn key(&self, number: u32) -> &str {
        let name = self.name(number);
        if is_marker(name) { "" } else { name }
    }

    fn name(&self, number: u32) -> &str {
        key_of(self.cell(number)).unwrap_or_default()
    }

    /// Empties the cell of a number, which is another name's from now on.
    pub(crate) fn erase(&mut self, number: u32, name: &str) {
        if let Err(free) = self.place(name) {
            self.numbers.insert(free, number);
        }
        if let Some(cell) = self.cells.get_mut(number as usize) {
            *cell = pack(name, &Counted::default());
        }
    }

    /// What is counted of a number.
    pub(crate) fn get(&self, number: u32) -> Result<Counted, DecodeError> {
        unpack(self.cell(number))
    }

    /// What a number did, without what they lean to.
    pub(crate) fn state(&self, number: u32) -> Result<State, DecodeError> {
        state(self.cell(number))
    }

    /// What live rules remember of a number.
    pub(crate) fn live(&self, number: u32) -> Result<States, DecodeError> {
        live(self.cell(number))
    }

    fn cell(&self, number: u32) -> &[u8] {
        self.cells.get(number as usize).map_or(&[], |cell| cell)
    }

    /// A copy of a number's cell, for [`state`] to read when there is time.
    pub(super) fn copy(&self, number: u32) -> Box<[u8]> {
        self.cell(number).into()
    }

    /// Keeps what is counted of a number.
    pub(crate) fn set(&mut self, number: u32, counted: &Counted) {
        let packed = pack(self.name(number), counted);
        if let Some(cell) = self.cells.get_mut(number as usize) {
            *cell = packed;
        }
    }

    /// The bytes of a chunk, as they are saved.
    pub(crate) fn chunk(&self, chunk: usize) -> Vec<u8> {
        let cells = || self.cells.iter().skip(chunk * CHUNK).take(CHUNK);
        let mut bytes = Vec::with_capacity(cells().map(|cell| cell.len() + size_of::<u32>()).sum());
        cells().for_each(|cell| put_part(&mut bytes, cell));
        bytes
    }

    /// Adds the shoppers of the next chunk, as they were saved.
    pub(crate) fn extend(&mut self, mut bytes: &[u8]) -> Result<(), DecodeError> {
        while !bytes.is_empty() {
            let (cell, rest) = part(bytes)?;
            let number = self.cells.len() as u32;
            let twice = |first: u32| DecodeError::Wrong {
                what: "a shopper",
                field: "the number of one that is there already",
                value: u64::from(first),
                at: 0,
            };
            match self.place(key_of(cell)?) {
                Err(free) => self.numbers.insert(free, number),
                Ok(first) => return Err(twice(first)),
            };
            self.cells.push(cell.into());
            bytes = rest;
        }
        Ok(())
    }
}

// A cell is its key and what it counts, each behind its length; then what live rules remember, if anything.

fn pack(key: &str, counted: &Counted) -> Box<[u8]> {
    let mut state = Vec::with_capacity(128);
    counted.state.encode(&mut state);
    let mut bytes = Vec::with_capacity(key.len() + state.len() + 64);
    put_part(&mut bytes, key.as_bytes());
    put_part(&mut bytes, &state);
    state.clear();
    counted.weights.encode(&mut state);
    put_part(&mut bytes, &state);
    if !counted.live.is_empty() {
        counted.live.encode(&mut bytes);
    }
    bytes.into_boxed_slice()
}

fn unpack(cell: &[u8]) -> Result<Counted, DecodeError> {
    let (_, counted) = part(cell)?;
    let (state, rest) = part(counted)?;
    let (weights, live) = part(rest)?;
    Ok(Counted { state: State::decode(state)?, weights: Weights::decode(weights)?, live: states(live)? })
}

fn states(bytes: &[u8]) -> Result<States, DecodeError> {
    if bytes.is_empty() {
        return Ok(States::default());
    }
    States::decode(bytes).map_err(|_| ended(bytes.len()))
}

/// What the shopper of a cell did, without what they lean to.
pub(super) fn state(cell: &[u8]) -> Result<State, DecodeError> {
    let (_, counted) = part(cell)?;
    let (state, _) = part(counted)?;
    State::decode(state)
}

/// What live rules remember of the shopper of a cell.
fn live(cell: &[u8]) -> Result<States, DecodeError> {
    let (_, counted) = part(cell)?;
    let (_, rest) = part(counted)?;
    let (_, live) = part(rest)?;
    states(live)
}

fn key_of(cell: &[u8]) -> Result<&str, DecodeError> {
    let (key, _) = part(cell)?;
    std::str::from_utf8(key).map_err(|error| ended(error.valid_up_to()))
}

/// Nothing of one record of the log is longer than 32 bits can tell.
fn put_part(out: &mut Vec<u8>, part: &[u8]) {
    out.extend((part.len() as u32).to_le_bytes());
    out.extend_from_slice(part);
}

/// The first part, and what follows it.
fn part(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let found = bytes.split_first_chunk().and_then(|(length, rest)| {
        let length = u32::from_le_bytes(*length) as usize;
        rest.split_at_checked(length)
    });
    found.ok_or_else(|| ended(bytes.len()))
}

fn ended(at: usize) -> DecodeError {
    DecodeError::Ended { what: "a shopper", at }
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

    #[test]
    fn a_key_of_any_length_is_itself_and_no_other() {
        let (mut cells, mut words) = (Cells::default(), Vocabulary::default());
        let long = "长".repeat(40_000);
        let longer = format!("{long}!");
        assert_eq!((cells.number(&long), cells.number(&longer), cells.number(&long)), (0, 1, 0));
        cells.set(1, &seen(&mut words));
        let mut again = Cells::default();
        again.extend(&cells.chunk(0)).unwrap();
        assert_eq!((again.find(&long), again.find(&longer)), (Some(0), Some(1)));
        assert_eq!((again.key(1), again.get(1).unwrap()), (longer.as_str(), seen(&mut words)));
    }

    #[test]
    fn a_chunk_read_twice_is_refused() {
        let mut cells = Cells::default();
        cells.number("a");
        let bytes = cells.chunk(0);
        assert!(cells.extend(&bytes).is_err());
    }
}
