//! The rows of invitations: who accepted, whose order is due, who counts, and what was given.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::count::Friend;
use super::{Open, Rung};
use crate::plays::runs::{self, Run};

/// Most friends of one invitation that are shown.
const MOST_SHOWN: u32 = 1_000;

/// An invitation somebody accepted.
pub(super) struct Accepted {
    pub run_id: String,
    /// The key by which they did.
    pub shopper_id: String,
    /// Whether it has ended.
    pub ended: bool,
}

/// An order that may count.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub due_at: Timestamp,
    pub redemption_id: String,
    pub run_id: String,
    pub shopper_id: String,
}

impl Due {
    /// Before all others.
    pub fn first() -> Self {
        let nothing = String::new;
        let due_at = Timestamp::from_micros(i64::MIN);
        Self { due_at, redemption_id: nothing(), run_id: nothing(), shopper_id: nothing() }
    }
}

/// How an invitation stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Stands {
    pub accepted: i64,
    pub counted: i64,
    /// By how many friends it was for: when it was given, and the coupon it was.
    pub rewards: BTreeMap<i64, (Timestamp, Option<String>)>,
}

/// A friend of an invitation.
pub(super) struct Invited {
    pub shopper_id: String,
    pub accepted_at: Timestamp,
    /// When an order of theirs may count, the first of them.
    pub due_at: Option<Timestamp>,
    pub activated_at: Option<Timestamp>,
    pub redemption_id: Option<String>,
}

fn values(keys: &[String]) -> Vec<Value> {
    keys.iter().map(Value::from).collect()
}

/// The invitations of a play that a person accepted.
pub(super) async fn accepted_by(tx: &mut Tx, play_id: &str, keys: &[String]) -> Result<Vec<Accepted>, StoreError> {
    const SELECT: &str = "SELECT f.run_id AS run_id, f.shopper_id AS shopper_id, f.play_id AS play_id,
        e.became AS became FROM assist_friends f LEFT JOIN play_ends e ON e.run_id = f.run_id WHERE f.shopper_id IN (";
    let mut accepted = Vec::new();
    for row in tx.rows_in(SELECT, values(keys), ")").await? {
        if row.get::<String>("play_id")? == play_id {
            let ended = row.get::<Option<String>>("became")?.is_some();
            accepted.push(Accepted { run_id: row.get("run_id")?, shopper_id: row.get("shopper_id")?, ended });
        }
    }
    Ok(accepted)
}

/// Whether a person has counted in a play.
pub(super) async fn has_counted(tx: &mut Tx, play_id: &str, keys: &[String]) -> Result<bool, StoreError> {
    for key in keys {
        const SELECT: &str = "SELECT 1 FROM assist_activations WHERE play_id = $1 AND shopper_id = $2";
        if tx.one(SELECT, args![play_id, key]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a person has counted in an invitation.
pub(super) async fn counts_here(tx: &mut Tx, run_id: &str, keys: &[String]) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT shopper_id FROM assist_activations WHERE run_id = $1";
    for row in tx.rows(SELECT, args![run_id]).await? {
        if keys.contains(&row.get::<String>("shopper_id")?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How many friends of an invitation count.
pub(super) async fn counted(tx: &mut Tx, run_id: &str) -> Result<i64, StoreError> {
    const COUNT: &str = "SELECT COUNT(*) AS friends FROM assist_activations WHERE run_id = $1";
    tx.one(COUNT, args![run_id]).await?.map_or(Ok(0), |row| row.get("friends"))
}

/// Keeps that a friend accepted.
pub(super) async fn accept(tx: &mut Tx, open: &Open, friend: &str, now: Timestamp) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO assist_friends (run_id, shopper_id, play_id, accepted_at) VALUES ($1, $2, $3, $4)";
    tx.execute(INSERT, args![&open.run.run_id, friend, &open.run.play.play_id, now]).await?;
    Ok(())
}

/// Keeps that a friend counts.
pub(super) async fn activate(
    tx: &mut Tx,
    open: &Open,
    friend: &Friend,
    number: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO assist_activations (play_id, shopper_id, run_id, number, redemption_id, activated_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let (play_id, run_id) = (&open.run.play.play_id, &open.run.run_id);
    let order = friend.redemption_id.as_deref();
    tx.execute(INSERT, args![play_id, &friend.shopper_id, run_id, number, order, now]).await?;
    Ok(())
}

/// Keeps that a reward was given.
pub(super) async fn reward(
    tx: &mut Tx,
    open: &Open,
    rung: &Rung,
    coupon_id: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO assist_rewards (run_id, friends, coupon_id, given_at) VALUES ($1, $2, $3, $4)";
    tx.execute(INSERT, args![&open.run.run_id, rung.friends, coupon_id, now]).await?;
    Ok(())
}

/// The row by which an order comes to be due.
pub(super) fn due(redemption_id: &str, run_id: &str, friend: &str, due_at: Timestamp) -> Along {
    Along {
        head: "INSERT INTO assist_due (redemption_id, run_id, shopper_id, due_at) VALUES",
        row: args![redemption_id, run_id, friend, due_at],
        tail: "ON CONFLICT DO NOTHING",
    }
}

/// Orders that are due, the longest first, after one of them.
pub(super) async fn due_by(tx: &mut Tx, now: Timestamp, after: &Due, most: u32) -> Result<Vec<Due>, StoreError> {
    const SELECT: &str = "SELECT due_at, redemption_id, run_id, shopper_id FROM assist_due
        WHERE due_at <= $1 AND due_at >= $2
        AND (due_at > $2 OR redemption_id > $3 OR (redemption_id = $3 AND run_id > $4))
        ORDER BY due_at, redemption_id, run_id LIMIT $5";
    let rows = tx.rows(SELECT, args![now, after.due_at, &after.redemption_id, &after.run_id, most]).await?;
    let due = |row: &Row| {
        let (redemption_id, run_id) = (row.get("redemption_id")?, row.get("run_id")?);
        Ok(Due { due_at: row.get("due_at")?, redemption_id, run_id, shopper_id: row.get("shopper_id")? })
    };
    rows.iter().map(due).collect()
}

/// Takes an order from those that are due; 0 if somebody else did.
pub(super) async fn no_longer_due(tx: &mut Tx, due: &Due) -> Result<u64, StoreError> {
    const DELETE: &str = "DELETE FROM assist_due WHERE redemption_id = $1 AND run_id = $2";
    tx.execute(DELETE, args![&due.redemption_id, &due.run_id]).await
}

/// An order is due later.
pub(super) async fn due_later(tx: &mut Tx, due: &Due, due_at: Timestamp) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE assist_due SET due_at = $1 WHERE redemption_id = $2 AND run_id = $3";
    tx.execute(UPDATE, args![due_at, &due.redemption_id, &due.run_id]).await?;
    Ok(())
}

/// When the last order of an invitation is due that may still count.
pub(super) async fn last_due(tx: &mut Tx, run_id: &str) -> Result<Option<Timestamp>, StoreError> {
    const SELECT: &str = "SELECT due_at FROM assist_due WHERE run_id = $1 ORDER BY due_at DESC LIMIT 1";
    tx.one(SELECT, args![run_id]).await?.map(|row| row.get("due_at")).transpose()
}

/// The invitations a person accepted in which they may still count, with the key by which they did.
pub(super) async fn invited(tx: &mut Tx, keys: &[String], now: Timestamp) -> Result<Vec<(Run, String)>, StoreError> {
    const SELECT: &str = "SELECT f.run_id AS run_id, f.shopper_id AS shopper_id, r.closes_at AS closes_at
        FROM assist_friends f JOIN play_runs r ON r.run_id = f.run_id WHERE NOT EXISTS
            (SELECT 1 FROM assist_activations a WHERE a.play_id = f.play_id AND a.shopper_id = f.shopper_id)
        AND f.shopper_id IN (";
    let mut invited = Vec::new();
    for row in tx.rows_in(SELECT, values(keys), ")").await? {
        if row.get::<Timestamp>("closes_at")? <= now {
            continue;
        }
        let run = runs::one(tx, &row.get::<String>("run_id")?).await?;
        if let Some(run) = run.filter(|run| run.ended.is_none()) {
            invited.push((run, row.get("shopper_id")?));
        }
    }
    Ok(invited)
}

/// How some invitations stand.
pub(super) async fn stand(tx: &mut Tx, runs: &[&str]) -> Result<BTreeMap<String, Stands>, StoreError> {
    const ACCEPTED: &str = "SELECT run_id, shopper_id FROM assist_friends WHERE run_id IN (";
    const COUNTED: &str = "SELECT run_id, shopper_id FROM assist_activations WHERE run_id IN (";
    const GIVEN: &str = "SELECT run_id, friends, coupon_id, given_at FROM assist_rewards WHERE run_id IN (";
    let keys = || runs.iter().map(|run| Value::from(*run)).collect();
    let mut all: BTreeMap<String, Stands> = BTreeMap::new();
    for row in tx.rows_in(ACCEPTED, keys(), ")").await? {
        all.entry(row.get("run_id")?).or_default().accepted += 1;
    }
    for row in tx.rows_in(COUNTED, keys(), ")").await? {
        all.entry(row.get("run_id")?).or_default().counted += 1;
    }
    for row in tx.rows_in(GIVEN, keys(), ")").await? {
        let given = (row.get("given_at")?, row.get("coupon_id")?);
        all.entry(row.get("run_id")?).or_default().rewards.insert(row.get("friends")?, given);
    }
    Ok(all)
}

const INVITED: &str = "SELECT f.shopper_id AS shopper_id, f.accepted_at AS accepted_at, a.activated_at AS activated_at,
    a.redemption_id AS redemption_id, (SELECT MIN(d.due_at) FROM assist_due d WHERE d.run_id = f.run_id
        AND d.shopper_id = f.shopper_id) AS due_at
    FROM assist_friends f LEFT JOIN assist_activations a ON a.run_id = f.run_id AND a.shopper_id = f.shopper_id
    WHERE f.run_id = $1";

fn invited_of(row: &Row) -> Result<Invited, StoreError> {
    Ok(Invited {
        shopper_id: row.get("shopper_id")?,
        accepted_at: row.get("accepted_at")?,
        due_at: row.get("due_at")?,
        activated_at: row.get("activated_at")?,
        redemption_id: row.get("redemption_id")?,
    })
}

/// The friends of an invitation, in the order they accepted.
pub(super) async fn friends(tx: &mut Tx, run_id: &str) -> Result<Vec<Invited>, StoreError> {
    let sql = format!("{INVITED} ORDER BY f.accepted_at, f.shopper_id LIMIT $2");
    tx.rows(sql, args![run_id, MOST_SHOWN]).await?.iter().map(invited_of).collect()
}

/// A person who accepted an invitation, by any of their keys.
pub(super) async fn friend(tx: &mut Tx, run_id: &str, keys: &[String]) -> Result<Option<Invited>, StoreError> {
    for key in keys {
        let row = tx.one(format!("{INVITED} AND f.shopper_id = $2"), args![run_id, key]).await?;
        if let Some(row) = row {
            return invited_of(&row).map(Some);
        }
    }
    Ok(None)
}
