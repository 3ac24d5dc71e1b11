//! What a contest counts, from the rows this room keeps anyway: each fact with whose it is, when it happened, and what of it still
//! stands.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::{Measure, Open};

/// Keys asked about in one statement.
const AT_ONCE: usize = 500;

/// Something that counts, or would if anything of it were left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// The key whose it is.
    pub key: String,
    /// Whose deed it is, if another's: nobody counts for themselves.
    pub by: Option<String>,
    pub at: Timestamp,
    /// What of it stands now.
    pub left: i64,
}

/// The facts of these keys in a contest.
pub(crate) async fn of_keys(tx: &mut Tx, open: &Open, keys: &[String]) -> Result<Vec<Fact>, StoreError> {
    let mut facts = Vec::new();
    for some in keys.chunks(AT_ONCE) {
        match &open.rules.measure {
            Measure::Spent => facts.extend(spent(tx, open, some).await?),
            Measure::Sales { play_id } => facts.extend(sales(tx, open, play_id, some).await?),
            Measure::Friends { play_id } => facts.extend(friends(tx, play_id, some).await?),
            Measure::Votes { play_id } => facts.extend(votes(tx, play_id, some).await?),
        }
    }
    facts.retain(|fact| open.counts(fact.at));
    Ok(facts)
}

/// `$first, $second …` for so many keys behind `before` other values.
fn places(before: usize, keys: &[String]) -> String {
    let places: Vec<String> = (1..=keys.len()).map(|place| format!("${}", before + place)).collect();
    places.join(", ")
}

fn with(mut values: Vec<Value>, keys: &[String]) -> Vec<Value> {
    values.extend(keys.iter().map(Value::from));
    values
}

/// What is left of each order, by the last that was written of it; the first tells when it was paid.
#[derive(Default)]
struct Orders(BTreeMap<String, (Option<Timestamp>, i64, Fact)>);

impl Orders {
    /// One more row of an order.
    fn row(&mut self, row: &Row, by: Option<String>) -> Result<(), StoreError> {
        let (source, number): (String, i64) = (row.get("source")?, row.get("number")?);
        let (at, left): (Timestamp, i64) = (row.get("at")?, row.get("amount")?);
        let fact = Fact { key: row.get("owner")?, by, at, left };
        let known = self.0.entry(source).or_insert((None, number, fact));
        if number == 0 {
            known.0 = Some(at);
        }
        if number >= known.1 {
            (known.1, known.2.left) = (number, left);
        }
        Ok(())
    }

    /// Each as the fact it is; one of which the payment was not read is from before.
    fn facts(self) -> impl Iterator<Item = Fact> {
        self.0.into_values().filter_map(|(paid_at, _, fact)| Some(Fact { at: paid_at?, ..fact }))
    }
}

async fn spent(tx: &mut Tx, open: &Open, keys: &[String]) -> Result<Vec<Fact>, StoreError> {
    let sql = format!(
        "SELECT shopper_id AS owner, source, number, at, amount FROM growth
        WHERE currency = $1 AND at >= $2 AND shopper_id IN ({})",
        places(2, keys)
    );
    let mut orders = Orders::default();
    for row in tx.rows(sql, with(args![open.rules.currency.code(), open.starts_at()], keys)).await? {
        orders.row(&row, None)?;
    }
    Ok(orders.facts().collect())
}

async fn sales(tx: &mut Tx, open: &Open, play_id: &str, keys: &[String]) -> Result<Vec<Fact>, StoreError> {
    let sql = format!(
        "SELECT c.sharer_id AS owner, c.shopper_id AS buyer, g.source AS source, g.number AS number, g.at AS at,
            g.amount AS amount FROM commissions c JOIN growth g ON g.source = c.redemption_id
        WHERE c.level = 1 AND c.play_id = $1 AND c.currency = $2 AND c.paid_at >= $3 AND c.paid_at < $4
        AND c.sharer_id IN ({})",
        places(4, keys)
    );
    let values = args![play_id, open.rules.currency.code(), open.starts_at(), open.run.closes_at];
    let mut orders = Orders::default();
    for row in tx.rows(sql, with(values, keys)).await? {
        let buyer = row.get("buyer")?;
        orders.row(&row, Some(buyer))?;
    }
    Ok(orders.facts().collect())
}

async fn friends(tx: &mut Tx, play_id: &str, keys: &[String]) -> Result<Vec<Fact>, StoreError> {
    let sql = format!(
        "SELECT r.shopper_id AS owner, a.shopper_id AS friend, a.activated_at AS activated_at, s.at AS paid_at,
            (SELECT g.amount FROM growth g WHERE g.source = a.redemption_id ORDER BY g.number DESC LIMIT 1) AS amount
        FROM play_runs r JOIN assist_activations a ON a.run_id = r.run_id
        LEFT JOIN redemption_steps s ON s.redemption_id = a.redemption_id AND s.step = 'redeemed'
        WHERE r.play_id = $1 AND r.kind = 'assist' AND r.shopper_id IN ({})",
        places(1, keys)
    );
    let fact = |row: &Row| {
        let activated_at: Timestamp = row.get("activated_at")?;
        let stands = row.get::<Option<i64>>("amount")?.is_none_or(|left| left > 0);
        Ok(Fact {
            key: row.get("owner")?,
            by: Some(row.get("friend")?),
            at: row.get::<Option<Timestamp>>("paid_at")?.unwrap_or(activated_at),
            left: i64::from(stands),
        })
    };
    tx.rows(sql, with(args![play_id], keys)).await?.iter().map(fact).collect()
}

async fn votes(tx: &mut Tx, play_id: &str, keys: &[String]) -> Result<Vec<Fact>, StoreError> {
    let sql = format!(
        "SELECT e.shopper_id AS owner, v.shopper_id AS voter, v.cast_at AS at FROM vote_entries e
        JOIN votes v ON v.play_id = e.play_id AND v.entry_id = e.entry_id
        WHERE e.play_id = $1 AND e.state = 'shown' AND e.shopper_id IN ({})",
        places(1, keys)
    );
    let fact =
        |row: &Row| Ok(Fact { key: row.get("owner")?, by: Some(row.get("voter")?), at: row.get("at")?, left: 1 });
    tx.rows(sql, with(args![play_id], keys)).await?.iter().map(fact).collect()
}

/// Whose score an order may have changed beside its buyer's: of those whom the measure counts for it.
pub(crate) async fn owners_of_order(
    tx: &mut Tx,
    measure: &Measure,
    redemption_id: &str,
    buyer: &[String],
) -> Result<Vec<String>, StoreError> {
    const SHARER: &str = "SELECT sharer_id AS owner FROM commissions WHERE redemption_id = $1 AND level = 1";
    match measure {
        Measure::Spent => Ok(buyer.to_vec()),
        Measure::Sales { .. } => {
            tx.rows(SHARER, args![redemption_id]).await?.iter().map(|row| row.get("owner")).collect()
        }
        Measure::Friends { play_id } => {
            let sql = format!(
                "SELECT r.shopper_id AS owner FROM assist_activations a JOIN play_runs r ON r.run_id = a.run_id
                WHERE a.play_id = $1 AND a.shopper_id IN ({})",
                places(1, buyer)
            );
            tx.rows(sql, with(args![play_id], buyer)).await?.iter().map(|row| row.get("owner")).collect()
        }
        Measure::Votes { .. } => Ok(Vec::new()),
    }
}
