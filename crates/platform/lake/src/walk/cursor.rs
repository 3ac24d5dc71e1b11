//! One sorted source of a bucket's events, run by run.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use super::Plan;
use super::extras::{Chosen, ExtraReader, Extras};
use super::hot::HotBucket;
use crate::LakeError;
use crate::catalogue::DataFile;
use crate::depot::Depot;
use crate::layout::{GUEST, SPELLED_OUT};
use crate::narrow::side::SideBlock;
use crate::narrow::{Block, NarrowFile};

/// A place in a sorted source.
pub(crate) struct Cursor<'w> {
    file: Option<NarrowFile>,
    block: Block,
    run: usize,
    /// The run's first row in the block.
    row: usize,
    /// Whether all of it lies within the walk's time.
    inside: bool,
    /// Where only some events are wanted: which.
    only: Option<Only>,
    extras: ExtraSource<'w>,
}

/// The rows of a block that are wanted.
struct Only {
    /// The file's events that are, by their places in its dictionary.
    wanted: Vec<bool>,
    /// All such rows of the block, and which of these are the run's.
    rows: Vec<u32>,
    run: Range<usize>,
}

/// Where wider columns come from.
enum ExtraSource<'w> {
    None,
    File(Box<ExtraReader>),
    /// The narrow file's own pieces, of which those of this block were read or not.
    Side {
        sides: Vec<usize>,
        block: SideBlock,
        read: bool,
    },
    Memory {
        batches: &'w [RecordBatch],
        places: &'w [(u32, u32)],
        columns: Vec<usize>,
    },
}

impl<'w> Cursor<'w> {
    /// At the beginning of a file.
    pub(crate) fn on_file(depot: &dyn Depot, file: &DataFile, plan: &Plan<'_>) -> Result<Self, LakeError> {
        let path = &file.facts.path;
        let index = file.index()?;
        let extras = match index.sides(plan.columns.iter().map(|column| column.name())) {
            Some(sides) if sides.is_empty() => ExtraSource::None,
            Some(sides) => ExtraSource::Side { sides, block: SideBlock::default(), read: false },
            None => {
                let chosen = choose(NarrowFile::open(depot, path, Arc::clone(&index))?, plan)?;
                ExtraSource::File(Box::new(ExtraReader::open(depot, path, &plan.columns, chosen)?))
            }
        };
        let inside = plan.covers(file);
        let only = plan.wanted.is_some().then(|| {
            let wanted = index.dictionary.iter().map(|code| plan.wants(*code)).collect();
            Only { wanted, rows: Vec::new(), run: 0..0 }
        });
        let file = Some(NarrowFile::open(depot, path, index)?);
        let mut cursor = Self { file, block: Block::default(), run: 0, row: 0, inside, only, extras };
        cursor.next_block(plan)?;
        Ok(cursor)
    }

    /// At the beginning of what is in memory.
    pub(crate) fn on_memory(batches: &'w [RecordBatch], hot: &'w HotBucket, plan: &Plan<'_>) -> Self {
        let extras = match plan.columns.is_empty() {
            true => ExtraSource::None,
            false => {
                let columns = plan.columns.iter().map(|column| column.place()).collect();
                ExtraSource::Memory { batches, places: &hot.places, columns }
            }
        };
        Self { file: None, block: hot.block.clone(), run: 0, row: 0, inside: false, only: None, extras }
    }

    /// Whose run is next.
    pub(crate) fn head(&self) -> Option<u32> {
        self.block.run(self.run).map(|(shopper, _)| shopper)
    }

    /// Whether the next run certainly ends in this block.
    pub(crate) fn is_whole(&self) -> bool {
        self.file.is_none() || self.block.run(self.run + 1).is_some()
    }

    /// The rows of the next run in this block.
    pub(crate) fn rows(&self) -> Range<usize> {
        let rows = self.block.run(self.run).map_or(0, |(_, rows)| rows as usize);
        self.row..self.row + rows
    }

    /// Those of a shopper's rows that lie within the walk's time.
    pub(crate) fn within(&self, plan: &Plan<'_>, shopper: u32, rows: Range<usize>) -> Range<usize> {
        if self.inside {
            return rows;
        }
        let within = plan.within(shopper, self.at_s(rows.clone()), self.at_us(rows.clone()));
        rows.start + within.start..rows.start + within.end
    }

    pub(crate) fn at_s(&self, rows: Range<usize>) -> &[u32] {
        self.block.at_s().get(rows).unwrap_or_default()
    }

    pub(crate) fn at_us(&self, rows: Range<usize>) -> Option<&[u32]> {
        self.block.at_us()?.get(rows)
    }

    pub(crate) fn events(&self, rows: Range<usize>) -> &[u16] {
        self.block.events.get(rows).unwrap_or_default()
    }

    /// Those of the run's rows that are wanted, of these.
    pub(crate) fn wanted(&self, plan: &Plan<'_>, rows: Range<usize>, into: &mut Vec<usize>) {
        match &self.only {
            Some(only) => {
                let of_run = only.rows.get(only.run.clone()).unwrap_or_default();
                into.extend(of_run.iter().map(|row| *row as usize).filter(|row| rows.contains(row)));
            }
            None => {
                let wanted = self.events(rows.clone()).iter().zip(rows).filter(|(event, _)| plan.wants(**event));
                into.extend(wanted.map(|(_, row)| row));
            }
        }
    }

    /// The code of a row's event.
    pub(crate) fn event(&self, row: usize) -> u16 {
        match (&self.only, &self.file) {
            (Some(_), Some(file)) => file.index().dictionary.get(self.block.local(row)).copied().unwrap_or(SPELLED_OUT),
            _ => self.block.events.get(row).copied().unwrap_or(SPELLED_OUT),
        }
    }

    /// Makes the microseconds of this block known.
    pub(crate) fn need_micros(&mut self) -> Result<(), LakeError> {
        match &self.file {
            Some(file) => file.read_micros(&mut self.block),
            None => Ok(()),
        }
    }

    /// Adds the wider columns of a row. Rows must be asked for in order, each whose columns the plan reads, once.
    pub(crate) fn extras(&mut self, row: usize, into: &mut Extras) -> Result<(), LakeError> {
        match &mut self.extras {
            ExtraSource::None => {}
            ExtraSource::File(reader) => reader.next(into)?,
            ExtraSource::Side { sides, block, read } => {
                let Some(file) = &self.file else { return Ok(()) };
                if !*read {
                    file.read_side(&self.block, sides, block)?;
                    *read = true;
                }
                into.push_side(block, row, &file.index().side);
            }
            ExtraSource::Memory { batches, places, columns } => {
                if let Some((batch, row)) = places.get(row)
                    && let Some(batch) = batches.get(*batch as usize)
                {
                    into.push(batch, columns, *row as usize);
                }
            }
        }
        Ok(())
    }

    /// Steps over the next run of this block.
    pub(crate) fn step(&mut self, plan: &Plan<'_>) -> Result<(), LakeError> {
        self.row = self.rows().end;
        self.run += 1;
        self.pass_over();
        if self.block.run(self.run).is_none() { self.next_block(plan) } else { Ok(()) }
    }

    /// Steps over the runs from here on in this block of which nothing is wanted.
    fn pass_over(&mut self) {
        let Some(only) = &mut self.only else { return };
        only.run = only.run.end..only.run.end;
        while let Some((_, rows)) = self.block.run(self.run) {
            let ends = self.row + rows as usize;
            while only.rows.get(only.run.end).is_some_and(|row| (*row as usize) < ends) {
                only.run.end += 1;
            }
            if !only.run.is_empty() {
                return;
            }
            self.row = ends;
            self.run += 1;
        }
    }

    fn next_block(&mut self, plan: &Plan<'_>) -> Result<(), LakeError> {
        loop {
            self.read_block(plan)?;
            // At the end of the file, or at a run of which something is wanted.
            if self.block.is_empty() || self.block.run(self.run).is_some() {
                return Ok(());
            }
        }
    }

    fn read_block(&mut self, plan: &Plan<'_>) -> Result<(), LakeError> {
        (self.run, self.row) = (0, 0);
        if let ExtraSource::Side { read, .. } = &mut self.extras {
            *read = false;
        }
        let Some(file) = &mut self.file else {
            self.block = Block::default();
            return Ok(());
        };
        let there = match &mut self.only {
            Some(only) => {
                only.run = 0..0;
                file.read_some(&mut self.block, &only.wanted, &mut only.rows)?
            }
            None => file.read(&mut self.block)?,
        };
        if !there {
            self.block = Block::default();
            return Ok(());
        }
        self.pass_over();
        if plan.micros
            && self.block.run(self.run).is_some()
            && let Some(file) = &self.file
        {
            file.read_micros(&mut self.block)?;
        }
        Ok(())
    }
}

/// Of which rows of a file the plan reads wider columns.
fn choose(mut file: NarrowFile, plan: &Plan<'_>) -> Result<Chosen, LakeError> {
    let (mut block, mut chosen) = (Block::default(), Chosen::default());
    while file.read(&mut block)? {
        if plan.micros {
            file.read_micros(&mut block)?;
        }
        let mut first = 0;
        for (shopper, rows) in block.runs() {
            let rows = first..first + rows as usize;
            first = rows.end;
            if shopper == GUEST && !plan.walk.guests {
                chosen.next(rows.len(), false);
                continue;
            }
            let at_us = block.at_us().and_then(|at_us| at_us.get(rows.clone()));
            let within = plan.within(shopper, block.at_s().get(rows.clone()).unwrap_or_default(), at_us);
            chosen.next(within.start, false);
            for event in block.events.get(rows.start + within.start..rows.start + within.end).unwrap_or_default() {
                chosen.next(1, plan.wants(*event) && plan.reads(*event));
            }
            chosen.next(rows.len() - within.end, false);
        }
    }
    Ok(chosen)
}
