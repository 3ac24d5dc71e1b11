//! The rows of who met a campaign, and how they add up to people.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::assign::{Arm, Assigned, standing};

const COLUMNS: &str = "shopper_key, person_key, arm, assigned_at, met";

fn read(row: &Row) -> Result<Assigned, StoreError> {
    Ok(Assigned {
        shopper_key: row.get("shopper_key")?,
        person_key: row.get("person_key")?,
        arm: Arm::named(&row.get::<String>("arm")?),
        at: row.get("assigned_at")?,
        met: row.get("met")?,
    })
}

/// The assignments of these keys.
pub(crate) async fn of_keys(tx: &mut Tx, campaign_id: &str, keys: &[String]) -> Result<Vec<Assigned>, StoreError> {
    // A campaign's rows are looked up key by key: a person has few.
    const SELECT: &str = "SELECT campaign_id, shopper_key, person_key, arm, assigned_at, met FROM campaign_assignments
        WHERE shopper_key IN (";
    let rows = tx.rows_in(SELECT, keys.iter().map(Value::from).collect(), ")").await?;
    let mine = |row: &&Row| row.get::<String>("campaign_id").is_ok_and(|id| id == campaign_id);
    rows.iter().filter(mine).map(read).collect()
}

/// Writes down what these keys are, where nothing is written yet.
pub(crate) async fn assign(tx: &mut Tx, campaign_id: &str, rows: &[Assigned]) -> Result<u64, StoreError> {
    const INSERT: &str =
        "INSERT INTO campaign_assignments (campaign_id, shopper_key, person_key, arm, assigned_at, met)
        VALUES";
    let row =
        |one: &Assigned| args![campaign_id, &one.shopper_key, &one.person_key, one.arm.as_str(), one.at, &one.met];
    tx.insert_many(INSERT, rows.iter().map(row).collect(), "ON CONFLICT DO NOTHING").await
}

/// Assignments of a campaign behind a key, by key.
pub(crate) async fn page(tx: &mut Tx, campaign_id: &str, after: &str, most: u32) -> Result<Vec<Assigned>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM campaign_assignments WHERE campaign_id = $1 AND shopper_key > $2
        ORDER BY shopper_key LIMIT $3"
    );
    tx.rows(sql, args![campaign_id, after, most]).await?.iter().map(read).collect()
}

/// All assignments of a campaign.
pub(crate) async fn all(tx: &mut Tx, campaign_id: &str) -> Result<Vec<Assigned>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM campaign_assignments WHERE campaign_id = $1");
    tx.rows(sql, args![campaign_id]).await?.iter().map(read).collect()
}

/// A person who met a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub arm: Arm,
    /// When they met it.
    pub since: Timestamp,
    /// Whether a merge joined somebody treated with somebody held out.
    pub mixed: bool,
}

/// The people who met a campaign, and which keys are whose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct People {
    pub people: Vec<Person>,
    of: BTreeMap<String, usize>,
}

impl People {
    /// The people these assignments are of, where `merged` are the keys of whoever has several.
    pub fn new(assigned: &[Assigned], merged: &[Vec<String>]) -> Self {
        let by_key: BTreeMap<&str, &Assigned> = assigned.iter().map(|one| (one.shopper_key.as_str(), one)).collect();
        let mut people = Self::default();
        for keys in merged {
            let of_keys: Vec<&Assigned> = keys.iter().filter_map(|key| by_key.get(key.as_str()).copied()).collect();
            people.add(&of_keys, keys.iter().cloned());
        }
        for one in assigned {
            if !people.of.contains_key(&one.shopper_key) {
                people.add(&[one], std::iter::once(one.shopper_key.clone()));
            }
        }
        people
    }

    fn add(&mut self, of_keys: &[&Assigned], keys: impl Iterator<Item = String>) {
        let Some(stands) = standing(of_keys.iter().copied()) else { return };
        let mixed = of_keys.iter().any(|one| one.arm != stands.arm);
        let number = self.people.len();
        self.people.push(Person { arm: stands.arm, since: stands.at, mixed });
        self.of.extend(keys.map(|key| (key, number)));
    }

    /// The place of the person with that key.
    pub fn of(&self, shopper_key: &str) -> Option<usize> {
        self.of.get(shopper_key).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_person_are_counted_once_and_a_mixed_merge_is_seen() {
        let one = |key: &str, arm, at| Assigned {
            shopper_key: key.into(),
            person_key: key.into(),
            arm,
            at: Timestamp::from_micros(at),
            met: String::new(),
        };
        let assigned = [one("a", Arm::Treated, 5), one("b", Arm::HeldOut, 3), one("c", Arm::Treated, 1)];
        let merged = [vec!["a".to_owned(), "b".to_owned(), "never-came".to_owned()], vec!["x".into(), "y".into()]];
        let people = People::new(&assigned, &merged);
        assert_eq!(people.people.len(), 2);
        assert_eq!((people.of("a"), people.of("never-came"), people.of("x")), (Some(0), Some(0), None));
        assert_eq!(people.people[0], Person { arm: Arm::HeldOut, since: Timestamp::from_micros(3), mixed: true });
        assert!(!people.people[1].mixed);
    }
}
