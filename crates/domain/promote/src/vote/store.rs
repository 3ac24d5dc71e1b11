//! The rows of votes, and of what shoppers put up.

use fanvine_kernel::{LocalDate, Timestamp, Zone};
use fanvine_store::{Row, StoreError, Tx, args};

use super::show_votes::{EntryState, EntryView};

/// One vote of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cast {
    pub shopper_id: String,
    pub number: i64,
    pub entry_id: String,
    pub day: LocalDate,
    pub points: i64,
    pub at: Timestamp,
}

/// How many votes something has, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub votes: i64,
    pub reached_at: Timestamp,
}

const ENTRY: &str = "SELECT entry_id, play_id, shopper_id, title, about, image_url, entered_at, state, decided_by,
    decided_at FROM vote_entries";

fn first() -> LocalDate {
    Zone::UTC.date_of(Timestamp::from_micros(0))
}

fn entry(row: &Row) -> Result<EntryView, StoreError> {
    let state: String = row.get("state")?;
    Ok(EntryView {
        entry_id: row.get("entry_id")?,
        play_id: row.get("play_id")?,
        shopper_id: row.get("shopper_id")?,
        title: row.get("title")?,
        about: row.get("about")?,
        image_url: row.get("image_url")?,
        state: EntryState::ALL.into_iter().find(|one| one.as_str() == state).unwrap_or(EntryState::Hidden),
        entered_at: row.get("entered_at")?,
        decided_by: row.get("decided_by")?,
        decided_at: row.get("decided_at")?,
    })
}

/// The entry of that identifier.
pub(crate) async fn one(tx: &mut Tx, entry_id: &str) -> Result<Option<EntryView>, StoreError> {
    tx.one(format!("{ENTRY} WHERE entry_id = $1"), args![entry_id]).await?.as_ref().map(entry).transpose()
}

/// What these keys of a person put up in a play, the latest first.
pub(crate) async fn of_keys(tx: &mut Tx, play_id: &str, keys: &[String]) -> Result<Vec<EntryView>, StoreError> {
    let mut found = Vec::new();
    for key in keys {
        let sql = format!("{ENTRY} WHERE play_id = $1 AND shopper_id = $2");
        let rows = tx.rows(sql, args![play_id, key]).await?;
        found.extend(rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?);
    }
    found.sort_by(|one, other| other.entry_id.cmp(&one.entry_id));
    Ok(found)
}

/// Entries of a play before one, the latest first: all, or those of a state.
pub(crate) async fn list(
    tx: &mut Tx,
    play_id: &str,
    state: Option<EntryState>,
    before: &str,
    most: u32,
) -> Result<Vec<EntryView>, StoreError> {
    let only = if state.is_some() { "AND state = $4" } else { "AND $4 = ''" };
    let sql = format!("{ENTRY} WHERE play_id = $1 AND entry_id < $2 {only} ORDER BY entry_id DESC LIMIT $3");
    let state = state.map_or("", EntryState::as_str);
    tx.rows(sql, args![play_id, before, most, state]).await?.iter().map(entry).collect()
}

/// Those of shoppers' entries that are shown and have most votes, with what they have.
pub(crate) async fn most_voted(
    tx: &mut Tx,
    play_id: &str,
    most: u32,
) -> Result<Vec<(EntryView, Option<Count>)>, StoreError> {
    const MOST: &str =
        "SELECT e.entry_id AS entry_id, e.play_id AS play_id, e.shopper_id AS shopper_id, e.title AS title,
        e.about AS about, e.image_url AS image_url, e.entered_at AS entered_at, e.state AS state,
        e.decided_by AS decided_by, e.decided_at AS decided_at, c.votes AS votes, c.reached_at AS reached_at
        FROM vote_entries e LEFT JOIN vote_counts c ON c.play_id = e.play_id AND c.entry_id = e.entry_id
        WHERE e.play_id = $1 AND e.state = 'shown'
        ORDER BY COALESCE(c.votes, 0) DESC, COALESCE(c.reached_at, 0), e.entry_id LIMIT $2";
    let rows = tx.rows(MOST, args![play_id, most]).await?;
    rows.iter().map(|row| Ok((entry(row)?, count(row)?))).collect()
}

fn count(row: &Row) -> Result<Option<Count>, StoreError> {
    let votes: Option<i64> = row.get("votes")?;
    let reached_at: Option<Timestamp> = row.get("reached_at")?;
    Ok(votes.zip(reached_at).map(|(votes, reached_at)| Count { votes, reached_at }))
}

/// What one entry or candidate has.
pub(crate) async fn count_of(tx: &mut Tx, play_id: &str, entry_id: &str) -> Result<Option<Count>, StoreError> {
    const OF: &str = "SELECT votes, reached_at FROM vote_counts WHERE play_id = $1 AND entry_id = $2";
    tx.one(OF, args![play_id, entry_id]).await?.map_or(Ok(None), |row| count(&row))
}

/// Votes of a play, and people's keys that cast them.
pub(crate) async fn turnout(tx: &mut Tx, play_id: &str) -> Result<(i64, i64), StoreError> {
    const BOTH: &str = "SELECT COUNT(*) AS votes, COUNT(DISTINCT shopper_id) AS voters FROM votes WHERE play_id = $1";
    let row = tx.one(BOTH, args![play_id]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get("votes")?, row.get("voters")?)))
}

/// Keeps an entry.
pub(crate) async fn enter(tx: &mut Tx, one: &EntryView) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO vote_entries (entry_id, play_id, shopper_id, title, about, image_url, entered_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (image, state) = (one.image_url.clone(), one.state.as_str());
    let row = args![&one.entry_id, &one.play_id, &one.shopper_id, &one.title, &one.about, image, one.entered_at, state];
    tx.execute(INSERT, row).await.map(drop)
}

/// Keeps what was decided on an entry.
pub(crate) async fn decide(
    tx: &mut Tx,
    entry_id: &str,
    state: EntryState,
    by: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE vote_entries SET state = $2, decided_by = $3, decided_at = $4 WHERE entry_id = $1";
    tx.execute(UPDATE, args![entry_id, state.as_str(), by, at]).await.map(drop)
}

/// What these keys of a person voted for in a play, in no order.
pub(crate) async fn cast_by(tx: &mut Tx, play_id: &str, keys: &[String]) -> Result<Vec<Cast>, StoreError> {
    const OF: &str = "SELECT number, entry_id, day, points, cast_at FROM votes WHERE play_id = $1 AND shopper_id = $2";
    let mut found = Vec::new();
    for key in keys {
        for row in tx.rows(OF, args![play_id, key]).await? {
            found.push(Cast {
                shopper_id: key.clone(),
                number: row.get("number")?,
                entry_id: row.get("entry_id")?,
                day: first().plus_days(row.get("day")?),
                points: row.get("points")?,
                at: row.get("cast_at")?,
            });
        }
    }
    Ok(found)
}

/// Keeps a vote, and counts it.
pub(crate) async fn cast(tx: &mut Tx, play_id: &str, one: &Cast) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO votes (play_id, shopper_id, number, entry_id, day, points, cast_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    const COUNT: &str = "INSERT INTO vote_counts (play_id, entry_id, votes, reached_at) VALUES ($1, $2, 1, $3)
        ON CONFLICT (play_id, entry_id) DO UPDATE SET votes = vote_counts.votes + 1, reached_at = excluded.reached_at";
    let day = one.day.days_since(first());
    let row = args![play_id, &one.shopper_id, one.number, &one.entry_id, day, one.points, one.at];
    tx.execute(INSERT, row).await?;
    tx.execute(COUNT, args![play_id, &one.entry_id, one.at]).await.map(drop)
}
