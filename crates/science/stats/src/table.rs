//! Rows of numbers, one customer each, and putting their columns on one scale.

use thiserror::Error;

/// Why numbers are no table.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TableError {
    /// There must be rows of at least one column, and all whole.
    #[error("{values} values do not make rows of {columns} columns")]
    Shape {
        /// How many values there were.
        values: usize,
        /// How many columns there should be.
        columns: usize,
    },
    /// A value is infinite or not a number.
    #[error("row {row} has {value} in column {column}: it must be finite")]
    NotFinite {
        /// Its row, counted from 0.
        row: usize,
        /// Its column, counted from 0.
        column: usize,
        /// What it was.
        value: f64,
    },
}

/// A table of finite numbers with at least one row and one column, row after row.
///
/// ```
/// use fanvine_stats::table::{Standard, Table};
///
/// let table = Table::new(&[1.0, 10.0, 3.0, 10.0], 2).unwrap();
/// let standard = Standard::of(&table);
/// // A column that is always the same tells nothing, and is 0.
/// assert_eq!(standard.apply(&table), [-1.0, 0.0, 1.0, 0.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Table<'a> {
    values: &'a [f64],
    columns: usize,
}

impl<'a> Table<'a> {
    /// A table of these values, row after row, each of `columns` values.
    pub fn new(values: &'a [f64], columns: usize) -> Result<Table<'a>, TableError> {
        if columns == 0 || values.is_empty() || !values.len().is_multiple_of(columns) {
            return Err(TableError::Shape { values: values.len(), columns });
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(TableError::NotFinite { row: at / columns, column: at % columns, value: values[at] }),
            None => Ok(Table { values, columns }),
        }
    }

    /// The rows, in order.
    pub fn rows(&self) -> std::slice::ChunksExact<'a, f64> {
        self.values.chunks_exact(self.columns)
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.values.len() / self.columns
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A row, counted from 0, below the height.
    pub(crate) fn row(&self, index: usize) -> &'a [f64] {
        &self.values[index * self.columns..(index + 1) * self.columns]
    }
}

/// The mean and the standard deviation of each column: what turns values into standard scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Standard {
    /// The mean of each column.
    pub means: Vec<f64>,
    /// The standard deviation of each column, over all rows (not one less); 0 where all are equal.
    pub deviations: Vec<f64>,
}

impl Standard {
    /// Of the columns of a table.
    pub fn of(table: &Table<'_>) -> Standard {
        let count = table.height() as f64;
        let mut means = vec![0.0; table.columns()];
        for row in table.rows() {
            means.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / count);
        }
        let mut variances = vec![0.0; table.columns()];
        for row in table.rows() {
            for ((variance, value), mean) in variances.iter_mut().zip(row).zip(&means) {
                *variance += (value - mean).powi(2) / count;
            }
        }
        // What rounding alone makes of a column of equal values is no deviation.
        let deviation = |(variance, mean): (&f64, &f64)| {
            let deviation = variance.sqrt();
            if deviation > 1e-12 * mean.abs() { deviation } else { 0.0 }
        };
        let deviations = variances.iter().zip(&means).map(deviation).collect();
        Standard { means, deviations }
    }

    /// The standard scores of a row: how many deviations each value is above its mean; 0 in a column that is always
    /// the same.
    pub fn scores<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        row.iter()
            .zip(&self.means)
            .zip(&self.deviations)
            .map(|((value, mean), deviation)| if *deviation > 0.0 { (value - mean) / deviation } else { 0.0 })
    }

    /// The standard scores of all rows, row after row.
    pub fn apply(&self, table: &Table<'_>) -> Vec<f64> {
        table.rows().flat_map(|row| self.scores(row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_refused_by_name() {
        let message = |values: &[f64], columns| Table::new(values, columns).unwrap_err().to_string();
        assert_eq!(message(&[1.0; 5], 2), "5 values do not make rows of 2 columns");
        assert_eq!(message(&[], 2), "0 values do not make rows of 2 columns");
        assert_eq!(message(&[1.0], 0), "1 values do not make rows of 0 columns");
        assert_eq!(message(&[1.0, 2.0, 3.0, f64::NAN], 2), "row 1 has NaN in column 1: it must be finite");
    }

    #[test]
    fn a_column_of_equal_values_that_floats_do_not_hold_exactly_is_still_constant() {
        let standard = Standard::of(&Table::new(&[0.1; 1000], 1).unwrap());
        assert_eq!(standard.deviations, [0.0]);
    }
}
