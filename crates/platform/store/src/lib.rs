//! Operational SQL behind one face: SQLite by default, PostgreSQL where one machine is outgrown.
//!
//! It decides how commands become transactions, how migrations are applied and how an outgoing event is
//! saved together with the state it tells about. It must never learn what any table means.
//!
//! ```no_run
//! use fanvine_store::{args, Migration, Store, StoreError};
//! # async fn example() -> Result<(), StoreError> {
//! let store = Store::open("sqlite:shop.db").await?;
//! store.migrate(&[Migration { name: "demo/0001_notes", sql: "CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT)" }]).await?;
//! store
//!     .write(|tx| Box::pin(async move {
//!         tx.execute("INSERT INTO notes (id, text) VALUES ($1, $2)", args![1, "hello"]).await?;
//!         Ok::<_, StoreError>(())
//!     }))
//!     .await?;
//! let text: String = store
//!     .read(|tx| Box::pin(async move {
//!         let row = tx.one("SELECT text FROM notes WHERE id = $1", args![1]).await?;
//!         row.map(|row| row.get("text")).transpose().map(Option::unwrap_or_default)
//!     }))
//!     .await?;
//! # Ok(()) }
//! ```

mod arrays;
mod copy;
mod databases;
mod dialect;
mod error;
mod migrate;
mod outbox;
mod row;
mod scan;
mod sqlite;
mod store;
mod tx;
mod value;
mod writer;

pub use copy::{check_sqlite, copy_sqlite};
pub use databases::{create_database, drop_database};
pub use error::StoreError;
pub use migrate::{Migration, MigrationState};
pub use row::{Cell, Place, Row};
pub use store::{Engine, Store};
pub use tx::Tx;
pub use value::{Kind, Value};
