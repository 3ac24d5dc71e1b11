//! The wider columns of a run, copied from wherever its rows lie.

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};

use super::column::Column;
use crate::LakeError;
use crate::depot::Depot;
use crate::narrow::side::{SideBlock, SideValue, Texts as Dictionary};

/// Rows read from Parquet at a time.
const STEP_ROWS: usize = 1024;

/// Some columns of some rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extras {
    columns: Vec<(Column, Values)>,
    /// The place of each row among the values, where they were put in another order.
    order: Vec<u32>,
}

#[derive(Debug, Clone)]
enum Values {
    Texts { ends: Vec<u32>, there: Vec<bool>, text: String },
    Ints(Vec<Option<i64>>),
}

impl Extras {
    /// Room for these columns.
    pub(crate) fn of(columns: &[Column]) -> Self {
        let values = |column: &Column| match crate::layout::schema().field(column.place()).data_type() {
            DataType::Int64 => Values::Ints(Vec::new()),
            _ => Values::Texts { ends: Vec::new(), there: Vec::new(), text: String::new() },
        };
        Self { columns: columns.iter().map(|column| (*column, values(column))).collect(), order: Vec::new() }
    }

    /// Forgets the rows.
    pub(crate) fn clear(&mut self) {
        self.order.clear();
        for (_, values) in &mut self.columns {
            match values {
                Values::Ints(ints) => ints.clear(),
                Values::Texts { ends, there, text } => {
                    ends.clear();
                    there.clear();
                    text.clear();
                }
            }
        }
    }

    /// Keeps the first rows only.
    pub(crate) fn truncate(&mut self, rows: usize) {
        for (_, values) in &mut self.columns {
            match values {
                Values::Ints(ints) => ints.truncate(rows),
                Values::Texts { ends, there, text } => {
                    ends.truncate(rows);
                    there.truncate(rows);
                    text.truncate(ends.last().map_or(0, |end| *end as usize));
                }
            }
        }
    }

    /// Adds a row of a batch that has these columns, at these places.
    pub(crate) fn push(&mut self, batch: &RecordBatch, places: &[usize], row: usize) {
        for ((_, values), place) in self.columns.iter_mut().zip(places) {
            let column = batch.column(*place);
            let there = column.is_valid(row);
            match values {
                Values::Ints(ints) => ints.push(there.then(|| column.as_primitive::<Int64Type>().value(row))),
                Values::Texts { ends, there: all, text } => {
                    if there {
                        text.push_str(column.as_string::<i32>().value(row));
                    }
                    all.push(there);
                    ends.push(text.len() as u32);
                }
            }
        }
    }

    /// Adds a row of a block of which these columns were read.
    pub(crate) fn push_side(&mut self, block: &mut SideBlock, row: usize, dictionaries: &[Option<Dictionary>]) {
        for (place, (_, values)) in self.columns.iter_mut().enumerate() {
            let found = block.value(place, row, dictionaries);
            match values {
                Values::Ints(ints) => ints.push(match found {
                    Some(SideValue::Number(number)) => Some(number),
                    _ => None,
                }),
                Values::Texts { ends, there, text } => {
                    if let Some(SideValue::Text(found)) = found {
                        text.push_str(found);
                    }
                    there.push(found.is_some());
                    ends.push(text.len() as u32);
                }
            }
        }
    }

    /// Adds a row without values.
    pub(crate) fn push_nothing(&mut self) {
        for (_, values) in &mut self.columns {
            match values {
                Values::Ints(ints) => ints.push(None),
                Values::Texts { ends, there, text } => {
                    there.push(false);
                    ends.push(text.len() as u32);
                }
            }
        }
    }

    /// Adds the rows of another, which has the same columns.
    pub(crate) fn append(&mut self, other: &Self, rows: usize) {
        if !self.order.is_empty() {
            let held = self.order.len() as u32;
            self.order.extend(held..held + rows as u32);
        }
        for ((column, values), place) in self.columns.iter_mut().zip(0..) {
            let Some((_, from)) = other.columns.get(place) else { continue };
            for row in 0..rows {
                match (&mut *values, from) {
                    (Values::Ints(ints), Values::Ints(_)) => ints.push(other.int(*column, row)),
                    (Values::Texts { ends, there, text }, _) => {
                        let said = other.text(*column, row);
                        text.push_str(said.unwrap_or_default());
                        there.push(said.is_some());
                        ends.push(text.len() as u32);
                    }
                    _ => {}
                }
            }
        }
    }

    /// From now on row `i` is what is row `order[i]` now.
    pub(crate) fn reorder(&mut self, mut order: Vec<u32>) {
        if !self.order.is_empty() {
            order.iter_mut().for_each(|row| *row = self.order.get(*row as usize).copied().unwrap_or_default());
        }
        self.order = order;
    }

    fn find(&self, column: Column, row: usize) -> Option<(&Values, usize)> {
        let row = if self.order.is_empty() { row } else { *self.order.get(row)? as usize };
        let (_, values) = self.columns.iter().find(|(held, _)| *held == column)?;
        Some((values, row))
    }

    pub(crate) fn text(&self, column: Column, row: usize) -> Option<&str> {
        let (Values::Texts { ends, there, text }, row) = self.find(column, row)? else { return None };
        let begins = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
        let found = text.get(begins as usize..*ends.get(row)? as usize);
        found.filter(|_| there.get(row) == Some(&true))
    }

    pub(crate) fn int(&self, column: Column, row: usize) -> Option<i64> {
        match self.find(column, row)? {
            (Values::Ints(ints), row) => ints.get(row).copied().flatten(),
            _ => None,
        }
    }
}

/// Reads the wider columns of chosen rows of a file, in order.
pub(crate) struct ExtraReader {
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    row: usize,
    places: Vec<usize>,
}

impl ExtraReader {
    /// Begins to read these columns of the chosen rows.
    pub(crate) fn open(depot: &dyn Depot, path: &str, columns: &[Column], chosen: Chosen) -> Result<Self, LakeError> {
        let file = depot.open(path).map_err(LakeError::io("read", path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let mut roots: Vec<usize> = columns.iter().map(|column| column.place()).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
        let reader = builder
            .with_projection(mask)
            .with_row_selection(RowSelection::from(chosen.selectors))
            .with_batch_size(STEP_ROWS)
            .build()?;
        // A batch has its columns in the order of the layout.
        let sorted = {
            let mut sorted = roots.clone();
            sorted.sort_unstable();
            sorted
        };
        roots.iter_mut().for_each(|root| *root = sorted.iter().position(|place| place == root).unwrap_or_default());
        Ok(Self { reader, batch: None, row: 0, places: roots })
    }

    /// Adds the next chosen row.
    pub(crate) fn next(&mut self, into: &mut Extras) -> Result<(), LakeError> {
        while self.batch.as_ref().is_none_or(|batch| self.row >= batch.num_rows()) {
            let Some(batch) = self.reader.next().transpose()? else {
                return Err(LakeError::Task("a file ended before the rows that were chosen of it".to_owned()));
            };
            (self.batch, self.row) = (Some(batch), 0);
        }
        if let Some(batch) = &self.batch {
            into.push(batch, &self.places, self.row);
        }
        self.row += 1;
        Ok(())
    }
}

/// Which rows of a file are wanted.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    selectors: Vec<RowSelector>,
}

impl Chosen {
    /// Says of the next rows whether they are wanted.
    pub(crate) fn next(&mut self, rows: usize, wanted: bool) {
        match self.selectors.last_mut() {
            _ if rows == 0 => {}
            Some(last) if last.skip != wanted => last.row_count += rows,
            _ => self.selectors.push(if wanted { RowSelector::select(rows) } else { RowSelector::skip(rows) }),
        }
    }
}
