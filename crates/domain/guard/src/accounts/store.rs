//! The rows of accounts.

use fanvine_contracts::access::Role;
use fanvine_kernel::ids::AccountId;
use fanvine_store::{Row, StoreError, Tx, args};

use super::{Account, AccountError, Email, PasswordHash};
use crate::rows::{parsed, role};

const COLUMNS: &str = "account_id, email, name, role, created_at";

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: parsed(row, "account_id")?,
        email: Email(row.get("email")?),
        name: row.get("name")?,
        role: role(row)?,
        created_at: row.get("created_at")?,
    })
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Account>, StoreError> {
    let rows = tx.rows(format!("SELECT {COLUMNS} FROM accounts ORDER BY created_at, account_id"), args![]).await?;
    rows.iter().map(account).collect()
}

pub(crate) async fn find(tx: &mut Tx, id: &AccountId) -> Result<Option<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE account_id = $1");
    tx.one(sql, args![id.as_str()]).await?.as_ref().map(account).transpose()
}

/// The account and the hash of its password, by e-mail.
pub(crate) async fn find_to_sign_in(tx: &mut Tx, email: &str) -> Result<Option<(Account, PasswordHash)>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, password_hash FROM accounts WHERE email = $1");
    let Some(row) = tx.one(sql, args![email]).await? else { return Ok(None) };
    Ok(Some((account(&row)?, PasswordHash::kept(row.get("password_hash")?))))
}

pub(crate) async fn password_of(tx: &mut Tx, id: &AccountId) -> Result<Option<PasswordHash>, StoreError> {
    let row = tx.one("SELECT password_hash FROM accounts WHERE account_id = $1", args![id.as_str()]).await?;
    row.map(|row| row.get("password_hash").map(PasswordHash::kept)).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, account: &Account, password: &PasswordHash) -> Result<(), AccountError> {
    let written = tx
        .execute(
            "INSERT INTO accounts (account_id, email, name, role, password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING",
            args![
                account.id.as_str(),
                account.email.as_str(),
                account.name.as_str(),
                account.role.as_str(),
                password.as_str(),
                account.created_at
            ],
        )
        .await?;
    if written == 0 { Err(AccountError::EmailTaken(account.email.to_string())) } else { Ok(()) }
}

pub(crate) async fn set_name_and_role(tx: &mut Tx, account: &Account) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE accounts SET name = $1, role = $2 WHERE account_id = $3",
        args![account.name.as_str(), account.role.as_str(), account.id.as_str()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_password(tx: &mut Tx, id: &AccountId, password: &PasswordHash) -> Result<(), StoreError> {
    tx.execute("UPDATE accounts SET password_hash = $1 WHERE account_id = $2", args![password.as_str(), id.as_str()])
        .await?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Tx, id: &AccountId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM accounts WHERE account_id = $1", args![id.as_str()]).await?;
    Ok(())
}

pub(crate) async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    number(tx.one("SELECT count(*) AS n FROM accounts", args![]).await?)
}

/// How many owners there are; until the transaction ends, nobody else can change that.
pub(crate) async fn count_owners_held(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.lock("guard/owners").await?;
    let sql = "SELECT count(*) AS n FROM accounts WHERE role = $1";
    number(tx.one(sql, args![Role::Owner.as_str()]).await?)
}

fn number(row: Option<Row>) -> Result<i64, StoreError> {
    row.map_or(Ok(0), |row| row.get("n"))
}
