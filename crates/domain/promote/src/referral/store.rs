//! The rows of sharers, of who brought whom, and of what that earned.

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::{Brought, Rates, Referral};
use crate::plays::{Play, Rules, store};

/// Somebody who shares in a play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sharer {
    pub sharer_id: String,
    pub play_id: String,
    pub code: String,
    pub joined_at: Timestamp,
}

/// What an order earned on one level, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Earned {
    pub redemption_id: String,
    pub level: i64,
    pub play_id: String,
    pub version: i64,
    pub sharer_id: String,
    pub shopper_id: String,
    pub order_id: Option<String>,
    pub currency: String,
    pub amount_minor: i64,
    /// Taken back by now.
    pub taken_minor: i64,
    pub rates: Rates,
    pub paid_at: Timestamp,
    pub opens_at: Timestamp,
}

impl Earned {
    pub fn left_minor(&self) -> i64 {
        self.amount_minor - self.taken_minor
    }
}

fn texts(keys: &[String]) -> Vec<Value> {
    keys.iter().map(Value::from).collect()
}

fn sharer(row: &Row) -> Result<Sharer, StoreError> {
    Ok(Sharer {
        sharer_id: row.get("sharer_id")?,
        play_id: row.get("play_id")?,
        code: row.get("code")?,
        joined_at: row.get("joined_at")?,
    })
}

/// As whom these keys of a person share, in all plays; who joined first, first.
pub(crate) async fn sharers_of(tx: &mut Tx, keys: &[String]) -> Result<Vec<Sharer>, StoreError> {
    const OF: &str = "SELECT sharer_id, play_id, code, joined_at FROM sharers WHERE sharer_id IN (";
    let rows = tx.rows_in(OF, texts(keys), ")").await?;
    let mut found = rows.iter().map(sharer).collect::<Result<Vec<_>, _>>()?;
    found.sort_by(|one, other| (one.joined_at, &one.code).cmp(&(other.joined_at, &other.code)));
    Ok(found)
}

/// The sharer of that code.
pub(crate) async fn of_code(tx: &mut Tx, code: &str) -> Result<Option<Sharer>, StoreError> {
    let row = tx.one("SELECT sharer_id, play_id, code, joined_at FROM sharers WHERE code = $1", args![code]).await?;
    row.as_ref().map(sharer).transpose()
}

/// Sharers behind `after`, by identifier, of a play if one is told.
pub(crate) async fn sharers(
    tx: &mut Tx,
    play_id: Option<&str>,
    after: &str,
    most: u32,
) -> Result<Vec<Sharer>, StoreError> {
    const OF_PLAY: &str = "SELECT sharer_id, play_id, code, joined_at FROM sharers
        WHERE play_id = $1 AND sharer_id > $2 ORDER BY sharer_id LIMIT $3";
    const ALL: &str = "SELECT sharer_id, play_id, code, joined_at FROM sharers s WHERE sharer_id > $1
        AND joined_at = (SELECT MIN(joined_at) FROM sharers o WHERE o.sharer_id = s.sharer_id)
        ORDER BY sharer_id LIMIT $2";
    let rows = match play_id {
        Some(play_id) => tx.rows(OF_PLAY, args![play_id, after, most]).await?,
        None => tx.rows(ALL, args![after, most]).await?,
    };
    rows.iter().map(sharer).collect()
}

pub(crate) async fn add_sharer(tx: &mut Tx, one: &Sharer) -> Result<u64, StoreError> {
    const INSERT: &str = "INSERT INTO sharers (sharer_id, play_id, code, joined_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    tx.execute(INSERT, args![&one.sharer_id, &one.play_id, &one.code, one.joined_at]).await
}

fn brought(row: &Row) -> Result<(String, Brought), StoreError> {
    let one = Brought {
        shopper_id: row.get("shopper_id")?,
        sharer_id: row.get("sharer_id")?,
        bound_at: row.get("bound_at")?,
    };
    Ok((row.get("play_id")?, one))
}

/// Every time that any of these keys was brought, each with its play.
pub(crate) async fn brought_of(tx: &mut Tx, keys: &[String]) -> Result<Vec<(String, Brought)>, StoreError> {
    const OF: &str = "SELECT shopper_id, play_id, sharer_id, bound_at FROM referral_bindings WHERE shopper_id IN (";
    tx.rows_in(OF, texts(keys), ")").await?.iter().map(brought).collect()
}

/// Every time that any of these sharers brought somebody, each with its play.
pub(crate) async fn brought_by(tx: &mut Tx, sharers: &[String]) -> Result<Vec<(String, Brought)>, StoreError> {
    const BY: &str = "SELECT shopper_id, play_id, sharer_id, bound_at FROM referral_bindings WHERE sharer_id IN (";
    tx.rows_in(BY, texts(sharers), ")").await?.iter().map(brought).collect()
}

/// The keys this sharer ever brought in a play, so many at most.
pub(crate) async fn keys_brought(
    tx: &mut Tx,
    play_id: &str,
    sharer_id: &str,
    most: u32,
) -> Result<Vec<String>, StoreError> {
    const KEYS: &str = "SELECT DISTINCT shopper_id FROM referral_bindings
        WHERE sharer_id = $1 AND play_id = $2 ORDER BY shopper_id LIMIT $3";
    tx.rows(KEYS, args![sharer_id, play_id, most]).await?.iter().map(|row| row.get("shopper_id")).collect()
}

pub(crate) async fn bind(tx: &mut Tx, play_id: &str, one: &Brought) -> Result<u64, StoreError> {
    const INSERT: &str = "INSERT INTO referral_bindings (shopper_id, play_id, bound_at, sharer_id)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    tx.execute(INSERT, args![&one.shopper_id, play_id, one.bound_at, &one.sharer_id]).await
}

/// A referral play as it is published, with its rules.
pub(crate) async fn rules(tx: &mut Tx, play_id: &str) -> Result<Option<(Play, Referral)>, StoreError> {
    let play = store::published(tx, play_id).await?;
    Ok(play.and_then(|play| match play.terms.rules.clone() {
        Rules::Referral(rules) => Some((play, rules)),
        _ => None,
    }))
}

/// The rows of what an order earned, told once it opens.
pub(crate) fn earned(all: &[Earned]) -> Vec<Along> {
    let row = |one: &Earned| Along {
        head: "INSERT INTO commissions (redemption_id, level, play_id, version, sharer_id, shopper_id, order_id,
               currency, amount_minor, rates, paid_at, opens_at) VALUES",
        row: args![
            &one.redemption_id,
            one.level,
            &one.play_id,
            one.version,
            &one.sharer_id,
            &one.shopper_id,
            one.order_id.as_deref(),
            &one.currency,
            one.amount_minor,
            crate::offers::store::json(&one.rates),
            one.paid_at,
            one.opens_at
        ],
        tail: "",
    };
    let due = all.first().map(|one| Along {
        head: "INSERT INTO commission_due (redemption_id, due_at) VALUES",
        row: args![&one.redemption_id, one.opens_at],
        tail: "",
    });
    all.iter().map(row).chain(due).collect()
}

/// The row of what is taken back, by the number of the return.
pub(crate) fn taken(one: &Earned, number: i64, amount_minor: i64, now: Timestamp) -> Along {
    Along {
        head: "INSERT INTO commission_returns (redemption_id, level, number, amount_minor, taken_at) VALUES",
        row: args![&one.redemption_id, one.level, number, amount_minor, now],
        tail: "ON CONFLICT DO NOTHING",
    }
}

const SELECT: &str = "SELECT c.redemption_id AS redemption_id, c.level AS level, c.play_id AS play_id,
    c.version AS version, c.sharer_id AS sharer_id, c.shopper_id AS shopper_id, c.order_id AS order_id,
    c.currency AS currency, c.amount_minor AS amount_minor, c.rates AS rates, c.paid_at AS paid_at,
    c.opens_at AS opens_at, (SELECT CAST(COALESCE(SUM(b.amount_minor), 0) AS BIGINT) FROM commission_returns b
        WHERE b.redemption_id = c.redemption_id AND b.level = c.level) AS taken_minor FROM commissions c";

fn read(row: &Row) -> Result<Earned, StoreError> {
    Ok(Earned {
        redemption_id: row.get("redemption_id")?,
        level: row.get("level")?,
        play_id: row.get("play_id")?,
        version: row.get("version")?,
        sharer_id: row.get("sharer_id")?,
        shopper_id: row.get("shopper_id")?,
        order_id: row.get("order_id")?,
        currency: row.get("currency")?,
        amount_minor: row.get("amount_minor")?,
        taken_minor: row.get("taken_minor")?,
        // Nothing but this program writes them.
        rates: serde_json::from_str(&row.get::<String>("rates")?).unwrap_or_default(),
        paid_at: row.get("paid_at")?,
        opens_at: row.get("opens_at")?,
    })
}

/// What an order earned, by level.
pub(crate) async fn of_order(tx: &mut Tx, redemption_id: &str) -> Result<Vec<Earned>, StoreError> {
    let rows = tx.rows(format!("{SELECT} WHERE c.redemption_id = $1 ORDER BY c.level"), args![redemption_id]).await?;
    rows.iter().map(read).collect()
}

/// What a sharer earned before an order, the latest first.
pub(crate) async fn of_sharer(
    tx: &mut Tx,
    sharer_id: &str,
    before: &str,
    most: u32,
) -> Result<Vec<Earned>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE c.sharer_id = $1 AND c.redemption_id < $2 ORDER BY c.redemption_id DESC, c.level LIMIT $3"
    );
    tx.rows(sql, args![sharer_id, before, most]).await?.iter().map(read).collect()
}

/// In which currencies a sharer ever earned.
pub(crate) async fn currencies(tx: &mut Tx, sharer_id: &str) -> Result<Vec<String>, StoreError> {
    const OF: &str = "SELECT DISTINCT currency FROM commissions WHERE sharer_id = $1 ORDER BY currency";
    tx.rows(OF, args![sharer_id]).await?.iter().map(|row| row.get("currency")).collect()
}

/// Orders whose commission opens by `now` and was not told of, each with when.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp, most: u32) -> Result<Vec<String>, StoreError> {
    const DUE: &str = "SELECT redemption_id FROM commission_due WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
    tx.rows(DUE, args![now, most]).await?.iter().map(|row| row.get("redemption_id")).collect()
}

pub(crate) async fn told(tx: &mut Tx, redemption_id: &str) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM commission_due WHERE redemption_id = $1", args![redemption_id]).await
}
