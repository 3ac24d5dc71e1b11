//! SQLite's writing connection, driven on the thread that asks: a statement of it is a call, not a message to another thread.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value as Cell, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};

use crate::Value;

/// A row that was read whole: the names of its columns, and what is in them.
pub(crate) struct Whole {
    pub names: Arc<[String]>,
    pub cells: Vec<Cell>,
}

/// Opens the database in the file at `path`, made if it does not exist: every commit is synced, foreign keys hold.
pub(crate) fn open(path: &Path, patience: Duration, statements_kept: usize) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(statements_kept);
    Ok(connection)
}

/// Runs a statement; how many rows it touched.
pub(crate) fn execute(connection: &Connection, sql: &str, args: &[Value]) -> Result<u64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    run(&mut statement)?;
    Ok(connection.changes())
}

/// Runs a statement of bare `?` once for each row; how many rows all of them touched.
pub(crate) fn execute_each(connection: &Connection, sql: &str, rows: &[Vec<Value>]) -> Result<u64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut touched = 0;
    for row in rows {
        for (place, value) in (1..).zip(row) {
            statement.raw_bind_parameter(place, value)?;
        }
        run(&mut statement)?;
        touched += connection.changes();
    }
    Ok(touched)
}

/// The first `most` rows of a query.
pub(crate) fn rows(
    connection: &Connection,
    sql: &str,
    args: &[Value],
    most: usize,
) -> Result<Vec<Whole>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    let mut found: Vec<Whole> = Vec::new();
    let mut rows = statement.raw_query();
    while found.len() < most
        && let Some(row) = rows.next()?
    {
        let names = match found.first() {
            Some(first) => first.names.clone(),
            None => row.as_ref().column_names().into_iter().map(str::to_owned).collect(),
        };
        let cells = (0..names.len()).map(|column| row.get(column)).collect::<Result<_, _>>()?;
        found.push(Whole { names, cells });
    }
    Ok(found)
}

/// Runs it to its end; an answer it may give is passed over.
fn run(statement: &mut Statement<'_>) -> Result<(), rusqlite::Error> {
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

/// Binds the values of `$1, $2 …`, which SQLite numbers as it meets them, and of bare `?`.
fn bind(statement: &mut Statement<'_>, args: &[Value]) -> Result<(), rusqlite::Error> {
    for place in 1..=statement.parameter_count() {
        let number = match statement.parameter_name(place) {
            Some(name) => name.trim_start_matches(['$', '?']).parse().unwrap_or(place),
            None => place,
        };
        // One that is not given is null.
        if let Some(value) = args.get(number - 1) {
            statement.raw_bind_parameter(place, value)?;
        }
    }
    Ok(())
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null(_) => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Float(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
