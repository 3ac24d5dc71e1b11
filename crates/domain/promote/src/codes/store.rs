//! The rows of codes.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::Code;

fn read(row: &Row) -> Result<Code, StoreError> {
    Ok(Code { code: row.get("code")?, offer_id: row.get("offer_id")?, most_uses: row.get("most_uses")? })
}

/// Those of these codes that there are.
pub(crate) async fn some(tx: &mut Tx, codes: BTreeSet<String>) -> Result<BTreeMap<String, Code>, StoreError> {
    const SELECT: &str = "SELECT code, offer_id, most_uses FROM offer_codes WHERE code IN (";
    let rows = tx.rows_in(SELECT, codes.into_iter().map(Value::from).collect(), ")").await?;
    rows.iter().map(|row| read(row).map(|code| (code.code.clone(), code))).collect()
}

/// Saves codes that are not there yet; how many were not.
pub(crate) async fn add(tx: &mut Tx, codes: Vec<Code>) -> Result<u64, StoreError> {
    let rows = codes.iter().map(|code| args![&code.code, &code.offer_id, code.most_uses]).collect();
    tx.insert_many("INSERT INTO offer_codes (code, offer_id, most_uses) VALUES", rows, "ON CONFLICT DO NOTHING").await
}

/// The request of that key, and how many codes it has made.
pub(crate) async fn batch(tx: &mut Tx, key: &str) -> Result<Option<(String, i64)>, StoreError> {
    let row = tx.one("SELECT request, made FROM offer_code_batches WHERE idempotency_key = $1", args![key]).await?;
    row.map(|row| Ok((row.get("request")?, row.get("made")?))).transpose()
}

pub(crate) async fn save_batch(tx: &mut Tx, key: &str, request: &str, made: i64) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO offer_code_batches (idempotency_key, request, made) VALUES ($1, $2, $3)
        ON CONFLICT (idempotency_key) DO UPDATE SET made = excluded.made";
    tx.execute(UPSERT, args![key, request, made]).await?;
    Ok(())
}

/// Codes of an offer, by name, behind `after`.
pub(crate) async fn page(tx: &mut Tx, offer_id: &str, after: &str, most: u32) -> Result<Vec<Code>, StoreError> {
    const SELECT: &str = "SELECT code, offer_id, most_uses FROM offer_codes WHERE offer_id = $1 AND code > $2
        ORDER BY code LIMIT $3";
    tx.rows(SELECT, args![offer_id, after, most]).await?.iter().map(read).collect()
}

/// How many codes an offer has.
pub(crate) async fn count(tx: &mut Tx, offer_id: &str) -> Result<i64, StoreError> {
    let row = tx.one("SELECT COUNT(*) AS many FROM offer_codes WHERE offer_id = $1", args![offer_id]).await?;
    row.map_or(Ok(0), |row| row.get("many"))
}
