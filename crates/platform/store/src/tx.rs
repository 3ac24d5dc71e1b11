//! A transaction in progress, of either database.

use std::borrow::Cow;
use std::fmt::Write as _;

use futures::future::BoxFuture;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};

use crate::arrays;
use crate::dialect::{MOST_ARRAY, MOST_BINDS, MOST_ROWS};
use crate::error::Failure;
use crate::row::Inner;
use crate::store::Engine;
use crate::value::bound;
use crate::{Row, StoreError, Value, sqlite};

/// A transaction in progress.
///
/// Statements are shared by both databases: `$1, $2 …` for values, `BIGINT`, `DOUBLE PRECISION` and `TEXT` for
/// types. A command whose statement failed is rolled back even if it goes on and answers `Ok`: PostgreSQL
/// could not save it, so neither database does.
///
/// On SQLite, commands run one after another. On PostgreSQL they run side by side and each statement sees what
/// was committed before it began, so a command that reads, decides and then writes must first [`Tx::lock`] what
/// it decides about.
pub struct Tx {
    pub(crate) link: Link,
    /// The first statement that failed.
    pub(crate) failed: Option<StoreError>,
    /// How far the database has grown: a statement over a list of keys is prepared anew now and then, and so planned for tables
    /// as large as they are by then. PostgreSQL keeps a plan made while a table was empty, which reads all of it.
    growth: u32,
}

pub(crate) enum Link {
    /// The one writing connection; the writer begins and ends its transactions.
    Writer(rusqlite::Connection),
    Reader(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

pub(crate) enum Connection<'a> {
    Writer(&'a mut rusqlite::Connection),
    Reader(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Tx {
    pub(crate) fn new(link: Link) -> Self {
        Self { link, failed: None, growth: 0 }
    }

    /// The same, after so many commits.
    pub(crate) fn after(self, commits: u64) -> Self {
        Self { growth: commits.checked_ilog2().unwrap_or(0), ..self }
    }

    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match &mut self.link {
            Link::Writer(connection) => Connection::Writer(connection),
            Link::Reader(transaction) => Connection::Reader(transaction),
            Link::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    /// Which database this is. For tests and messages; statements are the same for both.
    pub fn engine(&self) -> Engine {
        match &self.link {
            Link::Writer(_) | Link::Reader(_) => Engine::Sqlite,
            Link::Postgres(_) => Engine::Postgres,
        }
    }

    fn note<T>(&mut self, sql: &str, outcome: Result<T, Failure>) -> Result<T, StoreError> {
        outcome.map_err(|cause| {
            let error = StoreError::sort(sql, cause);
            self.failed.get_or_insert_with(|| error.clone());
            error
        })
    }

    /// Runs a statement; how many rows it touched.
    pub fn execute(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
    ) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.execute_boxed(sql.into(), args)
    }

    fn execute_boxed(&mut self, sql: Cow<'static, str>, args: Vec<Value>) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            let outcome = match self.connection() {
                Connection::Writer(connection) => sqlite::execute(connection, &sql, &args).map_err(Failure::from),
                Connection::Reader(connection) => {
                    let done = bound!(sql.clone(), args).execute(connection).await;
                    done.map(|done| done.rows_affected()).map_err(Failure::from)
                }
                Connection::Postgres(connection) => {
                    let done = bound!(sql.clone(), args).execute(connection).await;
                    done.map(|done| done.rows_affected()).map_err(Failure::from)
                }
            };
            self.note(&sql, outcome)
        })
    }

    /// All rows of a query.
    pub fn rows(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
    ) -> BoxFuture<'_, Result<Vec<Row>, StoreError>> {
        self.rows_boxed(sql.into(), args)
    }

    fn rows_boxed(&mut self, sql: Cow<'static, str>, args: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            let outcome = match self.connection() {
                Connection::Writer(connection) => sqlite::rows(connection, &sql, &args, usize::MAX)
                    .map(|rows| rows.into_iter().map(|row| Row(Inner::Whole(row))).collect())
                    .map_err(Failure::from),
                Connection::Reader(connection) => bound!(sql.clone(), args)
                    .fetch_all(connection)
                    .await
                    .map(|rows| rows.into_iter().map(|row| Row(Inner::Sqlite(row))).collect())
                    .map_err(Failure::from),
                Connection::Postgres(connection) => bound!(sql.clone(), args)
                    .fetch_all(connection)
                    .await
                    .map(|rows| rows.into_iter().map(|row| Row(Inner::Postgres(row))).collect())
                    .map_err(Failure::from),
            };
            self.note(&sql, outcome)
        })
    }

    /// The first row of a query, if there is one.
    pub fn one(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Value>,
    ) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        self.one_boxed(sql.into(), args)
    }

    fn one_boxed(
        &mut self,
        sql: Cow<'static, str>,
        args: Vec<Value>,
    ) -> BoxFuture<'_, Result<Option<Row>, StoreError>> {
        Box::pin(async move {
            let outcome = match self.connection() {
                Connection::Writer(connection) => sqlite::rows(connection, &sql, &args, 1)
                    .map(|mut rows| rows.pop().map(|row| Row(Inner::Whole(row))))
                    .map_err(Failure::from),
                Connection::Reader(connection) => bound!(sql.clone(), args)
                    .fetch_optional(connection)
                    .await
                    .map(|row| row.map(|row| Row(Inner::Sqlite(row))))
                    .map_err(Failure::from),
                Connection::Postgres(connection) => bound!(sql.clone(), args)
                    .fetch_optional(connection)
                    .await
                    .map(|row| row.map(|row| Row(Inner::Postgres(row))))
                    .map_err(Failure::from),
            };
            self.note(&sql, outcome)
        })
    }

    /// Inserts many rows with few statements, on SQLite with one prepared once; how many rows were touched. `head` ends in `VALUES`; `tail` may
    /// be an `ON CONFLICT` clause, or empty. All rows must be of one width. PostgreSQL refuses an
    /// `ON CONFLICT DO UPDATE` in which two rows meet the same key: give each key once.
    pub async fn insert_many(
        &mut self,
        head: &'static str,
        rows: Vec<Vec<Value>>,
        tail: &'static str,
    ) -> Result<u64, StoreError> {
        if self.takes_arrays() && arrays::are_even(&rows) {
            return self.insert_arrays(head, rows, tail).await;
        }
        let Some(width) = rows.first().map(Vec::len) else { return Ok(0) };
        if let Connection::Writer(connection) = self.connection() {
            let sql = many(head, width, 1, tail, Engine::Sqlite);
            let outcome = sqlite::execute_each(connection, &sql, &rows);
            return self.note(head, outcome.map_err(Failure::from));
        }
        let most = (MOST_BINDS / width.max(1)).clamp(1, MOST_ROWS);
        let mut touched = 0;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let (count, _) = portion(rows.len(), most, Engine::Postgres);
            let values: Vec<Value> = rows.by_ref().take(count).flatten().collect();
            touched += self.execute(many(head, width, count, tail, Engine::Postgres), values).await?;
        }
        Ok(touched)
    }

    /// All rows of a query over a list of keys of any length: `head` ends in `IN (`, `tail` begins with `)`.
    /// Rows come in no order.
    pub async fn rows_in(
        &mut self,
        head: &'static str,
        keys: Vec<Value>,
        tail: &'static str,
    ) -> Result<Vec<Row>, StoreError> {
        let keys = match self.key_column(keys) {
            Ok(column) => return self.rows_keyed(head, column, tail).await,
            Err(keys) => keys,
        };
        let mut rows = Vec::new();
        let mut keys = keys.into_iter();
        while keys.len() > 0 {
            let some = some_of(&mut keys, self.engine());
            rows.extend(self.rows(list(head, some.len(), tail, self.engine()), some).await?);
        }
        Ok(rows)
    }

    /// Runs a statement over a list of keys, like [`Tx::rows_in`]; how many rows it touched.
    pub async fn execute_in(
        &mut self,
        head: &'static str,
        keys: Vec<Value>,
        tail: &'static str,
    ) -> Result<u64, StoreError> {
        let keys = match self.key_column(keys) {
            Ok(column) => return self.execute_keyed(head, column, tail).await,
            Err(keys) => keys,
        };
        let mut touched = 0;
        let mut keys = keys.into_iter();
        while keys.len() > 0 {
            let some = some_of(&mut keys, self.engine());
            touched += self.execute(list(head, some.len(), tail, self.engine()), some).await?;
        }
        Ok(touched)
    }

    fn takes_arrays(&self) -> bool {
        self.engine() == Engine::Postgres
    }

    async fn insert_arrays(
        &mut self,
        head: &'static str,
        rows: Vec<Vec<Value>>,
        tail: &'static str,
    ) -> Result<u64, StoreError> {
        let mut touched = 0;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let columns = arrays::columns(rows.by_ref().take(MOST_ARRAY).collect());
            let sql = arrays::insert(head, &columns, tail);
            let Connection::Postgres(connection) = self.connection() else { return Err(StoreError::Closed) };
            let outcome = arrays::execute(connection, sql, columns).await;
            touched += self.note(head, outcome.map_err(Failure::from))?;
        }
        Ok(touched)
    }

    /// The keys of a query as one array, where the database takes them so and they are of one kind; else as they were.
    fn key_column(&self, keys: Vec<Value>) -> Result<arrays::Column, Vec<Value>> {
        let even = keys.first().is_some_and(|first| keys.iter().all(|key| key.kind() == first.kind()));
        if !self.takes_arrays() || !even {
            return Err(keys);
        }
        arrays::columns(keys.into_iter().map(|key| vec![key]).collect()).pop().ok_or_else(Vec::new)
    }

    async fn rows_keyed(&mut self, head: &str, keys: arrays::Column, tail: &str) -> Result<Vec<Row>, StoreError> {
        let sql = arrays::keyed(head, &keys, tail, self.growth);
        let Connection::Postgres(connection) = self.connection() else { return Err(StoreError::Closed) };
        let outcome = arrays::rows(connection, sql, vec![keys]).await;
        let rows = self.note(head, outcome.map_err(Failure::from))?;
        Ok(rows.into_iter().map(|row| Row(Inner::Postgres(row))).collect())
    }

    async fn execute_keyed(&mut self, head: &str, keys: arrays::Column, tail: &str) -> Result<u64, StoreError> {
        let sql = arrays::keyed(head, &keys, tail, self.growth);
        let Connection::Postgres(connection) = self.connection() else { return Err(StoreError::Closed) };
        let outcome = arrays::execute(connection, sql, vec![keys]).await;
        self.note(head, outcome.map_err(Failure::from))
    }

    /// Waits until no other command holds the lock of that name, and holds it until this one ends. Does nothing
    /// on SQLite, where commands run one after another. Take locks before reading, always in the same order.
    pub async fn lock(&mut self, name: &str) -> Result<(), StoreError> {
        if self.engine() == Engine::Postgres {
            self.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", crate::args![name]).await?;
        }
        Ok(())
    }

    /// Runs a script of several statements without values.
    pub(crate) async fn script(&mut self, sql: String) -> Result<(), StoreError> {
        let script = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone()));
        let outcome = match self.connection() {
            Connection::Writer(connection) => connection.execute_batch(&sql).map_err(Failure::from),
            Connection::Reader(connection) => script.execute(connection).await.map(|_| ()).map_err(Failure::from),
            Connection::Postgres(connection) => script.execute(connection).await.map(|_| ()).map_err(Failure::from),
        };
        self.note(&sql, outcome)
    }
}

/// How many of `left` to take at once, and how many places the statement for them has: as many as is allowed, or else a
/// power of two, so that few distinct statements are ever prepared. SQLite takes what is left into the next greater one;
/// PostgreSQL into several statements, the greatest first. `left` is at least 1.
fn portion(left: usize, most: usize, engine: Engine) -> (usize, usize) {
    match engine {
        _ if left >= most => (most, most),
        Engine::Sqlite => (left, left.next_power_of_two().min(most)),
        Engine::Postgres => (1 << left.ilog2(), 1 << left.ilog2()),
    }
}

/// The next keys for one statement, the last of them said again until there is one for each place.
fn some_of(keys: &mut std::vec::IntoIter<Value>, engine: Engine) -> Vec<Value> {
    let (count, places) = portion(keys.len(), MOST_ROWS, engine);
    let mut some: Vec<Value> = keys.by_ref().take(count).collect();
    if let Some(last) = some.last().cloned() {
        some.resize(places, last);
    }
    some
}

fn list(head: &str, count: usize, tail: &str, engine: Engine) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + count * 6);
    sql.push_str(head);
    for place in 1..=count {
        sql.push_str(if place == 1 { "" } else { "," });
        push_place(&mut sql, place, engine);
    }
    sql.push_str(tail);
    sql
}

/// Writes the place of the value that is `number` in order. SQLite looks every `$number` up in a list, so that a
/// statement of thousands takes time by the square; a bare `?` it counts.
fn push_place(sql: &mut String, number: usize, engine: Engine) {
    match engine {
        Engine::Sqlite => sql.push('?'),
        Engine::Postgres => {
            // Writing into a String cannot fail.
            let _ = write!(sql, "${number}");
        }
    }
}

fn many(head: &str, width: usize, count: usize, tail: &str, engine: Engine) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + 2 + count * width * 6);
    sql.push_str(head);
    for row in 0..count {
        sql.push_str(if row == 0 { " (" } else { ", (" });
        for column in 0..width {
            sql.push_str(if column == 0 { "" } else { "," });
            push_place(&mut sql, row * width + column + 1, engine);
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_one_numbered_list() {
        let head = "DELETE FROM t WHERE a IN (";
        assert_eq!(list(head, 3, ")", Engine::Postgres), "DELETE FROM t WHERE a IN ($1,$2,$3)");
        assert_eq!(list(head, 3, ")", Engine::Sqlite), "DELETE FROM t WHERE a IN (?,?,?)");
    }

    #[test]
    fn many_rows_become_one_numbered_statement() {
        assert_eq!(
            many("INSERT INTO t (a, b) VALUES", 2, 2, "ON CONFLICT DO NOTHING", Engine::Postgres),
            "INSERT INTO t (a, b) VALUES ($1,$2), ($3,$4) ON CONFLICT DO NOTHING"
        );
        assert_eq!(many("INSERT INTO t (a, b) VALUES", 2, 1, "", Engine::Sqlite), "INSERT INTO t (a, b) VALUES (?,?) ");
        assert_eq!(portion(57, 256, Engine::Sqlite), (57, 64));
        assert_eq!(portion(57, 256, Engine::Postgres), (32, 32));
        assert_eq!(portion(300, 256, Engine::Sqlite), (256, 256));
    }
}
