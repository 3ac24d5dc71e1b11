//! The rows of levels: their versions, what shoppers grew by, where they stand.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, args};

use super::decide::{Grown, Held, Ladders, Left, Standing, Version};
use crate::checkout::Redemption;
use crate::offers::store::json;

/// Under this number it is kept that an order was given up: after everything that came back of it.
const GIVEN_UP: i64 = i64::MAX;

/// A standing as it was decided last.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub standing: Standing,
    /// The name of its level.
    pub level: Option<String>,
    due_at: Option<Timestamp>,
}

impl Kept {
    /// Whether it is still so, unless there is news.
    pub fn holds(&self, version: i64, now: Timestamp) -> bool {
        self.standing.version == version && self.standing.decided <= now && self.due_at.is_none_or(|due| due > now)
    }
}

/// A member, as the list of them shows.
pub(crate) struct Listed {
    pub shopper_id: String,
    pub level: String,
    pub since: Timestamp,
    pub until: Timestamp,
}

/// What a shopper was given, to be kept.
pub(crate) struct Given<'g> {
    pub source: &'g str,
    pub shopper: &'g str,
    pub growth: i64,
    pub note: Option<&'g str>,
}

/// All versions of the levels.
pub(crate) async fn ladders(tx: &mut Tx) -> Result<Ladders, StoreError> {
    let rows = tx.rows("SELECT version, since, ladder FROM ladders ORDER BY version", args![]).await?;
    let mut versions = Vec::with_capacity(rows.len());
    for row in &rows {
        let (number, since) = (row.get("version")?, row.get("since")?);
        match serde_json::from_str(&row.get::<String>("ladder")?) {
            Ok(ladder) => versions.push(Version { number, since, ladder }),
            Err(error) => tracing::error!(%error, number, "a version of the levels cannot be read back"),
        }
    }
    Ok(Ladders(versions))
}

/// Saves a version.
pub(crate) async fn save_ladder(tx: &mut Tx, version: &Version) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO ladders (version, since, ladder) VALUES ($1, $2, $3)";
    tx.execute(INSERT, args![version.number, version.since, json(&version.ladder)]).await?;
    Ok(())
}

/// What an order lets its buyer grow by, if it counts for anybody.
pub(crate) fn of_order(one: &Redemption, now: Timestamp) -> Option<Along> {
    change(one, 0, one.quote.goods_minor, now)
}

/// What is left of that after goods came back, by how often some did before.
pub(crate) fn came_back(one: &Redemption, number: i64, kept_minor: i64, now: Timestamp) -> Option<Along> {
    change(one, number.saturating_add(1), kept_minor, now)
}

/// That nothing is left of it.
pub(crate) fn given_up(one: &Redemption, now: Timestamp) -> Option<Along> {
    change(one, GIVEN_UP, 0, now)
}

fn change(one: &Redemption, number: i64, amount: i64, now: Timestamp) -> Option<Along> {
    let counts = one.sandbox.is_none() && one.quote.goods_minor > 0;
    let shopper = one.shopper_id.as_deref().filter(|_| counts)?;
    Some(Along {
        head: "INSERT INTO growth (source, number, shopper_id, at, amount, currency, looked) VALUES",
        row: args![&one.redemption_id, number, shopper, now, amount.max(0), one.quote.currency.code(), 0_i64],
        tail: "ON CONFLICT DO NOTHING",
    })
}

/// Keeps what a shopper was given; how many rows that made.
pub(crate) async fn give(tx: &mut Tx, given: &Given<'_>, now: Timestamp) -> Result<u64, StoreError> {
    const INSERT: &str = "INSERT INTO growth (source, number, shopper_id, at, amount, note, looked)
        VALUES ($1, 0, $2, $3, $4, $5, 0) ON CONFLICT DO NOTHING";
    tx.execute(INSERT, args![given.source, given.shopper, now, given.growth, given.note]).await
}

/// To whom something was given, how much, and why.
pub(crate) async fn given(tx: &mut Tx, source: &str) -> Result<Option<(String, i64, Option<String>)>, StoreError> {
    const SELECT: &str = "SELECT shopper_id, amount, note FROM growth WHERE source = $1 AND number = 0";
    let Some(row) = tx.one(SELECT, args![source]).await? else { return Ok(None) };
    Ok(Some((row.get("shopper_id")?, row.get("amount")?, row.get("note")?)))
}

/// Keeps that it was taken back.
pub(crate) async fn take_back(tx: &mut Tx, source: &str, shopper: &str, now: Timestamp) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO growth (source, number, shopper_id, at, amount, looked)
        VALUES ($1, 1, $2, $3, 0, 0) ON CONFLICT DO NOTHING";
    tx.execute(INSERT, args![source, shopper, now]).await?;
    Ok(())
}

/// All a shopper ever grew by.
pub(crate) async fn grown(tx: &mut Tx, shopper: &str) -> Result<Vec<Grown>, StoreError> {
    const SELECT: &str = "SELECT source, number, at, amount, currency, note, looked FROM growth WHERE shopper_id = $1
        ORDER BY source, number";
    let rows = tx.rows(SELECT, args![shopper]).await?;
    let mut all: BTreeMap<String, Grown> = BTreeMap::new();
    for row in &rows {
        let (source, currency): (String, Option<String>) = (row.get("source")?, row.get("currency")?);
        let (number, at, amount) = (row.get("number")?, row.get("at")?, row.get("amount")?);
        let left = Left { number, at, amount, looked: row.get::<i64>("looked")? != 0 };
        let note = row.get("note")?;
        let one = all.entry(source.clone()).or_insert_with(|| Grown { source, currency, note, left: Vec::new() });
        one.left.push(left);
    }
    Ok(all.into_values().collect())
}

/// Whether something happened to a shopper's growth that no look has seen.
pub(crate) async fn has_news(tx: &mut Tx, shopper: &str, now: Timestamp) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 AS one FROM growth WHERE looked = 0 AND shopper_id = $1 AND at <= $2 LIMIT 1";
    Ok(tx.one(SELECT, args![shopper, now]).await?.is_some())
}

/// Notes that a look has seen what was read.
pub(crate) async fn looked_at(tx: &mut Tx, grown: &[Grown], now: Timestamp) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE growth SET looked = 1 WHERE source = $1 AND number = $2";
    for one in grown {
        for left in one.left.iter().filter(|left| !left.looked && left.at <= now) {
            tx.execute(UPDATE, args![&one.source, left.number]).await?;
        }
    }
    Ok(())
}

/// Where a shopper stood when it was decided last.
pub(crate) async fn standing(tx: &mut Tx, shopper: &str) -> Result<Option<Kept>, StoreError> {
    const SELECT: &str = "SELECT version, level, number, since, until, decided, due_at FROM level_standings
        WHERE shopper_id = $1";
    let Some(row) = tx.one(SELECT, args![shopper]).await? else { return Ok(None) };
    let (number, since, until) = (row.get::<Option<i64>>("number")?, row.get("since")?, row.get("until")?);
    let held = match (number.and_then(|number| usize::try_from(number).ok()), since, until) {
        (Some(number), Some(since), Some(until)) => Some(Held { number, since, until }),
        _ => None,
    };
    let standing = Standing { version: row.get("version")?, held, decided: row.get("decided")? };
    Ok(Some(Kept { standing, level: row.get("level")?, due_at: row.get("due_at")? }))
}

/// Saves where a shopper stands, and when that may change by itself.
pub(crate) async fn save_standing(
    tx: &mut Tx,
    shopper: &str,
    standing: &Standing,
    level: Option<&str>,
    due_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO level_standings
        (shopper_id, version, level, number, since, until, decided, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (shopper_id) DO UPDATE SET version = excluded.version, level = excluded.level,
        number = excluded.number, since = excluded.since, until = excluded.until, decided = excluded.decided,
        due_at = excluded.due_at";
    let held = standing.held;
    let number = held.map(|held| i64::try_from(held.number).unwrap_or(i64::MAX));
    let (since, until) = (held.map(|held| held.since), held.map(|held| held.until));
    let row = args![shopper, standing.version, level, number, since, until, standing.decided, due_at];
    tx.execute(UPSERT, row).await?;
    Ok(())
}

/// Some of those whom a look may change: there is news of them, their time has come, or the levels are others now.
pub(crate) async fn due(tx: &mut Tx, version: i64, now: Timestamp, most: u32) -> Result<Vec<String>, StoreError> {
    const NEWS: &str = "SELECT shopper_id FROM growth WHERE looked = 0 AND at <= $1 ORDER BY shopper_id, at LIMIT $2";
    const TIME: &str = "SELECT shopper_id FROM level_standings WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
    const OTHER: &str =
        "SELECT shopper_id FROM level_standings WHERE version < $1 ORDER BY version, shopper_id LIMIT $2";
    let mut rows: Vec<Row> = tx.rows(NEWS, args![now, most]).await?;
    rows.extend(tx.rows(TIME, args![now, most]).await?);
    rows.extend(tx.rows(OTHER, args![version, most]).await?);
    let mut shoppers = rows.iter().map(|row| row.get("shopper_id")).collect::<Result<Vec<String>, _>>()?;
    shoppers.sort_unstable();
    shoppers.dedup();
    Ok(shoppers)
}

/// Members by identifier, of one level or of any.
pub(crate) async fn members(
    tx: &mut Tx,
    level: Option<&str>,
    after: &str,
    most: u32,
) -> Result<Vec<Listed>, StoreError> {
    const OF_LEVEL: &str = "SELECT shopper_id, level, since, until FROM level_standings
        WHERE level = $1 AND shopper_id > $2 ORDER BY shopper_id LIMIT $3";
    const ALL: &str = "SELECT shopper_id, level, since, until FROM level_standings
        WHERE level IS NOT NULL AND shopper_id > $1 ORDER BY shopper_id LIMIT $2";
    let rows = match level {
        Some(level) => tx.rows(OF_LEVEL, args![level, after, most]).await?,
        None => tx.rows(ALL, args![after, most]).await?,
    };
    let read = |row: &Row| {
        Ok(Listed {
            shopper_id: row.get("shopper_id")?,
            level: row.get("level")?,
            since: row.get("since")?,
            until: row.get("until")?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many members each level has.
pub(crate) async fn counts(tx: &mut Tx) -> Result<BTreeMap<String, i64>, StoreError> {
    const SELECT: &str =
        "SELECT level, COUNT(*) AS members FROM level_standings WHERE level IS NOT NULL GROUP BY level";
    let rows = tx.rows(SELECT, args![]).await?;
    rows.iter().map(|row| Ok((row.get("level")?, row.get("members")?))).collect()
}
