//! The rows of quizzes.

use std::collections::BTreeMap;

use fanvine_kernel::{LocalDate, Timestamp, Zone};
use fanvine_store::{Row, StoreError, Tx, args};

use super::{Answered, Attempt};
use crate::offers::store::json;
use crate::plays::{Play, store as plays};

/// Greater than every identifier of an attempt, however letters and signs are sorted.
pub(crate) const BEHIND_ALL: &str = "qat_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";

const SELECT: &str = "SELECT q.attempt_id AS attempt_id, q.play_id AS play_id, q.version AS version,
    q.shopper_id AS shopper_id, q.day AS day, q.asked AS asked, q.promised AS promised, q.began_at AS began_at,
    q.closes_at AS closes_at, a.chosen AS chosen, a.correct AS correct, a.won AS won, a.given AS given,
    a.answered_at AS answered_at, v.terms AS terms FROM quiz_attempts q
    JOIN play_versions v ON v.play_id = q.play_id AND v.version = q.version
    LEFT JOIN quiz_answers a ON a.attempt_id = q.attempt_id";

fn first() -> LocalDate {
    Zone::UTC.date_of(Timestamp::from_micros(0))
}

/// Nothing but this program writes it; what cannot be read back is passed over with an error in the log.
fn kept<T: serde::de::DeserializeOwned>(attempt_id: &str, text: &str) -> Option<T> {
    let read = serde_json::from_str(text);
    read.inspect_err(|error| tracing::error!(attempt_id, %error, "an attempt cannot be read back")).ok()
}

fn read(row: &Row) -> Result<Option<Attempt>, StoreError> {
    let (attempt_id, play_id): (String, String) = (row.get("attempt_id")?, row.get("play_id")?);
    let Some(terms) = plays::terms_of(row, &play_id)? else { return Ok(None) };
    let (asked, promised): (String, String) = (row.get("asked")?, row.get("promised")?);
    let (Some(asked), Some(promised)) = (kept(&attempt_id, &asked), kept(&attempt_id, &promised)) else {
        return Ok(None);
    };
    let answered = match row.get::<Option<String>>("chosen")? {
        None => None,
        Some(chosen) => Some(Answered {
            chosen: kept(&attempt_id, &chosen).unwrap_or_default(),
            correct: row.get("correct")?,
            won: row.get("won")?,
            given: row.get::<i64>("given")? != 0,
            at: row.get("answered_at")?,
        }),
    };
    Ok(Some(Attempt {
        play: Play { play_id, version: row.get("version")?, terms },
        shopper_id: row.get("shopper_id")?,
        day: first().plus_days(row.get("day")?),
        began_at: row.get("began_at")?,
        closes_at: row.get("closes_at")?,
        attempt_id,
        asked,
        promised,
        answered,
    }))
}

fn all(rows: &[Row]) -> Result<Vec<Attempt>, StoreError> {
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The attempt of that identifier.
pub(crate) async fn one(tx: &mut Tx, attempt_id: &str) -> Result<Option<Attempt>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE q.attempt_id = $1"), args![attempt_id]).await?;
    Ok(row.as_ref().map(read).transpose()?.flatten())
}

/// What these keys of a person attempted in a play, the latest first.
pub(crate) async fn of_keys(tx: &mut Tx, play_id: &str, keys: &[String]) -> Result<Vec<Attempt>, StoreError> {
    let mut found = Vec::new();
    for key in keys {
        let sql = format!("{SELECT} WHERE q.play_id = $1 AND q.shopper_id = $2");
        found.extend(all(&tx.rows(sql, args![play_id, key]).await?)?);
    }
    found.sort_by(|one, other| other.attempt_id.cmp(&one.attempt_id));
    Ok(found)
}

/// Attempts of a play before one, the latest first.
pub(crate) async fn latest(tx: &mut Tx, play_id: &str, before: &str, most: u32) -> Result<Vec<Attempt>, StoreError> {
    let sql = format!("{SELECT} WHERE q.play_id = $1 AND q.attempt_id < $2 ORDER BY q.attempt_id DESC LIMIT $3");
    all(&tx.rows(sql, args![play_id, before, most]).await?)
}

/// Keeps an attempt that begins.
pub(crate) async fn begin(tx: &mut Tx, one: &Attempt) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO quiz_attempts
        (attempt_id, play_id, version, shopper_id, day, asked, promised, began_at, closes_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (id, play, day) = (&one.attempt_id, &one.play, one.day.days_since(first()));
    let (asked, promised) = (json(&one.asked), json(&one.promised));
    let (began, closes) = (one.began_at, one.closes_at);
    let row = args![id, &play.play_id, play.version, &one.shopper_id, day, asked, promised, began, closes];
    tx.execute(INSERT, row).await.map(drop)
}

/// Keeps what was answered, and how each question was.
pub(crate) async fn answer(
    tx: &mut Tx,
    one: &Attempt,
    answered: &Answered,
    marks: &BTreeMap<String, bool>,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO quiz_answers (attempt_id, play_id, chosen, correct, won, given, answered_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let Answered { chosen, correct, won, given, at } = answered;
    let (id, play_id) = (&one.attempt_id, &one.play.play_id);
    tx.execute(INSERT, args![id, play_id, json(chosen), *correct, *won, i64::from(*given), *at]).await?;
    let marks = marks.iter().map(|(question, right)| args![id, question, play_id, i64::from(*right)]).collect();
    const MARKS: &str = "INSERT INTO quiz_marks (attempt_id, question_id, play_id, correct) VALUES";
    tx.insert_many(MARKS, marks, "").await.map(drop)
}

/// Sums of a play.
pub(crate) struct Sums {
    pub attempts: i64,
    pub people: i64,
    pub answered: i64,
    pub correct: i64,
    pub rewarded: i64,
}

/// How many attempts there were at a play, and how they went.
pub(crate) async fn sums(tx: &mut Tx, play_id: &str) -> Result<Sums, StoreError> {
    const ATTEMPTS: &str =
        "SELECT COUNT(*) AS attempts, COUNT(DISTINCT shopper_id) AS people FROM quiz_attempts WHERE play_id = $1";
    const ANSWERS: &str = "SELECT COUNT(*) AS answered, CAST(COALESCE(SUM(correct), 0) AS BIGINT) AS correct,
        CAST(COALESCE(SUM(given), 0) AS BIGINT) AS rewarded FROM quiz_answers WHERE play_id = $1";
    let mut sums = Sums { attempts: 0, people: 0, answered: 0, correct: 0, rewarded: 0 };
    if let Some(row) = tx.one(ATTEMPTS, args![play_id]).await? {
        (sums.attempts, sums.people) = (row.get("attempts")?, row.get("people")?);
    }
    if let Some(row) = tx.one(ANSWERS, args![play_id]).await? {
        (sums.answered, sums.correct, sums.rewarded) =
            (row.get("answered")?, row.get("correct")?, row.get("rewarded")?);
    }
    Ok(sums)
}

/// How often each question was answered, and how often right.
pub(crate) async fn marks(tx: &mut Tx, play_id: &str) -> Result<BTreeMap<String, (i64, i64)>, StoreError> {
    const MARKS: &str = "SELECT question_id, COUNT(*) AS asked, CAST(SUM(correct) AS BIGINT) AS correct FROM quiz_marks
        WHERE play_id = $1 GROUP BY question_id";
    let rows = tx.rows(MARKS, args![play_id]).await?;
    rows.iter().map(|row| Ok((row.get("question_id")?, (row.get("asked")?, row.get("correct")?)))).collect()
}
