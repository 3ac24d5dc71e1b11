//! The rows of tasks that shoppers took on.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, args};

use super::{ALL, TaskRun};
use crate::plays::{Play, store as plays};

/// Something that counts for a step.
pub(crate) struct Counted<'c> {
    pub step_id: &'c str,
    pub fact: &'c str,
    pub message_id: &'c str,
}

/// When a step was done, and whether its reward was given.
pub(crate) type Done = BTreeMap<String, (Timestamp, bool)>;

const SELECT: &str =
    "SELECT r.run_id AS run_id, r.play_id AS play_id, r.version AS version, r.shopper_id AS shopper_id,
    r.day AS day, r.joined_at AS joined_at, r.closes_at AS closes_at, v.terms AS terms
    FROM task_runs r JOIN play_versions v ON v.play_id = r.play_id AND v.version = r.version";

fn read(row: &Row) -> Result<Option<TaskRun>, StoreError> {
    let play_id: String = row.get("play_id")?;
    let Some(terms) = plays::terms_of(row, &play_id)? else { return Ok(None) };
    Ok(Some(TaskRun {
        run_id: row.get("run_id")?,
        play: Play { play_id, version: row.get("version")?, terms },
        shopper_id: row.get("shopper_id")?,
        day: row.get("day")?,
        joined_at: row.get("joined_at")?,
        closes_at: row.get("closes_at")?,
    }))
}

fn all(rows: &[Row]) -> Result<Vec<TaskRun>, StoreError> {
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub(crate) fn row(run: &TaskRun) -> Along {
    let (id, play) = (&run.run_id, &run.play);
    Along {
        head: "INSERT INTO task_runs (run_id, play_id, version, shopper_id, day, joined_at, closes_at) VALUES",
        row: args![id, &play.play_id, play.version, &run.shopper_id, run.day.as_deref(), run.joined_at, run.closes_at],
        tail: "ON CONFLICT DO NOTHING",
    }
}

pub(crate) async fn one(tx: &mut Tx, run_id: &str) -> Result<Option<TaskRun>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE r.run_id = $1"), args![run_id]).await?;
    Ok(row.as_ref().map(read).transpose()?.flatten())
}

/// What a shopper had taken on at a moment, and was open then.
pub(crate) async fn open_at(tx: &mut Tx, shopper: &str, at: Timestamp) -> Result<Vec<TaskRun>, StoreError> {
    let sql = format!("{SELECT} WHERE r.shopper_id = $1 AND r.closes_at > $2 AND r.joined_at <= $2 ORDER BY r.run_id");
    all(&tx.rows(sql, args![shopper, at]).await?)
}

/// What shoppers took on of a play before a moment, the latest first.
pub(crate) async fn latest(
    tx: &mut Tx,
    play_id: &str,
    before: Timestamp,
    most: u32,
) -> Result<Vec<TaskRun>, StoreError> {
    let sql =
        format!("{SELECT} WHERE r.play_id = $1 AND r.joined_at < $2 ORDER BY r.joined_at DESC, r.run_id DESC LIMIT $3");
    all(&tx.rows(sql, args![play_id, before, most]).await?)
}

/// The plays that somebody took on, in every version in which they were.
pub(crate) async fn taken_on(tx: &mut Tx) -> Result<Vec<Play>, StoreError> {
    const VERSIONS: &str = "SELECT v.play_id AS play_id, v.version AS version, v.terms AS terms FROM play_versions v
        WHERE EXISTS (SELECT 1 FROM task_runs r WHERE r.play_id = v.play_id AND r.version = v.version)";
    let mut plays = Vec::new();
    for row in tx.rows(VERSIONS, args![]).await? {
        let play_id: String = row.get("play_id")?;
        let Some(terms) = plays::terms_of(&row, &play_id)? else { continue };
        plays.push(Play { play_id, version: row.get("version")?, terms });
    }
    Ok(plays)
}

/// Counts a fact for a step, once; how many count now.
pub(crate) async fn count(tx: &mut Tx, run_id: &str, counted: &Counted<'_>, now: Timestamp) -> Result<i64, StoreError> {
    const INSERT: &str = "INSERT INTO task_facts (run_id, step_id, fact, message_id, counted_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let Counted { step_id, fact, message_id } = *counted;
    tx.execute(INSERT, args![run_id, step_id, fact, message_id, now]).await?;
    const COUNT: &str = "SELECT COUNT(*) AS facts FROM task_facts WHERE run_id = $1 AND step_id = $2";
    let row = tx.one(COUNT, args![run_id, step_id]).await?;
    row.map_or(Ok(0), |row| row.get("facts"))
}

/// How many facts count for each step.
pub(crate) async fn counts(tx: &mut Tx, run_id: &str) -> Result<BTreeMap<String, i64>, StoreError> {
    const SELECT: &str = "SELECT step_id, COUNT(*) AS facts FROM task_facts WHERE run_id = $1 GROUP BY step_id";
    let rows = tx.rows(SELECT, args![run_id]).await?;
    rows.iter().map(|row| Ok((row.get("step_id")?, row.get("facts")?))).collect()
}

pub(crate) async fn is_done(tx: &mut Tx, run_id: &str, step_id: &str) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 AS one FROM task_done WHERE run_id = $1 AND step_id = $2";
    Ok(tx.one(SELECT, args![run_id, step_id]).await?.is_some())
}

/// How many steps are done.
pub(crate) async fn done_steps(tx: &mut Tx, run_id: &str) -> Result<i64, StoreError> {
    const COUNT: &str = "SELECT COUNT(*) AS steps FROM task_done WHERE run_id = $1 AND step_id <> $2";
    let row = tx.one(COUNT, args![run_id, ALL]).await?;
    row.map_or(Ok(0), |row| row.get("steps"))
}

pub(crate) async fn done(
    tx: &mut Tx,
    run_id: &str,
    step_id: &str,
    given: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO task_done (run_id, step_id, done_at, given) VALUES ($1, $2, $3, $4)";
    tx.execute(INSERT, args![run_id, step_id, now, i64::from(given)]).await?;
    Ok(())
}

pub(crate) async fn all_done(tx: &mut Tx, run_id: &str) -> Result<Done, StoreError> {
    const SELECT: &str = "SELECT step_id, done_at, given FROM task_done WHERE run_id = $1";
    let rows = tx.rows(SELECT, args![run_id]).await?;
    rows.iter().map(|row| Ok((row.get("step_id")?, (row.get("done_at")?, row.get::<i64>("given")? != 0)))).collect()
}
