//! Migrations: applied once each, in order, in a transaction of their own, and never edited afterwards.

use std::collections::BTreeMap;

use crate::dialect::translate;
use crate::{Engine, Store, StoreError, Tx, args};

/// A step of the schema. The same text serves both databases; `{{bytes}}` and `{{serial_key}}` stand for the words
/// they do not share.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Who it belongs to, a number and a subject: `commerce/0001_catalogue`. Never changed.
    pub name: &'static str,
    /// Statements separated by semicolons. Never changed once released.
    pub sql: &'static str,
}

/// The store's own tables.
pub(crate) const OWN: &[Migration] =
    &[Migration { name: "store/0001_outbox", sql: include_str!("../migrations/0001_outbox.sql") }];

/// How a migration stands to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationState {
    /// It was applied.
    Applied,
    /// It would be applied by the next start.
    Pending,
    /// It was applied with another text; a start is refused.
    Changed,
    /// The database has it and this program does not know it: the database was used by a newer one.
    Unknown,
}

impl Store {
    /// How each of the store's own migrations and of `migrations` stands, by name, in the order they are applied; then those
    /// that only the database knows. Changes nothing.
    pub async fn migration_states(
        &self,
        migrations: &[Migration],
    ) -> Result<Vec<(String, MigrationState)>, StoreError> {
        let table = match self.engine() {
            Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
            Engine::Postgres => "SELECT tablename AS name FROM pg_tables WHERE tablename = 'schema_migrations'",
        };
        let mut applied: BTreeMap<String, String> = self
            .read(|tx| {
                Box::pin(async move {
                    if tx.one(table, args![]).await?.is_none() {
                        return Ok(BTreeMap::new());
                    }
                    let rows = tx.rows("SELECT name, checksum FROM schema_migrations", args![]).await?;
                    rows.iter().map(|row| Ok::<_, StoreError>((row.get("name")?, row.get("checksum")?))).collect()
                })
            })
            .await?;
        let state = |migration: &Migration| {
            let state = match applied.remove(migration.name) {
                None => MigrationState::Pending,
                Some(applied) if applied == checksum(migration.sql) => MigrationState::Applied,
                Some(_) => MigrationState::Changed,
            };
            (migration.name.to_owned(), state)
        };
        let mut states: Vec<_> = OWN.iter().chain(migrations).map(state).collect();
        states.extend(applied.into_keys().map(|name| (name, MigrationState::Unknown)));
        Ok(states)
    }

    /// Applies those of `migrations` that were not applied yet, in the order given. Safe to call from several
    /// programs at once.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        for &migration in migrations {
            self.write(move |tx| Box::pin(apply(tx, migration))).await.map_err(|error| match error {
                changed @ StoreError::MigrationChanged { .. } => changed,
                error => StoreError::Migration { name: migration.name.to_owned(), source: Box::new(error) },
            })?;
        }
        Ok(())
    }
}

async fn apply(tx: &mut Tx, migration: Migration) -> Result<(), StoreError> {
    tx.lock("schema_migrations").await?;
    tx.execute("CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)", args![])
        .await?;
    let present = checksum(migration.sql);
    if let Some(row) = tx.one("SELECT checksum FROM schema_migrations WHERE name = $1", args![migration.name]).await? {
        let applied: String = row.get("checksum")?;
        if applied == present {
            return Ok(());
        }
        return Err(StoreError::MigrationChanged { name: migration.name.to_owned(), applied, present });
    }
    tx.script(translate(migration.sql, tx.engine())).await?;
    tx.execute("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", args![migration.name, present])
        .await?;
    Ok(())
}

/// XXH3 of the text, so that a checkout with other line ends is the same migration.
fn checksum(sql: &str) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(sql.replace("\r\n", "\n").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_change_a_checksum() {
        assert_eq!(checksum("a;\r\nb;"), checksum("a;\nb;"));
        assert_ne!(checksum("a;"), checksum("b;"));
    }
}
