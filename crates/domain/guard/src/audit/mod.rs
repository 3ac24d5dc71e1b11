//! The audit: every sign-in, refused or not, every change of who may do what, saved together with it, and every
//! other administrative act, written down before it is done ([`act`]).

pub(crate) mod act;
pub(crate) mod list;
pub(crate) mod store;

use std::borrow::Cow;

use fanvine_contracts::access::Actor;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;

use crate::ClientAddress;
use crate::accounts::Account;

/// Why the audit could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    /// More entries, or fewer, than one answer may hold.
    #[error("limit {0} is not between 1 and {most}", most = list::MOST)]
    InvalidLimit(i64),
    /// A period that ends before it begins.
    #[error("the period ends at {to}, before it begins at {from}")]
    Reversed {
        /// Where it begins.
        from: Timestamp,
        /// Where it ends.
        to: Timestamp,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AuditError> for Problem {
    fn from(cause: AuditError) -> Self {
        match cause {
            AuditError::InvalidLimit(_) => Problem::new(Code::InvalidParameter, cause.to_string()).at("limit"),
            AuditError::Reversed { .. } => Problem::new(Code::InvalidParameter, cause.to_string()).at("to"),
            AuditError::Store(cause) => cause.into(),
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    SignedIn,
    SignInRefused,
    SignedOut,
    PasswordChanged,
    PasswordChangeRefused,
    AccountCreated,
    AccountChanged,
    AccountRemoved,
    KeyCreated,
    KeyPreset,
    KeyRevoked,
    KeyRotated,
}

impl Action {
    /// The stable name in the log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::SignedOut => "signed_out",
            Self::PasswordChanged => "password_changed",
            Self::PasswordChangeRefused => "password_change_refused",
            Self::AccountCreated => "account_created",
            Self::AccountChanged => "account_changed",
            Self::AccountRemoved => "account_removed",
            Self::KeyCreated => "key_created",
            Self::KeyPreset => "key_preset",
            Self::KeyRevoked => "key_revoked",
            Self::KeyRotated => "key_rotated",
        }
    }
}

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    at: Timestamp,
    actor_id: Option<String>,
    actor: String,
    action: Cow<'static, str>,
    subject: Option<String>,
    detail: Option<String>,
    address: Option<String>,
    status: Option<u16>,
    request_id: Option<String>,
}

impl Entry {
    /// What a recognised caller did.
    pub(crate) fn by(actor: &Actor, at: Timestamp, action: Action, from: Option<ClientAddress>) -> Self {
        Self::named(Some(actor.id.clone()), &actor.name, at, action, from)
    }

    /// What the person of an account did in getting recognised.
    pub(crate) fn by_account(account: &Account, at: Timestamp, action: Action, from: Option<ClientAddress>) -> Self {
        Self::named(Some(account.id.to_string()), account.email.as_str(), at, action, from)
    }

    /// What somebody did who is not (yet) recognised, under the name they gave.
    pub(crate) fn by_name(name: &str, at: Timestamp, action: Action, from: Option<ClientAddress>) -> Self {
        Self::named(None, name, at, action, from)
    }

    /// What a recognised caller is about to do, by the operation's name in the contract.
    fn of_act(actor: &Actor, at: Timestamp, operation: &str, from: Option<ClientAddress>) -> Self {
        Self::called(Some(actor.id.clone()), &actor.name, at, Cow::Owned(operation.to_owned()), from)
    }

    /// What the program did as its configuration says.
    pub(crate) fn by_program(at: Timestamp, action: Action) -> Self {
        Self::named(None, "fanvine", at, action, None)
    }

    fn named(
        actor_id: Option<String>,
        actor: &str,
        at: Timestamp,
        action: Action,
        from: Option<ClientAddress>,
    ) -> Self {
        Self::called(actor_id, actor, at, Cow::Borrowed(action.as_str()), from)
    }

    fn called(
        actor_id: Option<String>,
        actor: &str,
        at: Timestamp,
        action: Cow<'static, str>,
        from: Option<ClientAddress>,
    ) -> Self {
        let (actor, address) = (actor.to_owned(), from.map(|from| from.to_string()));
        Self { at, actor_id, actor, action, subject: None, detail: None, address, status: None, request_id: None }
    }

    /// The identifier of what it was done to.
    pub(crate) fn about(self, subject: &str) -> Self {
        Self { subject: Some(subject.to_owned()), ..self }
    }

    /// More about it, for a person; never a secret.
    pub(crate) fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}
