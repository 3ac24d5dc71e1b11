//! What questions read most besides moment and event, in pieces behind the narrow columns of each block.
//!
//! A question that adds up revenue or breaks down by product reads these of some events only, all over a file: decoding
//! the Parquet pages they lie in would cost several times what walking everything else does. So they lie here once more.
//! A piece holds one column of one block:
//!
//! | bytes | what |
//! | --- | --- |
//! | `2 * count`, if `count` is less than the block's rows | the rows that have a value, ascending |
//! | `2 * count` or `8 * count` | their values: texts as places in the file's [`Texts`], numbers as they are |
//!
//! Everything is little-endian. Pieces follow one another in the order of [`SIDE`]; of a column without values in a block
//! there is nothing. A column with too many different texts in a file is not kept there: it is read from Parquet.

use std::ops::Range;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::layout::schema;

/// The columns. The order is part of the format: new ones come last.
pub(crate) const SIDE: [&str; 6] = ["product_id", "currency", "revenue_minor", "quantity", "channel", "campaign"];
/// So many different texts a file may have in a column …
const MOST_TEXTS: usize = 1 << 14;
/// … of so many bytes together.
const MOST_TEXT_BYTES: usize = 1 << 20;

/// The different texts of a column, one behind the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Texts {
    ends: Vec<u32>,
    text: String,
}

impl Texts {
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    fn get(&self, place: usize) -> Option<&str> {
        let begins = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.text.get(begins as usize..*self.ends.get(place)? as usize)
    }
}

/// How many bytes the values of a column take each.
fn width(side: usize) -> usize {
    if is_number(side) { size_of::<i64>() } else { size_of::<u16>() }
}

fn is_number(side: usize) -> bool {
    matches!(SIDE.get(side), Some(&("revenue_minor" | "quantity")))
}

/// How many bytes a piece takes.
fn piece_bytes(side: usize, count: u32, rows: u32) -> usize {
    let positions = if count < rows { size_of::<u16>() } else { 0 };
    count as usize * (positions + width(side))
}

/// How many bytes all pieces of a block take.
pub(crate) fn block_bytes(counts: &[u32], rows: u32) -> usize {
    counts.iter().enumerate().map(|(side, count)| piece_bytes(side, *count, rows)).sum()
}

/// Gathers the pieces of a block.
#[derive(Debug)]
pub(crate) struct SideWriter {
    columns: Vec<Gathering>,
}

/// A column of the block at hand.
#[derive(Debug)]
struct Gathering {
    /// Its place in a batch.
    place: usize,
    rows: Vec<u16>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Texts { codes: Vec<u16>, known: FxHashMap<Box<str>, u16>, texts: Option<Texts> },
    Numbers(Vec<i64>),
}

impl Default for SideWriter {
    fn default() -> Self {
        let column = |side: usize| Gathering {
            place: SIDE.get(side).and_then(|name| schema().index_of(name).ok()).unwrap_or_default(),
            rows: Vec::new(),
            values: match is_number(side) {
                true => Values::Numbers(Vec::new()),
                false => {
                    Values::Texts { codes: Vec::new(), known: FxHashMap::default(), texts: Some(Texts::default()) }
                }
            },
        };
        Self { columns: (0..SIDE.len()).map(column).collect() }
    }
}

impl SideWriter {
    /// Adds rows of a batch; the first becomes row `first` of the block.
    pub(crate) fn push(&mut self, batch: &RecordBatch, rows: Range<usize>, first: usize) {
        for column in &mut self.columns {
            column.push(batch.column(column.place), rows.clone(), first);
        }
    }

    /// Writes the pieces of a block of so many rows behind what is there; how many values each has.
    pub(crate) fn close(&mut self, rows: usize, into: &mut Vec<u8>) -> Vec<u32> {
        self.columns.iter_mut().map(|column| column.close(rows, into)).collect()
    }

    /// The texts of each column of the file; none of one that is not kept.
    pub(crate) fn finish(self) -> Vec<Option<Texts>> {
        let texts = |column: Gathering| match column.values {
            Values::Texts { texts, .. } => texts,
            Values::Numbers(_) => Some(Texts::default()),
        };
        self.columns.into_iter().map(texts).collect()
    }
}

impl Gathering {
    fn push(&mut self, array: &dyn Array, rows: Range<usize>, first: usize) {
        if array.null_count() == array.len() {
            return;
        }
        let there = rows.clone().filter(|row| array.is_valid(*row));
        let position = |row: usize| (first + row - rows.start) as u16;
        match &mut self.values {
            Values::Numbers(values) => {
                let numbers = array.as_primitive::<Int64Type>();
                for row in there {
                    self.rows.push(position(row));
                    values.push(numbers.value(row));
                }
            }
            Values::Texts { codes, known, texts } => {
                let strings = array.as_string::<i32>();
                for row in there {
                    let Some(all) = texts else { return };
                    let text = strings.value(row);
                    let code = known.get(text).copied().unwrap_or_else(|| {
                        let code = known.len() as u16;
                        known.insert(text.into(), code);
                        all.add(text);
                        code
                    });
                    if known.len() > MOST_TEXTS || all.text.len() > MOST_TEXT_BYTES {
                        (*texts, *known) = (None, FxHashMap::default());
                        self.rows.clear();
                        codes.clear();
                        return;
                    }
                    self.rows.push(position(row));
                    codes.push(code);
                }
            }
        }
    }

    fn close(&mut self, rows: usize, into: &mut Vec<u8>) -> u32 {
        let count = self.rows.len();
        if count < rows {
            into.extend(self.rows.iter().flat_map(|row| row.to_le_bytes()));
        }
        match &mut self.values {
            Values::Texts { codes, .. } => into.extend(codes.drain(..).flat_map(u16::to_le_bytes)),
            Values::Numbers(numbers) => into.extend(numbers.drain(..).flat_map(i64::to_le_bytes)),
        }
        self.rows.clear();
        count as u32
    }
}

/// Some columns of a block, read row by row in order. It is used again for the next block.
#[derive(Debug, Default)]
pub(crate) struct SideBlock {
    pub(crate) bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// A column of it.
#[derive(Debug)]
struct Piece {
    side: usize,
    count: usize,
    dense: bool,
    /// Where its positions begin, if it has any, and its values.
    positions: usize,
    values: usize,
    /// The first position not passed yet.
    next: usize,
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SideValue<'t> {
    Text(&'t str),
    Number(i64),
}

impl SideBlock {
    /// Makes ready for these columns of a block, whose pieces lie in `bytes` from the first on.
    pub(crate) fn begin(&mut self, sides: &[usize], counts: &[u32], rows: u32) {
        self.pieces.clear();
        for &side in sides {
            let before = block_bytes(counts.get(..side).unwrap_or_default(), rows);
            let count = counts.get(side).copied().unwrap_or_default();
            let dense = count == rows;
            let positions = if dense { 0 } else { count as usize * size_of::<u16>() };
            let (count, values) = (count as usize, before + positions);
            self.pieces.push(Piece { side, count, dense, positions: before, values, next: 0 });
        }
    }

    /// The value of a row in the column that is the `place`th of those asked for. Rows must be asked for in order.
    pub(crate) fn value<'t>(&mut self, place: usize, row: usize, texts: &'t [Option<Texts>]) -> Option<SideValue<'t>> {
        let piece = self.pieces.get_mut(place)?;
        let at = match piece.dense {
            true => row,
            false => {
                while piece.next < piece.count {
                    match usize::from(u16::from_le_bytes(read(&self.bytes, piece.positions + 2 * piece.next)?)) {
                        position if position < row => piece.next += 1,
                        position if position == row => break,
                        _ => return None,
                    }
                }
                piece.next
            }
        };
        if at >= piece.count {
            return None;
        }
        if is_number(piece.side) {
            return Some(SideValue::Number(i64::from_le_bytes(read(&self.bytes, piece.values + 8 * at)?)));
        }
        let code = u16::from_le_bytes(read(&self.bytes, piece.values + 2 * at)?);
        texts.get(piece.side)?.as_ref()?.get(usize::from(code)).map(SideValue::Text)
    }
}

fn read<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Int64Array, StringArray, new_null_array};
    use proptest::prelude::*;

    use super::*;

    fn batch(products: &[Option<String>], revenues: &[Option<i64>]) -> RecordBatch {
        let layout = schema();
        let columns = layout.fields().iter().map(|field| -> ArrayRef {
            match field.name().as_str() {
                "product_id" => Arc::new(StringArray::from(products.to_vec())),
                "revenue_minor" => Arc::new(Int64Array::from(revenues.to_vec())),
                _ => new_null_array(field.data_type(), products.len()),
            }
        });
        // Columns that must not be null are, here: only some are looked at.
        let fields =
            schema().fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect::<Vec<_>>();
        RecordBatch::try_new(Arc::new(datafusion::arrow::datatypes::Schema::new(fields)), columns.collect()).unwrap()
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_whatever_is_missing(
            rows in proptest::collection::vec((proptest::option::of(0u8..9), proptest::option::of(any::<i64>())), 1..200),
            full in any::<bool>(), split in 0usize..200, asked in any::<u64>(),
        ) {
            let product = |product: Option<u8>| product.or(full.then_some(7)).map(|product| "p".repeat(product.into()));
            let products: Vec<_> = rows.iter().map(|(one, _)| product(*one)).collect();
            let revenues: Vec<_> = rows.iter().map(|(_, revenue)| *revenue).collect();
            let (batch, split) = (batch(&products, &revenues), split.min(rows.len()));
            let mut writer = SideWriter::default();
            writer.push(&batch, 0..split, 0);
            writer.push(&batch, split..rows.len(), split);
            let mut block = SideBlock::default();
            let counts = writer.close(rows.len(), &mut block.bytes);
            prop_assert_eq!(block.bytes.len(), block_bytes(&counts, rows.len() as u32));
            let texts = writer.finish();
            block.begin(&[2, 0, 1], &counts, rows.len() as u32);
            for row in (0..rows.len()).filter(|row| asked >> (row % 64) & 1 == 1) {
                prop_assert_eq!(block.value(0, row, &texts), revenues[row].map(SideValue::Number));
                prop_assert_eq!(block.value(1, row, &texts), products[row].as_deref().map(SideValue::Text));
                prop_assert_eq!(block.value(2, row, &texts), None);
            }
        }
    }

    #[test]
    fn too_many_texts_are_not_kept_and_the_other_columns_are() {
        let mut writer = SideWriter::default();
        let products: Vec<_> = (0..=MOST_TEXTS).map(|number| Some(format!("p{number}"))).collect();
        let batch = batch(&products, &vec![Some(5); products.len()]);
        let mut bytes = Vec::new();
        writer.push(&batch, 0..10, 0);
        assert_eq!(writer.close(10, &mut bytes), [10, 0, 10, 0, 0, 0]);
        writer.push(&batch, 10..products.len(), 0);
        let rows = products.len() - 10;
        assert_eq!(writer.close(rows, &mut bytes), [0, 0, rows as u32, 0, 0, 0]);
        let texts = writer.finish();
        assert_eq!((&texts[0], texts[2].is_some()), (&None, true));
    }
}
