//! Why a command was refused.

use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;

/// Why a command was refused. Nothing of it was done, and nothing of what it was linked with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A name cannot be kept.
    #[error("`{text}` cannot name a {what} of the ledger: it has 1 to 255 bytes and does not begin with ~")]
    Name {
        /// What it was to name.
        what: &'static str,
        /// The name.
        text: String,
    },
    /// A command without legs, or with too many, or shares for another number of legs.
    #[error("`{key}` has {given} legs or shares, where 1 to {wanted} can be")]
    Legs {
        /// The command.
        key: String,
        /// How many were given.
        given: usize,
        /// How many can be.
        wanted: usize,
    },
    /// An amount below 1, or for a share below 0, or nothing at all.
    #[error("`{key}` would move {amount}")]
    Amount {
        /// The command.
        key: String,
        /// How much.
        amount: i64,
    },
    /// From an account to itself.
    #[error("account {account} cannot give to itself")]
    ToItself {
        /// The account.
        account: String,
    },
    /// A date for an account that keeps no lots.
    #[error("account {account} is of kind {kind}, in which nothing opens or expires")]
    NoLots {
        /// The account.
        account: String,
        /// Its kind.
        kind: &'static str,
    },
    /// The key was used with other content.
    #[error("`{key}` was used before to move something else")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The account counts something else, or is for something else.
    #[error("account {account} is {known}, not {given}")]
    OtherAccount {
        /// The account.
        account: String,
        /// Kind and unit it has.
        known: String,
        /// Kind and unit given.
        given: String,
    },
    /// Accounts of different units.
    #[error("{from} counts {from_unit}, {to} counts {to_unit}")]
    Units {
        /// The account it leaves.
        from: String,
        /// What it counts.
        from_unit: String,
        /// The account it comes into.
        to: String,
        /// What it counts.
        to_unit: String,
    },
    /// Not enough is there.
    #[error("account {account} has {left} left, not {wanted}")]
    Short {
        /// The account.
        account: String,
        /// Its kind.
        kind: &'static str,
        /// What may be spent.
        left: i64,
        /// What was asked for.
        wanted: i64,
    },
    /// No more room.
    #[error("account {account} has room for {room} more, not {wanted}")]
    Full {
        /// The account.
        account: String,
        /// Its kind.
        kind: &'static str,
        /// How much more may come in.
        room: i64,
        /// What was asked for.
        wanted: i64,
    },
    /// No command of that key.
    #[error("nothing was done under the key `{of}`")]
    Unknown {
        /// The key.
        of: String,
    },
    /// The earlier command is of another sort.
    #[error("`{of}` was {was}, which cannot be {wanted}")]
    Unfit {
        /// The key.
        of: String,
        /// What it did.
        was: &'static str,
        /// What was to be done with it.
        wanted: &'static str,
    },
    /// The reservation is open no longer.
    #[error("the reservation `{of}` was {became} already")]
    Settled {
        /// Its key.
        of: String,
        /// What became of it.
        became: &'static str,
    },
    /// More than there was.
    #[error("`{of}` has {left} left in leg {leg}, not {wanted}")]
    Exceeds {
        /// The earlier command.
        of: String,
        /// Which leg, from 0.
        leg: usize,
        /// What is left of it.
        left: i64,
        /// What was asked for.
        wanted: i64,
    },
    /// A reservation that would be over before it began.
    #[error("the reservation `{key}` would end at {deadline}, which is not after {now}")]
    Past {
        /// Its key.
        key: String,
        /// Its deadline.
        deadline: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// A balance would no longer fit.
    #[error("the balance of account {account} would be too large to hold")]
    TooLarge {
        /// The account.
        account: String,
    },
}

/// Why nothing was done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// The ledger refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger's writer has ended.
    #[error("the ledger is closed")]
    Closed,
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Refused(Refusal::KeyReused { .. }) => {
                Problem::new(Code::IdempotencyKeyReused, error.to_string())
            }
            LedgerError::Refused(Refusal::Unknown { .. }) => Problem::new(Code::NotFound, error.to_string()),
            LedgerError::Refused(Refusal::Name { .. } | Refusal::Amount { .. } | Refusal::Legs { .. }) => {
                Problem::new(Code::InvalidParameter, error.to_string())
            }
            LedgerError::Refused(_) => Problem::new(Code::Conflict, error.to_string()),
            LedgerError::Store(error) => error.into(),
            LedgerError::Closed => Problem::new(Code::Unavailable, error.to_string()).retry_after(5),
        }
    }
}
