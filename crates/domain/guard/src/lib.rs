//! Who may do what: accounts, sign-in, sessions, server keys, roles, and the record of it all.
//!
//! The guard decides who is asking ([`Guard::recognise`]) and keeps what they may do. It must never
//! learn what a request is about: the program reads the role an address demands out of its contract
//! and compares it with the [`Actor`](fanvine_contracts::access::Actor) recognised here.

mod accounts;
mod audit;
pub mod data_retention;
mod keys;
mod origin;
mod recognise;
mod routes;
mod rows;
mod secret;
mod sessions;

use std::sync::Arc;

use fanvine_kernel::{Clock, Entropy};
use fanvine_store::{Migration, Store};

pub use accounts::{AccountError, FirstOwner, HashCost, HashError};
pub use audit::act::{Act, Begun};
pub use data_retention::DataRetention;
pub use keys::KeyError;
pub use origin::ClientAddress;
pub use routes::router;
pub use secret::Secret;
pub use sessions::SESSION_COOKIE;

use accounts::PasswordHasher;
use recognise::Recognised;
use sessions::Attempts;

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "guard/0001_accounts", sql: include_str!("../migrations/0001_accounts.sql") },
    Migration { name: "guard/0002_key_expiry", sql: include_str!("../migrations/0002_key_expiry.sql") },
    Migration { name: "guard/0003_acts", sql: include_str!("../migrations/0003_acts.sql") },
    Migration { name: "guard/0004_data_retention", sql: include_str!("../migrations/0004_data_retention.sql") },
];

/// What the program may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuardOptions {
    /// Whether people reach the console by https, so that their cookie never travels without it.
    pub secure_cookies: bool,
    /// How much work a password hash takes.
    pub hash_cost: HashCost,
}

/// The state of this room.
pub struct Guard {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    options: GuardOptions,
    hasher: PasswordHasher,
    attempts: Attempts,
    recognised: Recognised,
}

impl Guard {
    /// A guard over a store that holds [`MIGRATIONS`].
    pub fn new(store: Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, options: GuardOptions) -> Self {
        let hasher = PasswordHasher::new(options.hash_cost, entropy.clone());
        Self {
            store,
            clock,
            entropy,
            options,
            hasher,
            attempts: Attempts::default(),
            recognised: Recognised::default(),
        }
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Guard").field("options", &self.options).finish_non_exhaustive()
    }
}
