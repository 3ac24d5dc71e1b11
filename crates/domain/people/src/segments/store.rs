//! Segments in the store.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, Store, StoreError, Tx, args};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::definition::{Definition, Definitions};
use super::draft::Changes;
use super::{Rule, watch::Watch};

/// Under which the offset is kept up to which membership was announced …
pub(super) const ANNOUNCED: &str = "segments";
/// … and how many announcements there were.
pub(super) const ANNOUNCEMENTS: &str = "segments.announcements";
/// Members and changes read at a time.
const PAGE: usize = 1_024;
/// Under this number members stand beside the changes that came after them.
const WHOLE: i64 = -1;

/// What was saved of segments.
pub(super) struct Saved {
    pub definitions: Definitions,
    /// Of which the members were counted once.
    pub counted: Vec<String>,
    /// Of which all found at the first count are to be announced.
    pub announcing: Vec<String>,
    /// With how many bytes of changes beside what was written whole.
    pub members: FxHashMap<String, (RoaringBitmap, u64)>,
    /// Up to where membership was announced.
    pub offset: u64,
    /// The number of the next announcement.
    pub announcement: u64,
}

const SELECT: &str =
    "SELECT s.segment_id, s.version, s.counted, s.announce_existing, s.created_at, v.name, v.description,
                      v.rule, v.saved_at FROM segments s
                      JOIN segment_versions v ON v.segment_id = s.segment_id AND v.version = s.version
                      WHERE s.archived_at IS NULL";

/// Members written whole, then what changed since, in the order it was announced.
const MEMBERS: &str = "SELECT segment_id, -1 AS announcement, members FROM segment_members UNION ALL
                       SELECT segment_id, announcement, changes AS members FROM segment_changes ORDER BY announcement";

pub(super) async fn load(store: &Store) -> Result<Saved, StoreError> {
    let (rows, offset, announcement) = store
        .read(|tx| {
            Box::pin(async move {
                let rows = tx.rows(SELECT, args![]).await?;
                Ok::<_, StoreError>((rows, tx.offset(ANNOUNCED).await?, tx.offset(ANNOUNCEMENTS).await?))
            })
        })
        .await?;
    let mut saved = Saved {
        definitions: BTreeMap::new(),
        counted: Vec::new(),
        announcing: Vec::new(),
        members: FxHashMap::default(),
        offset: offset.unwrap_or(0),
        announcement: announcement.unwrap_or(0),
    };
    for row in &rows {
        let Some(definition) = definition(row)? else { continue };
        if row.get("counted")? {
            saved.counted.push(definition.id.clone());
        }
        if row.get("announce_existing")? {
            saved.announcing.push(definition.id.clone());
        }
        saved.definitions.insert(definition.id.clone(), definition);
    }
    let mut parts = store.scan(MEMBERS, Vec::new(), PAGE);
    while let Some(rows) = parts.recv().await {
        for row in rows? {
            let (segment, bytes): (String, Vec<u8>) = (row.get("segment_id")?, row.get("members")?);
            let whole = row.get::<i64>("announcement")? == WHOLE;
            let (members, beside) = saved.members.entry(segment).or_default();
            let read = match whole {
                true => RoaringBitmap::deserialize_from(&*bytes).map(|part| *members |= part).is_ok(),
                false => Changes::from_bytes(&bytes).map(|changes| changes.apply(members)).is_some(),
            };
            if !whole {
                *beside += bytes.len() as u64;
            }
            if !read {
                // Its members are counted again, and those missing are announced as new.
                let segment: String = row.get("segment_id")?;
                tracing::error!(segment, "members of a segment cannot be read");
            }
        }
    }
    Ok(saved)
}

/// The clauses there ever were.
pub(super) async fn clauses(store: &Store) -> Result<Watch, StoreError> {
    let rows = store
        .read(|tx| {
            Box::pin(async move { tx.rows("SELECT slot, clause, complete FROM segment_clauses", args![]).await })
        })
        .await?;
    let clause = |row: &Row| {
        let (slot, key): (i64, i64) = (row.get("slot")?, row.get("clause")?);
        Ok((slot.cast_unsigned(), key.cast_unsigned(), row.get("complete")?))
    };
    Ok(Watch::saved(rows.iter().map(clause).collect::<Result<_, StoreError>>()?))
}

/// The definition of a row; none, saying so, if its rule is of another version of this program.
fn definition(row: &Row) -> Result<Option<Definition>, StoreError> {
    let (id, text): (String, String) = (row.get("segment_id")?, row.get("rule")?);
    let rule: Rule = match serde_json::from_str(&text) {
        Ok(rule) => rule,
        Err(error) => {
            tracing::error!(segment = id, %error, "the rule of a segment cannot be read; the segment is left out");
            return Ok(None);
        }
    };
    Ok(Some(Definition {
        id,
        name: row.get("name")?,
        description: row.get("description")?,
        rule,
        version: row.get::<i64>("version")? as u32,
        created_at: row.get::<Timestamp>("created_at")?,
        saved_at: row.get::<Timestamp>("saved_at")?,
    }))
}

/// A version of a segment, now or earlier.
#[derive(Debug)]
pub(super) struct Version {
    pub version: u32,
    pub name: String,
    pub description: String,
    pub rule: String,
    pub saved_at: Timestamp,
}

/// All versions, the latest first.
pub(super) async fn versions(tx: &mut Tx, id: &str) -> Result<Vec<Version>, StoreError> {
    const SELECT: &str = "SELECT version, name, description, rule, saved_at FROM segment_versions
                          WHERE segment_id = $1 ORDER BY version DESC";
    let version = |row: &Row| {
        Ok(Version {
            version: row.get::<i64>("version")? as u32,
            name: row.get("name")?,
            description: row.get("description")?,
            rule: row.get("rule")?,
            saved_at: row.get("saved_at")?,
        })
    };
    tx.rows(SELECT, args![id]).await?.iter().map(version).collect()
}

/// The latest version of a segment that is, or was; 0 if there never was one.
pub(super) async fn latest_version(tx: &mut Tx, id: &str) -> Result<u32, StoreError> {
    let row = tx.one("SELECT version FROM segments WHERE segment_id = $1", args![id]).await?;
    row.map_or(Ok(0), |row| Ok(row.get::<i64>("version")? as u32))
}

/// Saves a version. Those that rest on it are to be counted again, as it is.
pub(super) async fn save(
    tx: &mut Tx,
    definition: &Definition,
    recount: bool,
    announce_existing: bool,
    dependents: Vec<String>,
) -> Result<(), StoreError> {
    // Plain data: writing it as JSON cannot fail.
    let rule = serde_json::to_string(&definition.rule).unwrap_or_default();
    let Definition { id, name, description, version, created_at, saved_at, .. } = definition;
    tx.execute(
        "INSERT INTO segment_versions (segment_id, version, name, description, rule, saved_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![id, *version, name, description, rule, *saved_at],
    )
    .await?;
    tx.execute(
        "INSERT INTO segments (segment_id, version, counted, announce_existing, created_at) VALUES ($1, $2, 0, $3, $4)
         ON CONFLICT (segment_id) DO UPDATE SET version = excluded.version, archived_at = NULL",
        args![id, *version, announce_existing, *created_at],
    )
    .await?;
    if recount {
        tx.execute(
            "UPDATE segments SET counted = 0, announce_existing = $2 WHERE segment_id = $1",
            args![id, announce_existing],
        )
        .await?;
        let ids = dependents.into_iter().map(Into::into).collect();
        tx.execute_in("UPDATE segments SET counted = 0, announce_existing = 0 WHERE segment_id IN (", ids, ")").await?;
    }
    Ok(())
}

/// Archives a segment; nobody belongs to it any more.
pub(super) async fn archive(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE segments SET archived_at = $2, counted = 0 WHERE segment_id = $1", args![id, now]).await?;
    write_whole(tx, id, Vec::new()).await
}

/// Writes the members of a segment, as a Roaring bitmap, instead of all that is kept of them; none where there are no bytes.
pub(super) async fn write_whole(tx: &mut Tx, id: &str, members: Vec<u8>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM segment_members WHERE segment_id = $1", args![id]).await?;
    tx.execute("DELETE FROM segment_changes WHERE segment_id = $1", args![id]).await?;
    if !members.is_empty() {
        const INSERT: &str = "INSERT INTO segment_members (segment_id, block, members) VALUES ($1, 0, $2)";
        tx.execute(INSERT, args![id, members]).await?;
    }
    Ok(())
}
