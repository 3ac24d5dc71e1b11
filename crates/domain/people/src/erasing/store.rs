//! The rows of erasing, and what it takes out of others'.

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::{Erasure, Tombstones};
use crate::tags::given::key_digest;
use crate::{identity, segments, tags};

/// Every key that was erased.
pub(crate) async fn tombstones(tx: &mut Tx) -> Result<Tombstones, StoreError> {
    let mut tombstones = Tombstones::default();
    for row in tx.rows("SELECT key_digest, until, erased_at FROM people_erased", args![]).await? {
        let until: i64 = row.get("until")?;
        tombstones.add(row.get("key_digest")?, until.unsigned_abs(), row.get("erased_at")?);
    }
    Ok(tombstones)
}

/// Takes a person out of everything, and leaves their tombstones.
pub(crate) async fn erase(tx: &mut Tx, erasure: &Erasure) -> Result<(), StoreError> {
    let numbers = || erasure.numbers.iter().map(|number| Value::from(i64::from(*number))).collect();
    tx.execute_in("DELETE FROM people_traits WHERE shopper IN (", numbers(), ")").await?;
    identity::forget(tx, &erasure.identity).await?;
    let digests: Vec<String> = erasure.keys.iter().map(|key| key_digest(key)).collect();
    tags::store::forget(tx, digests.clone()).await?;
    segments::lists::forget(tx, &erasure.keys).await?;
    let row = |digest: String| args![digest, erasure.until as i64, &erasure.person_id, erasure.at, erasure.by.clone()];
    tx.insert_many(
        "INSERT INTO people_erased (key_digest, until, person_id, erased_at, erased_by) VALUES",
        digests.into_iter().map(row).collect(),
        "ON CONFLICT (key_digest, until) DO NOTHING",
    )
    .await?;
    Ok(())
}

/// An erasure as it is on record.
#[derive(Debug, Clone)]
pub(super) struct OnRecord {
    pub person_id: String,
    pub keys: i64,
    pub erased_at: Timestamp,
    pub erased_by: Option<String>,
}

/// The latest erasures.
pub(super) async fn erasures(tx: &mut Tx, limit: i64) -> Result<Vec<OnRecord>, StoreError> {
    let sql = "SELECT person_id, erased_at, MAX(erased_by) AS erased_by, COUNT(*) AS keys FROM people_erased
               GROUP BY person_id, erased_at ORDER BY erased_at DESC, person_id LIMIT $1";
    let read = |row: &Row| {
        let (person_id, keys) = (row.get("person_id")?, row.get("keys")?);
        Ok(OnRecord { person_id, keys, erased_at: row.get("erased_at")?, erased_by: row.get("erased_by")? })
    };
    tx.rows(sql, args![limit]).await?.iter().map(read).collect()
}
