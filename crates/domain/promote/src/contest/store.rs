//! The rows of contests: who takes part, with the score that was counted last, and how a contest was settled.

use fanvine_contracts::campaigns::Charge;
use fanvine_kernel::{Currency, Timestamp};
use fanvine_store::{Row, StoreError, Tx, Value, args};
use serde::{Deserialize, Serialize};

use super::standings::EntrantState;

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entrant {
    pub number: i64,
    pub shopper_id: String,
    pub joined_at: Timestamp,
    pub state: EntrantState,
    pub left_at: Option<Timestamp>,
    pub excluded_at: Option<Timestamp>,
    pub excluded_by: Option<String>,
    pub reason: Option<String>,
    pub score: i64,
    pub reached_at: Timestamp,
    pub place: Option<i64>,
    pub coupon_id: Option<String>,
}

/// Where somebody stands in the order of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub score: i64,
    pub reached_at: Timestamp,
    pub number: i64,
}

impl Spot {
    fn args(self, run_id: &str) -> Vec<Value> {
        args![run_id, -self.score, self.reached_at, self.number]
    }
}

/// Keys asked about in one statement.
const AT_ONCE: usize = 500;

/// How a contest was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub at: Timestamp,
    pub ranked: i64,
    pub digest: String,
}

/// A campaign as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct KeptCharge {
    campaign_id: String,
    currency: Currency,
    budget_minor: Option<i64>,
}

const ENTRANT: &str = "SELECT number, shopper_id, joined_at, state, left_at, excluded_at, excluded_by, reason,
    minus_score, reached_at, place, coupon_id FROM contest_entrants";
/// The board of a contest, without those below its least score.
const BOARD: &str = "FROM contest_entrants WHERE run_id = $1 AND state = 'in' AND minus_score <= $2";
const ORDER: &str = "ORDER BY minus_score, reached_at, number";

fn entrant(row: &Row) -> Result<Entrant, StoreError> {
    Ok(Entrant {
        number: row.get("number")?,
        shopper_id: row.get("shopper_id")?,
        joined_at: row.get("joined_at")?,
        state: EntrantState::named(&row.get::<String>("state")?),
        left_at: row.get("left_at")?,
        excluded_at: row.get("excluded_at")?,
        excluded_by: row.get("excluded_by")?,
        reason: row.get("reason")?,
        score: -row.get::<i64>("minus_score")?,
        reached_at: row.get("reached_at")?,
        place: row.get("place")?,
        coupon_id: row.get("coupon_id")?,
    })
}

/// Holds what changes a contest's rows. Whoever takes the ledger's lock too takes that one first.
pub(crate) async fn lock(tx: &mut Tx, run_id: &str) -> Result<(), StoreError> {
    tx.lock(&format!("contest/{run_id}")).await
}

/// Those of a contest who come under any of these keys, the first to join first.
pub(crate) async fn of_keys(tx: &mut Tx, run_id: &str, keys: &[String]) -> Result<Vec<Entrant>, StoreError> {
    let mut found = Vec::new();
    for some in keys.chunks(AT_ONCE) {
        let places: Vec<String> = (2..=some.len() + 1).map(|place| format!("${place}")).collect();
        let sql = format!("{ENTRANT} WHERE run_id = $1 AND shopper_id IN ({})", places.join(", "));
        let values = std::iter::once(Value::from(run_id)).chain(some.iter().map(Value::from)).collect();
        for row in tx.rows(sql, values).await? {
            found.push(entrant(&row)?);
        }
    }
    found.sort_by_key(|one| one.number);
    Ok(found)
}

/// Those of a contest behind a number, in the order they joined.
pub(crate) async fn behind(tx: &mut Tx, run_id: &str, number: i64, most: u32) -> Result<Vec<Entrant>, StoreError> {
    let sql = format!("{ENTRANT} WHERE run_id = $1 AND number > $2 ORDER BY number LIMIT $3");
    tx.rows(sql, args![run_id, number, most]).await?.iter().map(entrant).collect()
}

/// The number of whoever joins next.
pub(crate) async fn next_number(tx: &mut Tx, run_id: &str) -> Result<i64, StoreError> {
    const LAST: &str = "SELECT number FROM contest_entrants WHERE run_id = $1 ORDER BY number DESC LIMIT 1";
    Ok(tx.one(LAST, args![run_id]).await?.map_or(Ok(0), |row| row.get::<i64>("number"))? + 1)
}

/// Keeps that somebody takes part.
pub(crate) async fn join(
    tx: &mut Tx,
    run_id: &str,
    number: i64,
    shopper: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO contest_entrants (run_id, number, shopper_id, joined_at, state, minus_score, reached_at)
        VALUES ($1, $2, $3, $4, 'in', 0, 0)";
    tx.execute(INSERT, args![run_id, number, shopper, now]).await.map(drop)
}

/// Keeps that somebody left, or is in again.
pub(crate) async fn leave(tx: &mut Tx, run_id: &str, number: i64, at: Option<Timestamp>) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE contest_entrants SET left_at = $3 WHERE run_id = $1 AND number = $2";
    tx.execute(UPDATE, args![run_id, number, at]).await.map(drop)
}

/// Keeps that somebody was excluded and why, or is no more.
pub(crate) async fn exclude(
    tx: &mut Tx,
    run_id: &str,
    number: i64,
    why: Option<(Timestamp, &str, &str)>,
) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE contest_entrants SET excluded_at = $3, excluded_by = $4, reason = $5
        WHERE run_id = $1 AND number = $2";
    let (at, by, reason) = (why.map(|why| why.0), why.map(|why| why.1), why.map(|why| why.2));
    tx.execute(UPDATE, args![run_id, number, at, by, reason]).await.map(drop)
}

/// Keeps where these stand, together: there may be many.
pub(crate) async fn stand(tx: &mut Tx, run_id: &str, all: &[(Entrant, EntrantState, Spot)]) -> Result<(), StoreError> {
    const HEAD: &str = "INSERT INTO contest_entrants
        (run_id, number, shopper_id, joined_at, state, minus_score, reached_at) VALUES";
    const TAIL: &str = "ON CONFLICT (run_id, number) DO UPDATE SET state = excluded.state,
        minus_score = excluded.minus_score, reached_at = excluded.reached_at";
    let row = |(one, state, spot): &(Entrant, EntrantState, Spot)| {
        let (shopper, joined_at) = (&one.shopper_id, one.joined_at);
        args![run_id, one.number, shopper, joined_at, state.as_str(), -spot.score, spot.reached_at]
    };
    tx.insert_many(HEAD, all.iter().map(row).collect(), TAIL).await.map(drop)
}

/// Forgets who somebody was. What they scored stays only where it is final.
pub(crate) async fn forget(tx: &mut Tx, run_id: &str, number: i64) -> Result<(), StoreError> {
    const UPDATE: &str =
        "UPDATE contest_entrants SET state = 'erased', shopper_id = $3, excluded_by = NULL, reason = NULL,
        coupon_id = NULL, minus_score = CASE WHEN place IS NULL THEN 0 ELSE minus_score END
        WHERE run_id = $1 AND number = $2";
    // No shop's number for a shopper has a line feed in it: nobody is taken for them.
    tx.execute(UPDATE, args![run_id, number, format!("erased\n{number}")]).await.map(drop)
}

/// The board from a place on, by places; as it stands, or final.
pub(crate) async fn board(
    tx: &mut Tx,
    run_id: &str,
    least: i64,
    after: i64,
    most: u32,
) -> Result<Vec<Entrant>, StoreError> {
    let sql = format!(
        "SELECT number, shopper_id, joined_at, state, left_at, excluded_at, excluded_by, reason, minus_score, reached_at,
        place, coupon_id {BOARD} {ORDER} LIMIT $3 OFFSET $4"
    );
    tx.rows(sql, args![run_id, -least, most, after]).await?.iter().map(entrant).collect()
}

/// The final board behind a place.
pub(crate) async fn final_board(tx: &mut Tx, run_id: &str, after: i64, most: u32) -> Result<Vec<Entrant>, StoreError> {
    let sql = format!("{ENTRANT} WHERE run_id = $1 AND place > $2 ORDER BY place LIMIT $3");
    tx.rows(sql, args![run_id, after, most]).await?.iter().map(entrant).collect()
}

/// How many take part, and how many of them are ranked.
pub(crate) async fn turnout(tx: &mut Tx, run_id: &str, least: i64) -> Result<(i64, i64), StoreError> {
    const ALL: &str = "SELECT COUNT(*) AS many FROM contest_entrants WHERE run_id = $1 AND state = 'in'";
    let count = |row: Option<Row>| row.map_or(Ok(0), |row| row.get::<i64>("many"));
    let all = count(tx.one(ALL, args![run_id]).await?)?;
    let ranked = count(tx.one(format!("SELECT COUNT(*) AS many {BOARD}"), args![run_id, -least]).await?)?;
    Ok((all, ranked))
}

/// Whoever is before a spot of the board. Its least score is not asked for: nobody before somebody ranked has less, and another bound
/// of the same column keeps SQLite from the range.
const BEFORE: &str = "FROM contest_entrants WHERE run_id = $1 AND state = 'in'
    AND (minus_score, reached_at, number) < ($2, $3, $4)";

/// How many of a board are before a spot that is ranked.
pub(crate) async fn before(tx: &mut Tx, run_id: &str, spot: Spot) -> Result<i64, StoreError> {
    let row = tx.one(format!("SELECT COUNT(*) AS many {BEFORE}"), spot.args(run_id)).await?;
    row.map_or(Ok(0), |row| row.get("many"))
}

/// Whoever is next before a spot that is ranked.
pub(crate) async fn next_before(tx: &mut Tx, run_id: &str, spot: Spot) -> Result<Option<Entrant>, StoreError> {
    let sql = format!(
        "SELECT number, shopper_id, joined_at, state, left_at, excluded_at, excluded_by, reason, minus_score, reached_at,
        place, coupon_id {BEFORE} ORDER BY minus_score DESC, reached_at DESC, number DESC LIMIT 1"
    );
    tx.one(sql, spot.args(run_id)).await?.as_ref().map(entrant).transpose()
}

/// Freezes the places of a board.
pub(crate) async fn freeze(tx: &mut Tx, run_id: &str, least: i64) -> Result<(), StoreError> {
    const FREEZE: &str = "UPDATE contest_entrants SET place = r.place FROM
            (SELECT number, ROW_NUMBER() OVER (ORDER BY minus_score, reached_at, number) AS place
            FROM contest_entrants WHERE run_id = $1 AND state = 'in' AND minus_score <= $2) AS r
        WHERE contest_entrants.run_id = $1 AND contest_entrants.number = r.number";
    tx.execute(FREEZE, args![run_id, -least]).await.map(drop)
}

/// Keeps the coupon somebody got for their place.
pub(crate) async fn rewarded(tx: &mut Tx, run_id: &str, number: i64, coupon_id: &str) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE contest_entrants SET coupon_id = $3 WHERE run_id = $1 AND number = $2";
    tx.execute(UPDATE, args![run_id, number, coupon_id]).await.map(drop)
}

/// Keeps that a contest is there.
pub(crate) async fn open(tx: &mut Tx, run_id: &str) -> Result<(), StoreError> {
    tx.execute("INSERT INTO contest_boards (run_id) VALUES ($1)", args![run_id]).await.map(drop)
}

/// The campaign in whose budget its prizes are kept.
pub(crate) async fn campaign(tx: &mut Tx, run_id: &str) -> Result<Option<Charge>, StoreError> {
    const OF: &str = "SELECT campaign FROM contest_boards WHERE run_id = $1";
    let Some(row) = tx.one(OF, args![run_id]).await? else { return Ok(None) };
    let kept = row.get::<Option<String>>("campaign")?.and_then(|text| serde_json::from_str::<KeptCharge>(&text).ok());
    Ok(kept.map(|KeptCharge { campaign_id, currency, budget_minor }| Charge { campaign_id, currency, budget_minor }))
}

/// Keeps the campaign in whose budget its prizes are kept.
pub(crate) async fn charge(tx: &mut Tx, run_id: &str, charge: &Charge) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE contest_boards SET campaign = $2 WHERE run_id = $1";
    let Charge { campaign_id, currency, budget_minor } = charge.clone();
    let kept = crate::offers::store::json(&KeptCharge { campaign_id, currency, budget_minor });
    tx.execute(UPDATE, args![run_id, kept]).await.map(drop)
}

/// How a contest was settled, if it was.
pub(crate) async fn settled(tx: &mut Tx, run_id: &str) -> Result<Option<Settled>, StoreError> {
    const OF: &str =
        "SELECT settled_at, ranked, digest FROM contest_boards WHERE run_id = $1 AND settled_at IS NOT NULL";
    let row = tx.one(OF, args![run_id]).await?;
    row.map(|row| Ok(Settled { at: row.get("settled_at")?, ranked: row.get("ranked")?, digest: row.get("digest")? }))
        .transpose()
}

/// Keeps how a contest was settled.
pub(crate) async fn settle(tx: &mut Tx, run_id: &str, settled: &Settled) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE contest_boards SET settled_at = $2, ranked = $3, digest = $4 WHERE run_id = $1";
    tx.execute(UPDATE, args![run_id, settled.at, settled.ranked, &settled.digest]).await.map(drop)
}
