//! Writing the blocks of a file while its rows go by.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{UInt16Type, UInt32Type};
use rustc_hash::FxHashMap;
use std::io;
use zerocopy::IntoBytes;

use super::side::SideWriter;
use super::{BLOCK_ROWS, BlockFacts, Index};
use crate::layout::column;

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
    side: SideWriter,
}

impl NarrowWriter {
    /// Adds the next rows, which sort after all before. Full blocks are written by `append`, which says where they
    /// begin.
    pub(crate) fn push(
        &mut self,
        batch: &RecordBatch,
        append: &mut dyn FnMut(&[u8]) -> io::Result<u64>,
    ) -> io::Result<()> {
        let words = |place: usize| batch.column(place).as_primitive::<UInt32Type>().values();
        let (shoppers, at_s, at_us) = (words(column::SHOPPER), words(column::AT_S), words(column::AT_US));
        let events = batch.column(column::EVENT).as_primitive::<UInt16Type>().values();
        let mut from = 0;
        while from < batch.num_rows() {
            let first = self.at_s.len();
            let rows = from..batch.num_rows().min(from + BLOCK_ROWS - first);
            from = rows.end;
            for shopper in &shoppers[rows.clone()] {
                match self.runs.as_mut_slice() {
                    [.., last, rows] if last == shopper => *rows += 1,
                    _ => self.runs.extend([*shopper, 1]),
                }
            }
            self.at_s.extend_from_slice(&at_s[rows.clone()]);
            self.at_us.extend_from_slice(&at_us[rows.clone()]);
            for event in &events[rows.clone()] {
                let next = self.index.dictionary.len() as u16;
                let code = *self.codes.entry(*event).or_insert(next);
                if code == next {
                    self.index.dictionary.push(*event);
                }
                self.events.push(code);
            }
            self.side.push(batch, rows, first);
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
        self.index.side = self.side.finish();
        Ok(self.index)
    }

    fn close(&mut self, append: &mut dyn FnMut(&[u8]) -> io::Result<u64>) -> io::Result<()> {
        let wide = self.events.iter().any(|code| *code > u16::from(u8::MAX));
        let (rows, runs) = (self.at_s.len() as u32, self.runs.len() as u32 / 2);
        let mut facts = BlockFacts { offset: 0, rows, runs, wide, side: Vec::new() };
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
        let mut side = Vec::new();
        facts.side = self.side.close(rows as usize, &mut side);
        facts.offset = append(words.as_bytes())?;
        append(&side)?;
        self.index.blocks.push(facts);
        Ok(())
    }
}
