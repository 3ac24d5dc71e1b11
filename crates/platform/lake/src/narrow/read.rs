//! Reading the blocks of a file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use memchr::{memchr_iter, memchr2_iter, memchr3_iter};
use zerocopy::IntoBytes;

use super::side::{SideBlock, block_bytes};
use super::{Index, IndexPlace};
use crate::LakeError;
use crate::depot::Depot;

/// A file whose blocks are read one after the other.
pub(crate) struct NarrowFile {
    file: File,
    path: String,
    index: Arc<Index>,
    next: usize,
}

/// A block in memory. It is used again for the next one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    words: Vec<u32>,
    rows: usize,
    runs: usize,
    /// The lake's code of each row's event; empty where only some rows are looked at.
    pub(crate) events: Vec<u16>,
    /// Whether events take two bytes in `words`.
    wide: bool,
    at_us: Vec<u32>,
    tail: u64,
    has_micros: bool,
}

/// Reads a file's index.
pub(crate) fn index(depot: &dyn Depot, path: &str, place: IndexPlace) -> Result<Index, LakeError> {
    let file = depot.open(path).map_err(LakeError::io("read", path))?;
    let mut bytes = vec![0; place.bytes as usize];
    file.read_exact_at(&mut bytes, place.offset).map_err(LakeError::io("read", path))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| LakeError::Damaged { path: path.to_owned(), reason: format!("its index of blocks: {error}") })
}

impl NarrowFile {
    /// Begins to read a file.
    pub(crate) fn open(depot: &dyn Depot, path: &str, index: Arc<Index>) -> Result<Self, LakeError> {
        let file = depot.open(path).map_err(LakeError::io("read", path))?;
        Ok(Self { file, path: path.to_owned(), index, next: 0 })
    }

    /// Reads the next block; false behind the last.
    pub(crate) fn read(&mut self, block: &mut Block) -> Result<bool, LakeError> {
        let there = self.read_words(block)?;
        block.name_events(&self.index.dictionary);
        Ok(there)
    }

    /// Likewise, but names no events: finds the rows of those that are wanted, by their places in the file's dictionary.
    pub(crate) fn read_some(
        &mut self,
        block: &mut Block,
        wanted: &[bool],
        rows: &mut Vec<u32>,
    ) -> Result<bool, LakeError> {
        let there = self.read_words(block)?;
        block.events.clear();
        block.find(wanted, rows);
        Ok(there)
    }

    fn read_words(&mut self, block: &mut Block) -> Result<bool, LakeError> {
        let Some(facts) = self.index.blocks.get(self.next) else {
            *block = Block::default();
            return Ok(false);
        };
        self.next += 1;
        // It only grows: what was read before need not be wiped.
        if block.words.len() < facts.front_words() {
            block.words.resize(facts.front_words(), 0);
        }
        let words = block.words.get_mut(..facts.front_words()).unwrap_or_default();
        let read = self.file.read_exact_at(words.as_mut_bytes(), facts.offset);
        read.map_err(LakeError::io("read", &self.path))?;
        (block.rows, block.runs) = (facts.rows as usize, facts.runs as usize);
        block.tail = facts.offset + 4 * facts.front_words() as u64;
        (block.has_micros, block.wide) = (false, facts.wide);
        let rows: u64 = block.runs().map(|(_, rows)| u64::from(rows)).sum();
        if rows != u64::from(facts.rows) {
            let reason = format!("its block at byte {} holds {rows} rows, not {}", facts.offset, facts.rows);
            return Err(LakeError::Damaged { path: self.path.clone(), reason });
        }
        Ok(true)
    }

    /// Reads the microseconds of the block that was read last.
    pub(crate) fn read_micros(&self, block: &mut Block) -> Result<(), LakeError> {
        if block.has_micros {
            return Ok(());
        }
        block.at_us.resize(block.rows, 0);
        let read: io::Result<()> = self.file.read_exact_at(block.at_us.as_mut_bytes(), block.tail);
        read.map_err(LakeError::io("read", &self.path))?;
        block.has_micros = true;
        Ok(())
    }
}

impl NarrowFile {
    /// Reads these of [`super::side::SIDE`] of the block that was read last.
    pub(crate) fn read_side(&self, block: &Block, sides: &[usize], into: &mut SideBlock) -> Result<(), LakeError> {
        let Some(facts) = self.next.checked_sub(1).and_then(|last| self.index.blocks.get(last)) else { return Ok(()) };
        let last = sides.iter().max().map_or(0, |side| side + 1);
        let counts = facts.side.get(..last).unwrap_or(&facts.side);
        into.bytes.resize(block_bytes(counts, facts.rows), 0);
        let read = self.file.read_exact_at(&mut into.bytes, block.tail + 4 * block.rows as u64);
        read.map_err(LakeError::io("read", &self.path))?;
        into.begin(sides, &facts.side, facts.rows);
        Ok(())
    }

    /// What the file's blocks are.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }
}

impl Block {
    /// A block that was never in a file, of sorted rows: shopper, second, microsecond, event.
    pub(crate) fn of(rows: impl Iterator<Item = (u32, u32, u32, u16)>) -> Self {
        let mut block = Self { has_micros: true, ..Self::default() };
        let mut seconds = Vec::new();
        for (shopper, at_s, at_us, event) in rows {
            match block.words.as_mut_slice() {
                [.., last, rows] if *last == shopper => *rows += 1,
                _ => block.words.extend([shopper, 1]),
            }
            seconds.push(at_s);
            block.at_us.push(at_us);
            block.events.push(event);
        }
        (block.rows, block.runs) = (seconds.len(), block.words.len() / 2);
        block.words.append(&mut seconds);
        block
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Its runs: shopper and rows.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let words = self.words.get(..2 * self.runs).unwrap_or_default();
        words.chunks_exact(2).map(|run| (run[0], run[1]))
    }

    /// One of its runs.
    pub(crate) fn run(&self, run: usize) -> Option<(u32, u32)> {
        match self.words.get(2 * run..2 * run + 2) {
            Some([shopper, rows]) if run < self.runs => Some((*shopper, *rows)),
            _ => None,
        }
    }

    /// The second of each row.
    pub(crate) fn at_s(&self) -> &[u32] {
        self.words.get(2 * self.runs..2 * self.runs + self.rows).unwrap_or_default()
    }

    /// The microseconds within the second, where they were read.
    pub(crate) fn at_us(&self) -> Option<&[u32]> {
        self.has_micros.then_some(&self.at_us)
    }

    /// The places of its events in the file's dictionary, as they lie in the file.
    fn packed(&self) -> &[u8] {
        self.words.get(2 * self.runs + self.rows..).unwrap_or_default().as_bytes()
    }

    /// The place in the file's dictionary of the event of a row.
    pub(crate) fn local(&self, row: usize) -> usize {
        let packed = self.packed();
        let byte = |at: usize| packed.get(at).copied().unwrap_or_default();
        match self.wide {
            true => u16::from_le_bytes([byte(2 * row), byte(2 * row + 1)]).into(),
            false => byte(row).into(),
        }
    }

    /// Finds the rows of events whose places in the file's dictionary are wanted.
    fn find(&self, wanted: &[bool], rows: &mut Vec<u32>) {
        rows.clear();
        if self.wide {
            let is = |row: &u32| wanted.get(self.local(*row as usize)) == Some(&true);
            rows.extend((0..self.rows as u32).filter(is));
            return;
        }
        let Some(packed) = self.packed().get(..self.rows) else { return };
        let mut few = wanted.iter().zip(0u8..=u8::MAX).filter(|(wanted, _)| **wanted).map(|(_, local)| local);
        match (few.next(), few.next(), few.next(), few.next()) {
            (None, ..) => {}
            (Some(one), None, ..) => rows.extend(memchr_iter(one, packed).map(|row| row as u32)),
            (Some(one), Some(two), None, _) => rows.extend(memchr2_iter(one, two, packed).map(|row| row as u32)),
            (Some(one), Some(two), Some(three), None) => {
                rows.extend(memchr3_iter(one, two, three, packed).map(|row| row as u32));
            }
            _ => {
                let mut table = [0usize; 256];
                table.iter_mut().zip(wanted).for_each(|(place, wanted)| *place = usize::from(*wanted));
                rows.resize(self.rows, 0);
                let mut found = 0;
                // Every row is put down, and written over by the next unless it is wanted: no branch depends on what it is.
                for (row, local) in packed.iter().enumerate() {
                    if let Some(place) = rows.get_mut(found) {
                        *place = row as u32;
                    }
                    found += table[usize::from(*local)];
                }
                rows.truncate(found);
            }
        }
    }

    fn name_events(&mut self, dictionary: &[u16]) {
        let packed = self.words.get(2 * self.runs + self.rows..).unwrap_or_default().as_bytes();
        let code = |local: usize| dictionary.get(local).copied().unwrap_or_default();
        self.events.clear();
        match self.wide {
            true => {
                let codes = packed.chunks_exact(2).take(self.rows).map(|two| u16::from_le_bytes([two[0], two[1]]));
                self.events.extend(codes.map(|local| code(usize::from(local))));
            }
            false => {
                let mut table = [0u16; 256];
                table.iter_mut().zip(dictionary).for_each(|(place, code)| *place = *code);
                self.events.extend(packed.iter().take(self.rows).map(|local| table[usize::from(*local)]));
            }
        }
    }
}
