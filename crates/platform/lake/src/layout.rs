//! How an event lies in Parquet.
//!
//! The four columns that product questions walk — shopper, second, microsecond, event — are narrow
//! and left out of zstd, so that reading them costs next to nothing. Everything else is compressed.
//!
//! `at_s` and `at_us` hold every moment of 1970 to 2106. One outside lies exactly in `at_exact`
//! (and the narrow columns hold the nearest moment they can, which keeps their order and their
//! statistics true). Likewise `event` is a code of the catalogue's table of names; past
//! [`MAX_NAMES`] different names the code is [`SPELLED_OUT`] and the name lies in `event_text`.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt32Type};
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;

/// So many different event names get a code of their own.
pub(crate) const MAX_NAMES: usize = 4096;
/// The code of an event whose name lies in `event_text`.
pub(crate) const SPELLED_OUT: u16 = u16::MAX;
/// A row group is closed at so many encoded bytes, for it is held in memory until then.
const ROW_GROUP_BYTES: usize = 48 << 20;
/// The number of a guest: an event without a shopper.
pub(crate) const GUEST: u32 = 0;

/// Places in [`schema`] of the columns that files are sorted by.
pub(crate) mod column {
    pub(crate) const SHOPPER: usize = 0;
    pub(crate) const AT_S: usize = 1;
    pub(crate) const AT_US: usize = 2;
    pub(crate) const EVENT: usize = 3;
    pub(crate) const AT_EXACT: usize = 4;
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let must = |name: &str, kind| Field::new(name, kind, false);
    let may = |name: &str, kind| Field::new(name, kind, true);
    Arc::new(Schema::new(vec![
        must("shopper", DataType::UInt32),
        must("at_s", DataType::UInt32),
        must("at_us", DataType::UInt32),
        must("event", DataType::UInt16),
        may("at_exact", DataType::Int64),
        may("event_text", DataType::Utf8),
        must("message_id", DataType::Utf8),
        must("kind", DataType::Utf8),
        may("user_id", DataType::Utf8),
        may("anonymous_id", DataType::Utf8),
        must("received_us", DataType::Int64),
        must("source_id", DataType::Utf8),
        may("session_id", DataType::Utf8),
        may("product_id", DataType::Utf8),
        may("order_id", DataType::Utf8),
        may("quantity", DataType::Int64),
        may("revenue_minor", DataType::Int64),
        may("currency", DataType::Utf8),
        may("channel", DataType::Utf8),
        may("campaign", DataType::Utf8),
        may("referrer", DataType::Utf8),
        may("properties", DataType::Utf8),
        may("context", DataType::Utf8),
    ]))
});

/// The columns of a file of events.
pub(crate) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// How they are encoded.
pub(crate) fn writer_properties(row_group_rows: usize) -> WriterProperties {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("fanvine ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_max_row_group_row_count(Some(row_group_rows))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_compression(zstd)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(true);
    for name in ["shopper", "at_s", "at_us", "event"] {
        let path = ColumnPath::from(name);
        properties = properties.set_column_compression(path.clone(), Compression::UNCOMPRESSED);
        let statistics = if name == "at_us" { EnabledStatistics::None } else { EnabledStatistics::Page };
        properties = properties.set_column_statistics_enabled(path, statistics);
    }
    for name in ["at_s", "at_us", "received_us"] {
        let path = ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    // Every value differs: a dictionary would only be built to be thrown away.
    for name in ["message_id", "properties", "context"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    properties.build()
}

/// A moment as `at_s`, `at_us` and, where those cannot hold it, `at_exact`.
pub(crate) fn split_moment(micros: i64) -> (u32, u32, Option<i64>) {
    let seconds = micros.div_euclid(1_000_000);
    match u32::try_from(seconds) {
        Ok(at_s) => (at_s, micros.rem_euclid(1_000_000) as u32, None),
        Err(_) if seconds < 0 => (0, 0, Some(micros)),
        Err(_) => (u32::MAX, 999_999, Some(micros)),
    }
}

/// The moments of a batch in microseconds, from its three time columns.
pub(crate) fn moments(at_s: &dyn Array, at_us: &dyn Array, at_exact: &dyn Array) -> Vec<i64> {
    let (seconds, micros) = (at_s.as_primitive::<UInt32Type>(), at_us.as_primitive::<UInt32Type>());
    let mut moments: Vec<i64> = seconds
        .values()
        .iter()
        .zip(micros.values())
        .map(|(at_s, at_us)| i64::from(*at_s) * 1_000_000 + i64::from(*at_us))
        .collect();
    let exact = at_exact.as_primitive::<Int64Type>();
    if exact.null_count() < exact.len() {
        for (row, moment) in moments.iter_mut().enumerate() {
            if exact.is_valid(row) {
                *moment = exact.value(row);
            }
        }
    }
    moments
}

/// What a file is sorted by: shopper and moment, row by row.
pub(crate) fn sort_keys(batch: &RecordBatch) -> impl Iterator<Item = (u32, i64)> + '_ {
    let shoppers = batch.column(column::SHOPPER).as_primitive::<UInt32Type>();
    let moments = moments(batch.column(column::AT_S), batch.column(column::AT_US), batch.column(column::AT_EXACT));
    shoppers.values().iter().copied().zip(moments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_survives_and_keeps_its_order() {
        let moments = [
            i64::MIN,
            -1_000_001,
            -1,
            0,
            1,
            999_999,
            1_000_000,
            4_294_967_295_999_999,
            4_294_967_296_000_000,
            i64::MAX,
        ];
        let parts: Vec<_> = moments.iter().map(|moment| split_moment(*moment)).collect();
        for (moment, (at_s, at_us, exact)) in moments.iter().zip(&parts) {
            assert_eq!(exact.unwrap_or(i64::from(*at_s) * 1_000_000 + i64::from(*at_us)), *moment);
        }
        assert!(parts.windows(2).all(|pair| (pair[0].0, pair[0].1) <= (pair[1].0, pair[1].1)));
    }
}
