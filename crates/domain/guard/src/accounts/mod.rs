//! Accounts: the people of the shop who sign in.
//!
//! What an e-mail, a name and a password must be, and the rule that an owner always remains.

pub(crate) mod create;
pub(crate) mod first_owner;
pub(crate) mod list;
mod password;
pub(crate) mod remove;
pub(crate) mod store;
pub(crate) mod update;

use std::fmt;

use fanvine_contracts::access::Role;
use fanvine_kernel::ids::AccountId;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use serde::Serialize;

pub use first_owner::FirstOwner;
pub use password::{HashCost, HashError};
pub(crate) use password::{NewPassword, PasswordHash, PasswordHasher};

const LONGEST_EMAIL: usize = 254;
const LONGEST_NAME: usize = 100;

/// Why an account could not be made, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not an address of the form `name@place`.
    #[error("`{0}` is not an e-mail address of the form name@place, at most {LONGEST_EMAIL} characters long")]
    InvalidEmail(String),
    /// Empty, too long, or with characters that do not print.
    #[error("a name has 1 to {LONGEST_NAME} printable characters, this one has {length}")]
    InvalidName {
        /// Characters given.
        length: usize,
    },
    /// Too short or too long.
    #[error("a password has {shortest} to {longest} characters, this one has {length}", shortest = password::SHORTEST, longest = password::LONGEST)]
    InvalidPassword {
        /// Characters given.
        length: usize,
    },
    /// Another account has this e-mail.
    #[error("an account with the e-mail {0} exists already")]
    EmailTaken(String),
    /// No account has this identifier.
    #[error("there is no account {0}")]
    Unknown(String),
    /// The change would leave nobody who may manage accounts.
    #[error("{0} is the last owner, and a shop needs one")]
    LastOwner(String),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AccountError> for Problem {
    fn from(cause: AccountError) -> Self {
        let detail = cause.to_string();
        match cause {
            AccountError::InvalidEmail(_) => Problem::new(Code::InvalidBody, detail).at("/email"),
            AccountError::InvalidName { .. } => Problem::new(Code::InvalidBody, detail).at("/name"),
            AccountError::InvalidPassword { .. } => Problem::new(Code::InvalidBody, detail).at("/password"),
            AccountError::EmailTaken(_) => Problem::new(Code::Conflict, detail).at("/email"),
            AccountError::Unknown(_) => Problem::new(Code::NotFound, detail),
            AccountError::LastOwner(_) => Problem::new(Code::Conflict, detail),
            AccountError::Hash(cause) => cause.into(),
            AccountError::Store(cause) => cause.into(),
        }
    }
}

/// An e-mail address in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub(crate) struct Email(String);

impl Email {
    /// Reads an address; only its broad form is checked, since the shop writes it, not a stranger.
    pub(crate) fn parse(text: &str) -> Result<Self, AccountError> {
        let address = text.trim().to_lowercase();
        let refused = || AccountError::InvalidEmail(text.chars().take(80).collect());
        let (name, place) = address.split_once('@').ok_or_else(refused)?;
        let plain = !name.is_empty()
            && !place.is_empty()
            && !place.contains('@')
            && address.chars().count() <= LONGEST_EMAIL
            && !address.chars().any(|character| character.is_whitespace() || character.is_control());
        if plain { Ok(Self(address)) } else { Err(refused()) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A name a person or a key is called by, trimmed.
pub(crate) fn parse_name(text: &str) -> Result<String, AccountError> {
    let name = text.trim();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(AccountError::InvalidName { length });
    }
    Ok(name.to_owned())
}

/// An account as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Account {
    /// The account's identifier.
    #[schema(value_type = String, example = "acc_01")]
    pub(crate) id: AccountId,
    /// The e-mail address to sign in with, in lower case.
    #[schema(value_type = String)]
    pub(crate) email: Email,
    /// What the person is called.
    pub(crate) name: String,
    /// What the person may do.
    #[schema(value_type = RoleName)]
    pub(crate) role: Role,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
}

/// The three roles, for the contract only: each may do all that the one before it may.
#[derive(utoipa::ToSchema)]
#[schema(as = Role, rename_all = "lowercase")]
#[expect(dead_code, reason = "describes contracts::access::Role, which must not know of OpenAPI")]
pub(crate) enum RoleName {
    Analyst,
    Operator,
    Owner,
}

/// Whether `account` may become `role` (or be removed: `None`) while there are `owners` owners.
pub(crate) fn check_owner_remains(account: &Account, role: Option<Role>, owners: i64) -> Result<(), AccountError> {
    let steps_down = account.role == Role::Owner && role != Some(Role::Owner);
    if steps_down && owners <= 1 { Err(AccountError::LastOwner(account.email.to_string())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(role: Role) -> Account {
        Account {
            id: "acc_1".parse().unwrap(),
            email: Email::parse("ana@shop.example").unwrap(),
            name: "Ana".into(),
            role,
            created_at: Timestamp::from_seconds(0),
        }
    }

    #[test]
    fn the_last_owner_cannot_step_down_or_leave() {
        let owner = account(Role::Owner);
        assert!(check_owner_remains(&owner, Some(Role::Analyst), 1).is_err());
        assert!(check_owner_remains(&owner, None, 1).is_err());
        assert!(check_owner_remains(&owner, Some(Role::Owner), 1).is_ok());
        assert!(check_owner_remains(&owner, None, 2).is_ok());
        assert!(check_owner_remains(&account(Role::Operator), None, 1).is_ok());
    }

    #[test]
    fn an_email_is_kept_in_lower_case() {
        assert_eq!(Email::parse("  Ana@Shop.Example ").unwrap().as_str(), "ana@shop.example");
        assert!(Email::parse("owner@localhost").is_ok());
        for text in ["", "ana", "@shop", "ana@", "a na@shop", "a@b@c", &format!("{}@b", "a".repeat(300))] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_trimmed_and_not_empty() {
        assert_eq!(parse_name(" 安娜 ").unwrap(), "安娜");
        assert!(parse_name("  ").is_err());
        assert!(parse_name("a\nb").is_err());
        assert!(parse_name(&"n".repeat(101)).is_err());
    }
}
