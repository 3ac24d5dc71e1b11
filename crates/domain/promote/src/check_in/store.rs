//! The rows of check-ins.

use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_store::{Row, StoreError, Tx, args};

use super::{Day, Whose};

const DAYS: &str = "SELECT shopper_id, day, streak, points, made_up, checked_in_at FROM check_ins";

fn first() -> LocalDate {
    fanvine_kernel::Zone::UTC.date_of(Timestamp::from_micros(0))
}

fn number(day: LocalDate) -> i64 {
    day.days_since(first())
}

fn read(row: &Row) -> Result<(String, Day), StoreError> {
    let day = Day {
        day: first().plus_days(row.get("day")?),
        streak: row.get("streak")?,
        points: row.get("points")?,
        made_up: row.get("made_up")?,
        at: row.get("checked_in_at")?,
    };
    Ok((row.get("shopper_id")?, day))
}

/// A day of a shopper, if they checked in on it.
pub(crate) async fn on(tx: &mut Tx, whose: &Whose<'_>, day: LocalDate) -> Result<Option<Day>, StoreError> {
    let sql = format!("{DAYS} WHERE play_id = $1 AND shopper_id = $2 AND day = $3");
    let row = tx.one(sql, args![whose.play_id, whose.shopper, number(day)]).await?;
    Ok(row.as_ref().map(read).transpose()?.map(|(_, day)| day))
}

/// The days of a shopper, the latest first.
pub(crate) async fn of_shopper(tx: &mut Tx, whose: &Whose<'_>, most: u32) -> Result<Vec<Day>, StoreError> {
    let sql = format!("{DAYS} WHERE play_id = $1 AND shopper_id = $2 ORDER BY day DESC LIMIT $3");
    let rows = tx.rows(sql, args![whose.play_id, whose.shopper, most]).await?;
    rows.iter().map(|row| Ok(read(row)?.1)).collect()
}

/// Everybody's check-ins of a play before a moment, the latest first.
pub(crate) async fn latest(
    tx: &mut Tx,
    play_id: &str,
    before: Timestamp,
    most: u32,
) -> Result<Vec<(String, Day)>, StoreError> {
    let sql = format!(
        "{DAYS} WHERE play_id = $1 AND checked_in_at < $2 ORDER BY checked_in_at DESC, shopper_id, day DESC LIMIT $3"
    );
    tx.rows(sql, args![play_id, before, most]).await?.iter().map(read).collect()
}

/// Saves a day.
pub(crate) async fn save(tx: &mut Tx, whose: &Whose<'_>, day: &Day) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO check_ins (play_id, shopper_id, day, streak, points, made_up, checked_in_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let row = args![whose.play_id, whose.shopper, number(day.day), day.streak, day.points, day.made_up, day.at];
    tx.execute(INSERT, row).await?;
    Ok(())
}
