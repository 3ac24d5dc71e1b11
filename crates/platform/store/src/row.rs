//! A row of an answer, read by column name or number.

use fanvine_kernel::Timestamp;
use rusqlite::types::Value as Held;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, ColumnIndex, Row as _};

use crate::StoreError;
use crate::sqlite::Whole;

/// One row of an answer.
pub struct Row(pub(crate) Inner);

pub(crate) enum Inner {
    /// Read by SQLite's writer.
    Whole(Whole),
    /// Read by one of SQLite's readers.
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Where a column stands in a row: its name or its number from 0.
pub trait Place: Copy {
    /// The place in words, for an error.
    fn describe(self) -> String;
    #[doc(hidden)]
    fn find(self, row: &Row) -> Option<usize>;
}

impl Place for usize {
    fn describe(self) -> String {
        format!("#{self}")
    }

    fn find(self, row: &Row) -> Option<usize> {
        (self < row.width()).then_some(self)
    }
}

impl Place for &str {
    fn describe(self) -> String {
        self.to_owned()
    }

    fn find(self, row: &Row) -> Option<usize> {
        match &row.0 {
            Inner::Whole(row) => row.names.iter().position(|name| name == self),
            Inner::Sqlite(row) => ColumnIndex::index(&self, row).ok(),
            Inner::Postgres(row) => ColumnIndex::index(&self, row).ok(),
        }
    }
}

/// A type a column can be read as. `Option<T>` where it may be null.
pub trait Cell: Sized {
    #[doc(hidden)]
    fn read(row: &Row, index: usize) -> Result<Option<Self>, sqlx::Error>;
    #[doc(hidden)]
    fn absent() -> Option<Self> {
        None
    }
}

impl Row {
    /// The column at `place` as a `T`.
    pub fn get<T: Cell>(&self, place: impl Place) -> Result<T, StoreError> {
        let index = place.find(self).ok_or_else(|| StoreError::NoColumn { column: place.describe() })?;
        match T::read(self, index) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => T::absent().ok_or_else(|| StoreError::NullColumn { column: place.describe() }),
            Err(cause) => Err(StoreError::column(place.describe(), std::any::type_name::<T>(), cause)),
        }
    }

    /// How many columns it has.
    pub fn width(&self) -> usize {
        match &self.0 {
            Inner::Whole(row) => row.names.len(),
            Inner::Sqlite(row) => row.len(),
            Inner::Postgres(row) => row.len(),
        }
    }

    /// The names of its columns, in order.
    pub fn names(&self) -> Vec<&str> {
        match &self.0 {
            Inner::Whole(row) => row.names.iter().map(String::as_str).collect(),
            Inner::Sqlite(row) => row.columns().iter().map(Column::name).collect(),
            Inner::Postgres(row) => row.columns().iter().map(Column::name).collect(),
        }
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Row").field("columns", &self.names()).finish()
    }
}

/// What a row of SQLite's writer holds in a column, as one of the kinds that column may be read as.
macro_rules! held {
    ($row:expr, $index:expr, $($kind:ident)|+ => $make:expr) => {
        match $row.cells.get($index) {
            None | Some(Held::Null) => Ok(None),
            $(Some(Held::$kind(value)) => Ok(Some($make(value))),)+
            Some(other) => Err(sqlx::Error::Decode(format!("it holds {}", other.data_type()).into())),
        }
    };
}

macro_rules! plain_cells {
    ($($type:ty: $($kind:ident)|+ => $make:expr;)*) => {$(
        impl Cell for $type {
            fn read(row: &Row, index: usize) -> Result<Option<Self>, sqlx::Error> {
                match &row.0 {
                    Inner::Whole(row) => held!(row, index, $($kind)|+ => $make),
                    Inner::Sqlite(row) => row.try_get(index),
                    Inner::Postgres(row) => row.try_get(index),
                }
            }
        }
    )*};
}

plain_cells! {
    String: Text => Clone::clone;
    Vec<u8>: Blob => Clone::clone;
}

impl Cell for i64 {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, sqlx::Error> {
        match &row.0 {
            Inner::Whole(row) => held!(row, index, Integer => |number: &i64| *number),
            Inner::Sqlite(row) => row.try_get(index),
            // A literal or a CASE of literals is an INTEGER there.
            Inner::Postgres(row) => row
                .try_get::<Option<i64>, _>(index)
                .or_else(|refused| row.try_get::<Option<i32>, _>(index).map(|n| n.map(i64::from)).map_err(|_| refused)),
        }
    }
}

impl Cell for f64 {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, sqlx::Error> {
        match &row.0 {
            Inner::Whole(row) => match row.cells.get(index) {
                Some(Held::Integer(number)) => Ok(Some(*number as f64)),
                _ => held!(row, index, Real => |number: &f64| *number),
            },
            // SQLite may hand a whole number from an expression over as an integer.
            Inner::Sqlite(row) => row.try_get_unchecked(index),
            Inner::Postgres(row) => row.try_get(index),
        }
    }
}

impl Cell for bool {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, sqlx::Error> {
        if let Inner::Postgres(row) = &row.0
            && let Ok(truth) = row.try_get(index)
        {
            return Ok(truth);
        }
        Ok(i64::read(row, index)?.map(|number| number != 0))
    }
}

impl Cell for Timestamp {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, sqlx::Error> {
        Ok(i64::read(row, index)?.map(Timestamp::from_micros))
    }
}

impl<T: Cell> Cell for Option<T> {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, sqlx::Error> {
        Ok(T::read(row, index)?.map(Some))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}
