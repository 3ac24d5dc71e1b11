//! Writing the blocks of a file while its rows go by.

use rustc_hash::FxHashMap;
use std::io;
use zerocopy::IntoBytes;

use super::{BLOCK_ROWS, BlockFacts, Index};

/// Gathers rows into blocks.
#[derive(Debug, Default)]
pub(crate) struct NarrowWriter {
    index: Index,
    /// From the lake's code of an event to the file's.
    codes: FxHashMap<u16, u16>,
    runs: Vec<u32>,
    at_s: Vec<u32>,
    at_us: Vec<u32>,
    events: Vec<u16>,
}

impl NarrowWriter {
    /// Adds the next rows, which sort after all before. Full blocks are written by `append`, which says where they
    /// begin.
    pub(crate) fn push(
        &mut self,
        shoppers: &[u32],
        at_s: &[u32],
        at_us: &[u32],
        events: &[u16],
        append: &mut dyn FnMut(&[u8]) -> io::Result<u64>,
    ) -> io::Result<()> {
        for (((shopper, at_s), at_us), event) in shoppers.iter().zip(at_s).zip(at_us).zip(events) {
            match self.runs.as_mut_slice() {
                [.., last, rows] if last == shopper => *rows += 1,
                _ => self.runs.extend([*shopper, 1]),
            }
            self.at_s.push(*at_s);
            self.at_us.push(*at_us);
            let next = self.index.dictionary.len() as u16;
            let code = *self.codes.entry(*event).or_insert(next);
            if code == next {
                self.index.dictionary.push(*event);
            }
            self.events.push(code);
            if self.at_s.len() == BLOCK_ROWS {
                self.close(append)?;
            }
        }
        Ok(())
    }

    /// Writes what is left, and says what was written.
    pub(crate) fn finish(mut self, append: &mut dyn FnMut(&[u8]) -> io::Result<u64>) -> io::Result<Index> {
        if !self.at_s.is_empty() {
            self.close(append)?;
        }
        Ok(self.index)
    }

    fn close(&mut self, append: &mut dyn FnMut(&[u8]) -> io::Result<u64>) -> io::Result<()> {
        let wide = self.events.iter().any(|code| *code > u16::from(u8::MAX));
        let (rows, runs) = (self.at_s.len() as u32, self.runs.len() as u32 / 2);
        let mut facts = BlockFacts { offset: 0, rows, runs, wide };
        let mut words = std::mem::take(&mut self.runs);
        words.append(&mut self.at_s);
        let events = words.len();
        words.resize(events + facts.event_words(), 0);
        let packed = words[events..].as_mut_bytes();
        match wide {
            false => packed.iter_mut().zip(&self.events).for_each(|(byte, code)| *byte = *code as u8),
            true => packed.chunks_exact_mut(2).zip(&self.events).for_each(|(two, code)| {
                two.copy_from_slice(&code.to_le_bytes());
            }),
        }
        self.events.clear();
        words.append(&mut self.at_us);
        facts.offset = append(words.as_bytes())?;
        self.index.blocks.push(facts);
        Ok(())
    }
}
