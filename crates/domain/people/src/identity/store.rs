//! The rows of identity.

use std::collections::BTreeMap;

use fanvine_kernel::{EventKind, Timestamp};
use fanvine_store::{Place, Row, Store, StoreError, Tx, Value, args};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::Receiver;

use super::decision::{Decided, DecisionId, Decisions};
use super::evidence::Evidence;
use super::identifier::{Identifier, PersonId};
use super::outgoing::{Merge, MergeKind, Review, ReviewReason, Unsaved};
use super::policy::Policy;

/// Rows of evidence read at a time.
const PAGE: usize = 4_096;

/// What was saved, but for the evidence.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    pub policy: Option<Policy>,
    pub decisions: Decisions,
    /// What is held.
    pub reviews: Vec<Review>,
    /// The number of the next entry of the audit.
    pub next_merge: i64,
}

/// Saves what was learnt. To be called in the transaction that moves the offset of the log on; when that is committed,
/// [`Identity::saved`](super::Identity::saved) must hear of it. The same once more changes nothing.
pub async fn take_in(tx: &mut Tx, unsaved: &Unsaved) -> Result<(), StoreError> {
    tx.insert_many(
        "INSERT INTO identity_evidence
         (evidence_key, a_kind, a_value, b_kind, b_value, call, source_id, first_at, last_at, times) VALUES",
        unsaved.evidence.iter().map(evidence_row).collect(),
        "ON CONFLICT (evidence_key) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at,
         times = excluded.times",
    )
    .await?;
    tx.insert_many(
        "INSERT INTO identity_merges (merge_id, at, what, from_person, to_person, keys, cause, path) VALUES",
        unsaved.merges.iter().map(merge_row).collect(),
        "ON CONFLICT (merge_id) DO NOTHING",
    )
    .await?;
    // Of several words on one thing, the last.
    let reviews: BTreeMap<_, _> =
        unsaved.reviews.iter().map(|review| ((review.reason.as_str(), &review.identifier), review)).collect();
    tx.insert_many(
        "INSERT INTO identity_reviews (reason, kind, value, size, found_at, settled_at) VALUES",
        reviews.into_values().map(review_row).collect(),
        "ON CONFLICT (reason, kind, value) DO UPDATE SET size = excluded.size, found_at = excluded.found_at,
         settled_at = excluded.settled_at",
    )
    .await?;
    Ok(())
}

fn evidence_row(one: &Evidence) -> Vec<Value> {
    args![
        one.key(),
        one.a.kind.to_string(),
        &*one.a.value,
        one.b.kind.to_string(),
        &*one.b.value,
        one.call.as_str(),
        one.source.as_str(),
        one.first_at,
        one.last_at,
        one.times
    ]
}

fn merge_row(merge: &Merge) -> Vec<Value> {
    args![
        merge.id,
        merge.at,
        merge.what.as_str(),
        merge.from.to_string(),
        merge.to.to_string(),
        written(&merge.keys),
        written(&merge.cause),
        written(&merge.path)
    ]
}

fn review_row(review: &Review) -> Vec<Value> {
    let identifier = &review.identifier;
    args![
        review.reason.as_str(),
        identifier.kind.to_string(),
        &*identifier.value,
        review.size,
        review.found_at,
        review.settled_at
    ]
}

/// Reads what was saved, but for the evidence.
pub(crate) async fn load(tx: &mut Tx) -> Result<Saved, StoreError> {
    let mut saved = Saved { next_merge: next_merge(tx).await?, ..Saved::default() };
    if let Some(row) = tx.one("SELECT policy FROM identity_policy", args![]).await? {
        saved.policy = read(&row, "policy")?;
    }
    let decisions =
        tx.rows("SELECT decision_id, decision, decided_at, decided_by, note FROM identity_decisions", args![]).await?;
    for row in &decisions {
        if let Some(decision) = read(row, "decision")? {
            let id = DecisionId::stored(row.get("decision_id")?);
            let (decided_at, decided_by) = (row.get("decided_at")?, row.get("decided_by")?);
            let decided = Decided { id, decision, decided_at, decided_by, note: row.get("note")? };
            saved.decisions.add(decided);
        }
    }
    let held = "SELECT reason, kind, value, size, found_at FROM identity_reviews WHERE settled_at IS NULL";
    for row in tx.rows(held, args![]).await? {
        let Some(identifier) = identifier(&row, "kind", "value")? else { continue };
        let reason = if row.get::<String>("reason")? == "storm" { ReviewReason::Storm } else { ReviewReason::Shared };
        let (size, found_at) = (row.get("size")?, row.get("found_at")?);
        saved.reviews.push(Review { reason, identifier, size, found_at, settled_at: None });
    }
    Ok(saved)
}

/// All evidence that was saved, in no order. There may be millions of pieces.
pub(crate) fn evidence(store: &Store) -> Receiver<Result<Vec<Row>, StoreError>> {
    let sql =
        "SELECT a_kind, a_value, b_kind, b_value, call, source_id, first_at, last_at, times FROM identity_evidence";
    store.scan(sql, args![], PAGE)
}

async fn next_merge(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = tx.one("SELECT MAX(merge_id) AS last FROM identity_merges", args![]).await?;
    let last: Option<i64> = row.map_or(Ok(None), |row| row.get("last"))?;
    Ok(last.unwrap_or(0) + 1)
}

/// A row of [`evidence`]; none if it cannot be read.
pub(crate) fn read_evidence(row: &Row) -> Result<Option<Evidence>, StoreError> {
    // By number: at the start there are millions of them.
    let (Some(a), Some(b)) = (identifier(row, 0, 1)?, identifier(row, 2, 3)?) else { return Ok(None) };
    let call = match row.get::<String>(4)?.as_str() {
        "identify" => EventKind::Identify,
        "page" => EventKind::Page,
        "screen" => EventKind::Screen,
        "group" => EventKind::Group,
        "alias" => EventKind::Alias,
        _ => EventKind::Track,
    };
    let Ok(source) = row.get::<String>(5)?.parse() else { return Ok(None) };
    let mut one = Evidence::once(a, b, call, source, row.get(6)?);
    (one.last_at, one.times) = (row.get(7)?, row.get(8)?);
    Ok(Some(one))
}

fn identifier(row: &Row, kind: impl Place, value: impl Place) -> Result<Option<Identifier>, StoreError> {
    let (kind, value): (String, String) = (row.get(kind)?, row.get(value)?);
    Ok(kind.parse().ok().and_then(|kind| Identifier::new(kind, &value).ok()))
}

pub(crate) async fn insert_decision(tx: &mut Tx, decided: &Decided) -> Result<(), StoreError> {
    let sql = "INSERT INTO identity_decisions (decision_id, decision, decided_at, note, decided_by) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (decision_id) DO NOTHING";
    let (note, by) = (decided.note.clone(), decided.decided_by.clone());
    tx.execute(sql, args![decided.id.as_str(), written(&decided.decision), decided.decided_at, note, by]).await?;
    Ok(())
}

pub(crate) async fn delete_decision(tx: &mut Tx, id: &DecisionId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM identity_decisions WHERE decision_id = $1", args![id.as_str()]).await?;
    Ok(())
}

pub(crate) async fn set_policy(tx: &mut Tx, policy: &Policy, at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO identity_policy (policy_id, policy, changed_at) VALUES (1, $1, $2)
               ON CONFLICT (policy_id) DO UPDATE SET policy = excluded.policy, changed_at = excluded.changed_at";
    tx.execute(sql, args![written(policy), at]).await?;
    Ok(())
}

/// Up to `limit` entries of the audit, newest first, older than the one numbered `before`; of one person, if given.
pub(crate) async fn merges(
    tx: &mut Tx,
    before: i64,
    person: Option<PersonId>,
    limit: i64,
) -> Result<Vec<Merge>, StoreError> {
    const ALL: &str = "SELECT merge_id, at, what, from_person, to_person, keys, cause, path FROM identity_merges
                       WHERE merge_id < $1 ORDER BY merge_id DESC LIMIT $2";
    const OF_ONE: &str = "SELECT merge_id, at, what, from_person, to_person, keys, cause, path FROM identity_merges
                          WHERE merge_id < $1 AND (from_person = $3 OR to_person = $3) ORDER BY merge_id DESC LIMIT $2";
    let rows = match person {
        None => tx.rows(ALL, args![before, limit]).await?,
        Some(person) => tx.rows(OF_ONE, args![before, limit, person.to_string()]).await?,
    };
    let mut merges = Vec::with_capacity(rows.len());
    for row in &rows {
        let person = |column| Ok::<_, StoreError>(row.get::<String>(column)?.parse::<PersonId>().ok());
        let (Some(from), Some(to), Some(cause)) = (person("from_person")?, person("to_person")?, read(row, "cause")?)
        else {
            continue;
        };
        merges.push(Merge {
            id: row.get("merge_id")?,
            at: row.get("at")?,
            what: MergeKind::named(&row.get::<String>("what")?),
            from,
            to,
            keys: read(row, "keys")?.unwrap_or_default(),
            cause,
            path: read(row, "path")?.unwrap_or_default(),
        });
    }
    Ok(merges)
}

/// A column of JSON; none, and a word in the log, if a program of another time wrote what cannot be read now.
fn read<T: DeserializeOwned>(row: &Row, column: &str) -> Result<Option<T>, StoreError> {
    let text: String = row.get(column)?;
    let read = serde_json::from_str(&text);
    Ok(read.inspect_err(|error| tracing::error!(column, %error, "identity holds a row that cannot be read")).ok())
}

/// As JSON: strings and numbers only, so that it cannot fail.
fn written<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
