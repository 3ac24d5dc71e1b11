//! From memory to files: sorts the hot tail and writes one file a bucket.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::interleave_record_batch;
use datafusion::parquet::arrow::ArrowWriter;
use std::io::Write;

use crate::LakeError;
use crate::catalogue::FileFacts;
use crate::depot::{Depot, Sink};
use crate::layout::{schema, sort_keys, writer_properties};
use crate::narrow::{IndexPlace, NarrowWriter};

/// Rows that are put together at a time.
pub(crate) const SLICE_ROWS: usize = 8192;

/// A row of the tail: bucket, shopper, moment, and where it lies. In this order it is sorted; what
/// happened at one moment stays in the order of the log.
type Place = (u16, u32, i64, u32, u32);

/// Writes the batches as files, one for each bucket that has rows. `stretch` is the first and last
/// offset they are from, `sifted` the number of the ages they were held to. The files are sealed but not yet part of the
/// lake.
pub(crate) fn write_sorted(
    depot: &dyn Depot,
    batches: &[RecordBatch],
    buckets: u16,
    row_group_rows: usize,
    stretch: (u64, u64),
    sifted: u64,
    mut new_path: impl FnMut(u16) -> String,
) -> Result<Vec<FileFacts>, LakeError> {
    let mut places: Vec<Place> = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for (chunk, batch) in (0u32..).zip(batches) {
        let keys = sort_keys(batch).zip(0u32..);
        places.extend(keys.map(|((shopper, at), row)| (bucket_of(shopper, buckets), shopper, at, chunk, row)));
    }
    places.sort_unstable();
    let sources: Vec<&RecordBatch> = batches.iter().collect();
    let mut files = Vec::new();
    for rows in places.chunk_by(|left, right| left.0 == right.0) {
        let Some(first) = rows.first() else { continue };
        let mut file = FileWriter::create(depot, new_path(first.0), first.0, row_group_rows, (stretch, sifted))?;
        for slice in rows.chunks(SLICE_ROWS) {
            let picks: Vec<(usize, usize)> = slice.iter().map(|place| (place.3 as usize, place.4 as usize)).collect();
            file.write(&interleave_record_batch(&sources, &picks)?)?;
        }
        files.push(file.finish(depot)?);
    }
    Ok(files)
}

/// The bucket of a shopper.
pub(crate) fn bucket_of(shopper: u32, buckets: u16) -> u16 {
    (shopper % u32::from(buckets)) as u16
}

/// Writes one file of sorted rows and gathers what the catalogue wants to know of it.
pub(crate) struct FileWriter {
    writer: ArrowWriter<Box<dyn Sink>>,
    narrow: NarrowWriter,
    facts: FileFacts,
}

impl FileWriter {
    /// Begins the file.
    pub(crate) fn create(
        depot: &dyn Depot,
        path: String,
        bucket: u16,
        row_group_rows: usize,
        (stretch, sifted): ((u64, u64), u64),
    ) -> Result<Self, LakeError> {
        let sink = depot.create(&path).map_err(LakeError::io("write", &path))?;
        let writer = ArrowWriter::try_new(sink, schema(), Some(writer_properties(row_group_rows)))?;
        let facts = FileFacts {
            path,
            bucket,
            rows: 0,
            bytes: 0,
            min_at: i64::MAX,
            max_at: i64::MIN,
            min_shopper: u32::MAX,
            max_shopper: 0,
            first_offset: stretch.0,
            last_offset: stretch.1,
            narrow: IndexPlace::default(),
            sifted,
        };
        Ok(Self { writer, narrow: NarrowWriter::default(), facts })
    }

    /// Appends rows that sort after all before.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        for (shopper, at) in sort_keys(batch) {
            self.facts.min_at = self.facts.min_at.min(at);
            self.facts.max_at = self.facts.max_at.max(at);
            self.facts.min_shopper = self.facts.min_shopper.min(shopper);
            self.facts.max_shopper = self.facts.max_shopper.max(shopper);
        }
        self.facts.rows += batch.num_rows() as u64;
        let (path, writer) = (&self.facts.path, &mut self.writer);
        self.narrow.push(batch, &mut |block| append(writer, block)).map_err(LakeError::io("write", path))?;
        Ok(writer.write(batch)?)
    }

    /// Whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.facts.rows == 0
    }

    /// Ends and seals the file.
    pub(crate) fn finish(mut self, depot: &dyn Depot) -> Result<FileFacts, LakeError> {
        let path = self.facts.path.clone();
        let writer = &mut self.writer;
        let index = self.narrow.finish(&mut |block| append(writer, block)).map_err(LakeError::io("write", &path))?;
        let index = serde_json::to_vec(&index)
            .map_err(|error| LakeError::Damaged { path: path.clone(), reason: error.to_string() })?;
        let offset = append(writer, &index).map_err(LakeError::io("write", &path))?;
        self.facts.narrow = IndexPlace { offset, bytes: index.len() as u32 };
        let mut sink = self.writer.into_inner()?;
        sink.flush().map_err(LakeError::io("write", &path))?;
        sink.seal().map_err(LakeError::io("seal", &path))?;
        let size = depot.size(&path).map_err(LakeError::io("look at", &path))?;
        self.facts.bytes = size.unwrap_or(0);
        Ok(self.facts)
    }
}

/// Writes bytes that readers of Parquet pass over, and says where they begin.
fn append(writer: &mut ArrowWriter<Box<dyn Sink>>, bytes: &[u8]) -> std::io::Result<u64> {
    let offset = writer.bytes_written() as u64;
    writer.write_all(bytes)?;
    Ok(offset)
}
