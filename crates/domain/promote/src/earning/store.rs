//! The rows of what earns points, and of what was given for it.

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, args};

use super::{EarningRule, Version};
use crate::offers::store::json;

/// Points that were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gift {
    pub gift: String,
    pub rule_id: String,
    pub version: i64,
    pub shopper_id: String,
    pub points: i64,
    pub event: String,
    pub message_id: String,
    pub given_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

const COLUMNS: &str = "g.gift AS gift, g.rule_id AS rule_id, g.version AS version, g.shopper_id AS shopper_id,
    g.points AS points, g.event AS event, g.message_id AS message_id, g.given_at AS given_at, g.expires_at AS expires_at";

/// The key of the command that gives it.
pub(crate) fn key(gift: &str) -> String {
    format!("earned/{gift}")
}

pub(crate) fn row(gift: &Gift) -> Along {
    Along {
        head: "INSERT INTO points_given
            (gift, rule_id, version, shopper_id, points, event, message_id, given_at, expires_at) VALUES",
        row: args![
            &gift.gift,
            &gift.rule_id,
            gift.version,
            &gift.shopper_id,
            gift.points,
            &gift.event,
            &gift.message_id,
            gift.given_at,
            gift.expires_at
        ],
        tail: "",
    }
}

pub(crate) fn taken_back(gift: &str, now: Timestamp) -> Along {
    Along { head: "INSERT INTO points_taken_back (gift, taken_at) VALUES", row: args![gift, now], tail: "" }
}

fn read(row: &Row) -> Result<Gift, StoreError> {
    Ok(Gift {
        gift: row.get("gift")?,
        rule_id: row.get("rule_id")?,
        version: row.get("version")?,
        shopper_id: row.get("shopper_id")?,
        points: row.get("points")?,
        event: row.get("event")?,
        message_id: row.get("message_id")?,
        given_at: row.get("given_at")?,
        expires_at: row.get("expires_at")?,
    })
}

pub(crate) async fn one(tx: &mut Tx, gift: &str) -> Result<Option<Gift>, StoreError> {
    let select = format!("SELECT {COLUMNS} FROM points_given g WHERE g.gift = $1");
    tx.one(select, args![gift]).await?.as_ref().map(read).transpose()
}

/// What a shopper was given, the latest first, with when it was taken back; those before a place in that order.
pub(crate) async fn of_shopper(
    tx: &mut Tx,
    shopper: &str,
    before: Option<(i64, String)>,
    most: u32,
) -> Result<Vec<(Gift, Option<Timestamp>)>, StoreError> {
    let select = format!(
        "SELECT {COLUMNS}, t.taken_at AS taken_at FROM points_given g LEFT JOIN points_taken_back t ON t.gift = g.gift
         WHERE g.shopper_id = $1 AND (g.given_at < $2 OR g.given_at = $2 AND g.gift < $3)
         ORDER BY g.given_at DESC, g.gift DESC LIMIT $4"
    );
    let (at, gift) = before.unwrap_or((i64::MAX, String::new()));
    let rows = tx.rows(select, args![shopper, at, gift, most]).await?;
    rows.iter().map(|row| Ok((read(row)?, row.get("taken_at")?))).collect()
}

/// All rules with all their versions.
pub(crate) async fn rules(tx: &mut Tx) -> Result<Vec<EarningRule>, StoreError> {
    const SELECT: &str = "SELECT rule_id, version, since, terms FROM earning_rules ORDER BY rule_id, version";
    let mut rules: Vec<EarningRule> = Vec::new();
    for row in tx.rows(SELECT, args![]).await? {
        let (rule_id, number): (String, i64) = (row.get("rule_id")?, row.get("version")?);
        let terms = match serde_json::from_str(&row.get::<String>("terms")?) {
            Ok(terms) => terms,
            Err(error) => {
                tracing::error!(%error, rule_id, number, "a rule for earning points cannot be read back");
                continue;
            }
        };
        let version = Version { number, since: row.get("since")?, terms };
        match rules.last_mut().filter(|last| last.rule_id == rule_id) {
            Some(last) => last.versions.push(version),
            None => rules.push(EarningRule { rule_id, versions: vec![version] }),
        }
    }
    Ok(rules)
}

/// Saves a version.
pub(crate) async fn save(tx: &mut Tx, rule_id: &str, version: &Version) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO earning_rules (rule_id, version, since, terms) VALUES ($1, $2, $3, $4)";
    tx.execute(INSERT, args![rule_id, version.number, version.since, json(&version.terms)]).await?;
    Ok(())
}
