//! Events that no file holds yet, sorted as files are.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{UInt16Type, UInt32Type};

use crate::flush::bucket_of;
use crate::layout::{column, sort_keys};
use crate::narrow::Block;

/// The events of one bucket.
#[derive(Default)]
pub(crate) struct HotBucket {
    pub(crate) block: Block,
    /// Batch and row of each.
    pub(crate) places: Vec<(u32, u32)>,
}

/// Sorts what is in memory, by bucket.
pub(crate) fn by_bucket(batches: &[RecordBatch], buckets: u16) -> Vec<HotBucket> {
    let mut rows: Vec<(u16, u32, i64, u32, u32)> = Vec::new();
    for (batch, number) in batches.iter().zip(0u32..) {
        let keys = sort_keys(batch).zip(0u32..);
        rows.extend(keys.map(|((shopper, at), row)| (bucket_of(shopper, buckets), shopper, at, number, row)));
    }
    rows.sort_unstable();
    let mut all: Vec<HotBucket> = (0..buckets).map(|_| HotBucket::default()).collect();
    for of_bucket in rows.chunk_by(|left, right| left.0 == right.0) {
        let Some(bucket) = of_bucket.first().and_then(|row| all.get_mut(usize::from(row.0))) else { continue };
        bucket.places = of_bucket.iter().map(|row| (row.3, row.4)).collect();
        bucket.block = Block::of(of_bucket.iter().map(|(_, shopper, _, batch, row)| {
            let (batch, row) = (&batches[*batch as usize], *row as usize);
            let word = |place: usize| batch.column(place).as_primitive::<UInt32Type>().value(row);
            let event = batch.column(column::EVENT).as_primitive::<UInt16Type>().value(row);
            (*shopper, word(column::AT_S), word(column::AT_US), event)
        }));
    }
    all
}
