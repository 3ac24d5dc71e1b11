//! Many rows as one array for each column: PostgreSQL then takes any number of them with one prepared statement, where a
//! list of values needs a statement for every length.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::Value;
use crate::value::Kind;

/// The values of one column.
pub(crate) enum Column {
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn with_capacity(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Int => Self::Int(Vec::with_capacity(rows)),
            Kind::Float => Self::Float(Vec::with_capacity(rows)),
            Kind::Text => Self::Text(Vec::with_capacity(rows)),
            Kind::Bytes => Self::Bytes(Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, value: Value) {
        match (self, value) {
            (Self::Int(column), Value::Int(number)) => column.push(Some(number)),
            (Self::Float(column), Value::Float(number)) => column.push(Some(number)),
            (Self::Text(column), Value::Text(text)) => column.push(Some(text)),
            (Self::Bytes(column), Value::Bytes(bytes)) => column.push(Some(bytes)),
            // Every value of a column is of its kind, so what is left is a null.
            (Self::Int(column), _) => column.push(None),
            (Self::Float(column), _) => column.push(None),
            (Self::Text(column), _) => column.push(None),
            (Self::Bytes(column), _) => column.push(None),
        }
    }

    fn place(&self, number: usize) -> String {
        let name = match self {
            Self::Int(_) => "BIGINT",
            Self::Float(_) => "DOUBLE PRECISION",
            Self::Text(_) => "TEXT",
            Self::Bytes(_) => "BYTEA",
        };
        format!("${number}::{name}[]")
    }
}

/// Whether each column holds values of one kind.
pub(crate) fn are_even(rows: &[Vec<Value>]) -> bool {
    let Some(first) = rows.first() else { return false };
    rows.iter()
        .all(|row| row.len() == first.len() && row.iter().zip(first).all(|(one, other)| one.kind() == other.kind()))
}

/// Rows of one width, whose columns are even, as columns.
pub(crate) fn columns(rows: Vec<Vec<Value>>) -> Vec<Column> {
    let kinds = rows.first().into_iter().flatten().map(Value::kind);
    let mut columns: Vec<Column> = kinds.map(|kind| Column::with_capacity(kind, rows.len())).collect();
    for row in rows {
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    columns
}

/// `head`, which ends in `VALUES`, with columns in place of rows.
pub(crate) fn insert(head: &str, columns: &[Column], tail: &str) -> String {
    let head = head.trim_end().trim_end_matches("VALUES");
    let places: Vec<String> = columns.iter().zip(1..).map(|(column, number)| column.place(number)).collect();
    format!("{head}SELECT * FROM UNNEST({}) {tail}", places.join(", "))
}

/// A query over a list of keys, which are one column; `head` ends in `IN (`. Said as `= ANY`, each key is looked up by the
/// index; a list that is unnested is joined, and a plan made while the table was small reads all of it for ever after. Another
/// `growth` is another statement, which is planned anew.
pub(crate) fn keyed(head: &str, keys: &Column, tail: &str, growth: u32) -> String {
    let of = head.trim_end().trim_end_matches("IN (").trim_end();
    format!("{of} = ANY ({}{tail} /* {growth} */", keys.place(1))
}

macro_rules! bound_columns {
    ($sql:expr, $columns:expr) => {{
        let mut query = sqlx::query(sqlx::AssertSqlSafe($sql));
        for column in $columns {
            query = match column {
                Column::Int(values) => query.bind(values),
                Column::Float(values) => query.bind(values),
                Column::Text(values) => query.bind(values),
                Column::Bytes(values) => query.bind(values),
            };
        }
        query
    }};
}

/// Runs a statement; how many rows it touched.
pub(crate) async fn execute(
    connection: &mut PgConnection,
    sql: String,
    columns: Vec<Column>,
) -> Result<u64, sqlx::Error> {
    bound_columns!(sql, columns).execute(connection).await.map(|done| done.rows_affected())
}

/// All rows of a query.
pub(crate) async fn rows(
    connection: &mut PgConnection,
    sql: String,
    columns: Vec<Column>,
) -> Result<Vec<PgRow>, sqlx::Error> {
    bound_columns!(sql, columns).fetch_all(connection).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    #[test]
    fn rows_become_one_array_for_each_column() {
        let rows = vec![args![1, "a"], args![2, None::<String>]];
        assert!(are_even(&rows) && !are_even(&[args![1], args!["a"]]) && !are_even(&[args![1], args![]]));
        let columns = columns(rows);
        assert!(matches!(&columns[..], [Column::Int(a), Column::Text(b)] if a.len() == 2 && b[1].is_none()));
        assert_eq!(
            insert("INSERT INTO t (a, b) VALUES", &columns, "ON CONFLICT DO NOTHING"),
            "INSERT INTO t (a, b) SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[]) ON CONFLICT DO NOTHING"
        );
        let keyed = keyed("DELETE FROM t WHERE a IN (", &columns[0], ")", 7);
        assert_eq!(keyed, "DELETE FROM t WHERE a = ANY ($1::BIGINT[]) /* 7 */");
    }
}
