//! What shoppers opened, whatever its kind: the rows of runs, of the orders that take part, and of how each ended.

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, args};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Play, store};

/// In what part somebody takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who opened it.
    Leader,
    /// Who joined it.
    Joiner,
    /// Who orders at the price of their bargain.
    Buyer,
}

impl Role {
    /// Its name in rows: `leader`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Leader => "leader",
            Role::Joiner => "joiner",
            Role::Buyer => "buyer",
        }
    }
}

/// A place in a run, taken by an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The run.
    pub run_id: String,
    /// The play it is of.
    pub play_id: String,
    /// In what part.
    pub role: Role,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// What it was opened for came about.
    Completed,
    /// It did not in time: whoever paid gets the money back.
    Failed,
}

impl Became {
    /// Its name in rows and sentences: `completed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Became::Completed => "completed",
            Became::Failed => "failed",
        }
    }
}

/// A run as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub run_id: String,
    /// The play in the version it was opened with.
    pub play: Play,
    /// Who opened it.
    pub shopper_id: String,
    pub opened_at: Timestamp,
    pub closes_at: Timestamp,
    /// What was chosen at opening.
    pub detail: String,
    /// Whether its leader has ever paid.
    pub led: bool,
    pub ended: Option<(Became, Timestamp)>,
}

/// An order that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub redemption_id: String,
    pub shopper_id: String,
    pub role: String,
    pub joined_at: Timestamp,
}

const SELECT: &str =
    "SELECT r.run_id AS run_id, r.play_id AS play_id, r.version AS version, r.shopper_id AS shopper_id,
    r.opened_at AS opened_at, r.closes_at AS closes_at, r.detail AS detail, v.terms AS terms, e.became AS became,
    e.at AS ended_at, (SELECT COUNT(*) FROM play_members m JOIN redemption_steps s ON s.redemption_id = m.redemption_id
    WHERE m.run_id = r.run_id AND m.role = 'leader' AND s.step = 'redeemed') AS led
    FROM play_runs r JOIN play_versions v ON v.play_id = r.play_id AND v.version = r.version
    LEFT JOIN play_ends e ON e.run_id = r.run_id";

fn read(row: &Row) -> Result<Option<Run>, StoreError> {
    let play_id: String = row.get("play_id")?;
    let Some(terms) = store::terms_of(row, &play_id)? else { return Ok(None) };
    let became = match row.get::<Option<String>>("became")?.as_deref() {
        Some("completed") => Some(Became::Completed),
        Some(_) => Some(Became::Failed),
        None => None,
    };
    let ended = became.zip(row.get::<Option<Timestamp>>("ended_at")?);
    Ok(Some(Run {
        run_id: row.get("run_id")?,
        play: Play { play_id, version: row.get("version")?, terms },
        shopper_id: row.get("shopper_id")?,
        opened_at: row.get("opened_at")?,
        closes_at: row.get("closes_at")?,
        detail: row.get("detail")?,
        led: row.get::<i64>("led")? > 0,
        ended,
    }))
}

/// The run of that identifier.
pub(crate) async fn one(tx: &mut Tx, run_id: &str) -> Result<Option<Run>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE r.run_id = $1"), args![run_id]).await?;
    Ok(row.as_ref().map(read).transpose()?.flatten())
}

/// The run of a play in that version, where the play itself opens one.
pub(crate) async fn of_version(tx: &mut Tx, play: &Play) -> Result<Option<Run>, StoreError> {
    let sql = format!("{SELECT} WHERE r.play_id = $1 AND r.version = $2 ORDER BY r.run_id LIMIT 1");
    let row = tx.one(sql, args![&play.play_id, play.version]).await?;
    Ok(row.as_ref().map(read).transpose()?.flatten())
}

/// How the run of that identifier ended, if it has.
pub(crate) async fn ended(tx: &mut Tx, run_id: &str) -> Result<Option<Became>, StoreError> {
    let row = tx.one("SELECT became FROM play_ends WHERE run_id = $1", args![run_id]).await?;
    let became = row.map(|row| row.get::<String>("became")).transpose()?;
    Ok(became.map(|became| if became == "completed" { Became::Completed } else { Became::Failed }))
}

/// Runs of a kind before `before`, the newest first: of a play, and only those in flight, where that is asked.
pub(crate) async fn list(
    tx: &mut Tx,
    kind: &str,
    play_id: Option<&str>,
    in_flight: bool,
    before: Option<&str>,
    most: u32,
) -> Result<Vec<Run>, StoreError> {
    // Greater than every identifier, however letters and signs are sorted.
    let before = before.unwrap_or("run_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz");
    let open = if in_flight { "AND e.run_id IS NULL" } else { "" };
    let rows = match play_id {
        Some(play_id) => {
            let sql = format!(
                "{SELECT} WHERE r.play_id = $1 AND r.run_id < $2 {open} AND r.kind = $4 ORDER BY r.run_id DESC LIMIT $3"
            );
            tx.rows(sql, args![play_id, before, most, kind]).await?
        }
        None => {
            let sql = format!("{SELECT} WHERE r.run_id < $1 {open} AND r.kind = $3 ORDER BY r.run_id DESC LIMIT $2");
            tx.rows(sql, args![before, most, kind]).await?
        }
    };
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The orders that take part, in the order they joined.
pub(crate) async fn members(tx: &mut Tx, run_id: &str) -> Result<Vec<Member>, StoreError> {
    const MEMBERS: &str = "SELECT redemption_id, shopper_id, role, joined_at FROM play_members WHERE run_id = $1
        ORDER BY joined_at, redemption_id";
    let rows = tx.rows(MEMBERS, args![run_id]).await?;
    let member = |row: &Row| {
        Ok(Member {
            redemption_id: row.get("redemption_id")?,
            shopper_id: row.get("shopper_id")?,
            role: row.get("role")?,
            joined_at: row.get("joined_at")?,
        })
    };
    rows.iter().map(member).collect()
}

/// The run a redemption takes part in, if it does.
pub(crate) async fn of_redemption(tx: &mut Tx, redemption_id: &str) -> Result<Option<String>, StoreError> {
    const OF: &str = "SELECT run_id FROM play_members WHERE redemption_id = $1";
    tx.one(OF, args![redemption_id]).await?.map(|row| row.get("run_id")).transpose()
}

/// The rows of a new run, to be looked at again at `due_at`.
pub(crate) fn opened(run: &Run, due_at: Timestamp) -> Vec<Along> {
    let head = "INSERT INTO play_runs (run_id, kind, play_id, version, shopper_id, opened_at, closes_at, detail)
        VALUES";
    let (id, play) = (&run.run_id, &run.play);
    let (kind, whose) = (play.terms.rules.kind(), &run.shopper_id);
    let row = args![id, kind, &play.play_id, play.version, whose, run.opened_at, run.closes_at, &run.detail];
    let due = "INSERT INTO play_due (run_id, due_at) VALUES";
    vec![Along { head, row, tail: "" }, Along { head: due, row: args![id, due_at], tail: "" }]
}

/// The row of an order that takes part.
pub(crate) fn joined(seat: &Seat, shopper_id: &str, redemption_id: &str, now: Timestamp) -> Along {
    Along {
        head: "INSERT INTO play_members (run_id, redemption_id, shopper_id, role, joined_at) VALUES",
        row: args![&seat.run_id, redemption_id, shopper_id, seat.role.as_str(), now],
        tail: "",
    }
}

/// Writes down how a run ended.
pub(crate) async fn end(tx: &mut Tx, run_id: &str, became: Became, now: Timestamp) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO play_ends (run_id, became, at) VALUES ($1, $2, $3)";
    tx.execute(INSERT, args![run_id, became.as_str(), now]).await?;
    Ok(())
}

/// It is in flight no more.
pub(crate) async fn land(tx: &mut Tx, run_id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM play_due WHERE run_id = $1", args![run_id]).await?;
    Ok(())
}

/// It is to be looked at again then.
pub(crate) async fn look_again(tx: &mut Tx, run_id: &str, due_at: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE play_due SET due_at = $1 WHERE run_id = $2", args![due_at, run_id]).await?;
    Ok(())
}

/// Runs to look at by `now`, after the one named `after`, each with its kind.
pub(crate) async fn due(
    tx: &mut Tx,
    now: Timestamp,
    after: &str,
    most: u32,
) -> Result<Vec<(String, String)>, StoreError> {
    const DUE: &str =
        "SELECT d.run_id AS run_id, r.kind AS kind FROM play_due d JOIN play_runs r ON r.run_id = d.run_id
        WHERE d.due_at <= $1 AND d.run_id > $2 ORDER BY d.run_id LIMIT $3";
    let rows = tx.rows(DUE, args![now, after, most]).await?;
    rows.iter().map(|row| Ok((row.get("run_id")?, row.get("kind")?))).collect()
}
