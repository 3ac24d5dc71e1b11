//! Many small files into few large ones.
//!
//! Files of one bucket that follow one another in the log and are of like size are merged, eight or
//! more at a time, until a file is full. So an event is rewritten a few
//! times in its life, and rows of one moment keep the order of the log.
//!
//! Where there is nothing else to do, fewer are enough: a question that walks every shopper's events is answered several
//! times as fast where they lie in one file. A file is not rewritten for less than an eighth of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::interleave_record_batch;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::LakeError;
use crate::catalogue::{DataFile, FileFacts};
use crate::depot::Depot;
use crate::flush::FileWriter;
use crate::forget::Sieve;
use crate::layout::sort_keys;

/// So many files of like size are merged …
const FAN_IN: usize = 8;
/// … and at most so many at once.
const MAX_FAN_IN: usize = 16;
/// Rows written at a time, and at most read from a file at a time.
const STEP_ROWS: usize = 2048;
/// About how many bytes of rows are read from a file at a time.
const STEP_BYTES: u64 = 2 << 20;
/// How much larger rows are in memory than on disk, roughly.
const SWELL: u64 = 8;

/// Finds the files most in need of merging: those of the bucket with the longest run.
pub(crate) fn choose(files: &[Arc<DataFile>], full_rows: u64) -> Option<Vec<Arc<DataFile>>> {
    let mut best: Option<Vec<Arc<DataFile>>> = None;
    for bucket in files.chunk_by(|left, right| left.facts.bucket == right.facts.bucket) {
        let Some(run) = choose_in_bucket(bucket, full_rows) else { continue };
        if best.as_ref().is_none_or(|best| run.len() > best.len()) {
            best = Some(run);
        }
    }
    best
}

fn choose_in_bucket(files: &[Arc<DataFile>], full_rows: u64) -> Option<Vec<Arc<DataFile>>> {
    let tier = |file: &DataFile| file.facts.rows.max(1).ilog2() / FAN_IN.ilog2();
    let highest = files.iter().map(|file| tier(file)).max()?;
    for limit in 0..=highest {
        for run in files.chunk_by(|left, right| (tier(left) <= limit) == (tier(right) <= limit)) {
            if run.len() < FAN_IN || tier(&run[0]) > limit {
                continue;
            }
            let mut rows = 0;
            let fitting = run.iter().take(MAX_FAN_IN).take_while(|file| {
                rows += file.facts.rows;
                rows <= full_rows
            });
            let chosen: Vec<_> = fitting.cloned().collect();
            if chosen.len() >= FAN_IN / 2 {
                return Some(chosen);
            }
        }
    }
    None
}

/// What to merge at rest: files of one bucket that follow one another, of which the largest is not much larger than the
/// others together. The bucket with the most such files comes first.
pub(crate) fn choose_at_rest(files: &[Arc<DataFile>], full_rows: u64) -> Option<Vec<Arc<DataFile>>> {
    let buckets = files.chunk_by(|left, right| left.facts.bucket == right.facts.bucket);
    let runs = buckets.filter_map(|bucket| {
        let longest = (2..=bucket.len().min(MAX_FAN_IN)).rev();
        longest.flat_map(|len| bucket.windows(len)).find(|run| {
            let rows: u64 = run.iter().map(|file| file.facts.rows).sum();
            let largest = run.iter().map(|file| file.facts.rows).max().unwrap_or(0);
            rows <= full_rows && (rows - largest) * FAN_IN as u64 >= largest
        })
    });
    runs.max_by_key(|run| run.len()).map(<[_]>::to_vec)
}

/// Merges sorted files of one bucket into one, sealed but not yet part of the lake, without what is no longer kept; none
/// if nothing is left.
pub(crate) fn merge(
    depot: &dyn Depot,
    files: &[Arc<DataFile>],
    row_group_rows: usize,
    path: String,
    sieve: &Sieve,
) -> Result<Option<FileFacts>, LakeError> {
    let stretch = (
        files.iter().map(|file| file.facts.first_offset).min().unwrap_or(0),
        files.iter().map(|file| file.facts.last_offset).max().unwrap_or(0),
    );
    let bucket = files.first().map_or(0, |file| file.facts.bucket);
    let mut merged = FileWriter::create(depot, path, bucket, row_group_rows, (stretch, sieve.number()))?;
    let mut inputs = files.iter().map(|file| Input::open(depot, file, sieve)).collect::<Result<Vec<_>, _>>()?;
    let mut order = BinaryHeap::new();
    for (place, input) in inputs.iter_mut().enumerate() {
        if let Some(key) = input.next_key()? {
            order.push(Reverse((key, place)));
        }
    }
    let mut slice = Slice::new(inputs.len());
    while let Some(Reverse((_, place))) = order.pop() {
        let input = &mut inputs[place];
        slice.pick(place, input);
        if slice.picks.len() >= STEP_ROWS {
            slice.write(&mut merged)?;
        }
        if let Some(key) = input.next_key()? {
            order.push(Reverse((key, place)));
        }
    }
    slice.write(&mut merged)?;
    if merged.is_empty() { Ok(None) } else { merged.finish(depot).map(Some) }
}

/// Rows put together from several batches, to be written at once.
struct Slice {
    batches: Vec<RecordBatch>,
    /// For each input: its batch (by count) and that batch's place in `batches`.
    current: Vec<Option<(usize, usize)>>,
    picks: Vec<(usize, usize)>,
}

impl Slice {
    fn new(inputs: usize) -> Self {
        Self { batches: Vec::new(), current: vec![None; inputs], picks: Vec::with_capacity(STEP_ROWS) }
    }

    fn pick(&mut self, place: usize, input: &Input<'_>) {
        let batch = match self.current[place] {
            Some((count, batch)) if count == input.count => batch,
            _ => {
                self.batches.push(input.batch.clone());
                self.current[place] = Some((input.count, self.batches.len() - 1));
                self.batches.len() - 1
            }
        };
        self.picks.push((batch, input.row - 1));
    }

    fn write(&mut self, into: &mut FileWriter) -> Result<(), LakeError> {
        if !self.picks.is_empty() {
            let sources: Vec<&RecordBatch> = self.batches.iter().collect();
            into.write(&interleave_record_batch(&sources, &self.picks)?)?;
        }
        self.batches.clear();
        self.picks.clear();
        self.current.fill(None);
        Ok(())
    }
}

/// A sorted file being read.
struct Input<'s> {
    sieve: &'s Sieve,
    reader: ParquetRecordBatchReader,
    batch: RecordBatch,
    keys: Vec<(u32, i64)>,
    /// Of each row whether it is no longer kept; none where all are.
    forgotten: Vec<bool>,
    row: usize,
    count: usize,
}

impl<'s> Input<'s> {
    fn open(depot: &dyn Depot, file: &DataFile, sieve: &'s Sieve) -> Result<Self, LakeError> {
        let path = &file.facts.path;
        let row_bytes = (file.facts.bytes * SWELL / file.facts.rows.max(1)).max(1);
        let rows = usize::try_from(STEP_BYTES / row_bytes).unwrap_or(STEP_ROWS).clamp(64, STEP_ROWS);
        let reader = ParquetRecordBatchReaderBuilder::try_new(depot.open(path).map_err(LakeError::io("read", path))?)?
            .with_batch_size(rows)
            .build()?;
        let batch = RecordBatch::new_empty(crate::layout::schema());
        Ok(Self { sieve, reader, batch, keys: Vec::new(), forgotten: Vec::new(), row: 0, count: 0 })
    }

    /// Steps to the next row that is kept and returns its key; the row is then at `row - 1` of `batch`.
    fn next_key(&mut self) -> Result<Option<(u32, i64)>, LakeError> {
        loop {
            while self.row >= self.keys.len() {
                let Some(batch) = self.reader.next().transpose()? else { return Ok(None) };
                self.keys = sort_keys(&batch).collect();
                self.forgotten = self.sieve.forgotten(&batch);
                self.batch = batch;
                self.row = 0;
                self.count += 1;
            }
            self.row += 1;
            if !self.forgotten.get(self.row - 1).copied().unwrap_or(false) {
                return Ok(Some(self.keys[self.row - 1]));
            }
        }
    }
}
