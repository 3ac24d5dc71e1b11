//! Identity: which identifiers are one person.
//!
//! Evidence that two identifiers were seen together is kept for ever; who is who is a pure function of the set of evidence,
//! of what operators decided and of a policy ([`cluster`](cluster::cluster)), never of an order of arrival. So nothing is
//! lost by a merge, and undoing one restores exactly what was. Events are counted per shopper key; a person is a set of
//! such keys, looked up when asked.

mod around;
pub mod cluster;
pub mod decide;
pub mod decision;
pub mod evidence;
pub(crate) mod forget;
pub mod get_identity;
pub mod get_policy;
pub mod identifier;
pub mod index;
#[cfg(test)]
mod index_tests;
pub mod list_decisions;
pub mod list_merges;
pub mod list_reviews;
pub mod outgoing;
mod persons;
pub mod policy;
pub mod preview_merge;
pub mod put_policy;
mod recluster;
mod routes;
pub(crate) mod settle;
mod store;
pub mod undo_decision;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Clock, Code, Problem};
use fanvine_store::{Migration, Store, StoreError};
use tokio::sync::Mutex;

pub use decision::{Aside, Decision, DecisionError, Decisions};
pub use evidence::Evidence;
pub(crate) use forget::{Forgotten, forget};
pub use identifier::{Identifier, IdentifierError, IdentifierKind, PersonId};
pub use index::Index;
pub use outgoing::{Merge, Moved, Review, Unsaved};
pub use policy::{KindRule, Policy, PolicyError};
pub use routes::router;
pub use store::take_in;

use around::TooLarge;

/// The tables of identity.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "people/0001_identity", sql: include_str!("../../migrations/0001_identity.sql") },
    Migration { name: "people/0006_decided_by", sql: include_str!("../../migrations/0006_decided_by.sql") },
];

/// Why identity did not answer.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Not an identifier.
    #[error("{0}")]
    Identifier(#[from] IdentifierError),
    /// A telephone number or an e-mail address that is none, or a value that is nobody's.
    #[error("value `{value}` is not {expected}")]
    Contact {
        /// What was given.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Nothing is known of an identifier.
    #[error("{0} was never seen together with another identifier")]
    Unknown(Identifier),
    /// A decision cannot be taken or undone.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// A policy cannot be.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A number is out of bounds.
    #[error("{field} is {value}; expected {least} to {most}")]
    Bounds {
        /// Where.
        field: &'static str,
        /// What was given.
        value: i64,
        /// The least allowed.
        least: i64,
        /// The most allowed.
        most: i64,
    },
    /// The answer would take too long.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// A task ended without an answer: a mistake of ours, or the program is being shut down.
    #[error("{0} was not carried through")]
    Failed(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        let detail = error.to_string();
        match error {
            IdentityError::Store(error) => error.into(),
            IdentityError::Identifier(IdentifierError::Kind(_)) => {
                Problem::new(Code::InvalidParameter, detail).at("kind")
            }
            IdentityError::Identifier(IdentifierError::Person(_)) => {
                Problem::new(Code::InvalidParameter, detail).at("person")
            }
            IdentityError::Identifier(_) | IdentityError::Contact { .. } => {
                Problem::new(Code::InvalidParameter, detail).at("value")
            }
            IdentityError::Unknown(_) | IdentityError::Decision(DecisionError::Unknown(_)) => {
                Problem::new(Code::NotFound, detail)
            }
            IdentityError::Decision(_) => Problem::new(Code::InvalidBody, detail).at("identifiers"),
            IdentityError::Policy(error) => Problem::new(Code::InvalidBody, detail).at(error.field()),
            IdentityError::Bounds { field, .. } => Problem::new(Code::InvalidParameter, detail).at(field),
            IdentityError::Failed(_) => Problem::new(Code::Internal, detail),
            IdentityError::TooLarge(_) => Problem::new(Code::QueryTooLarge, detail),
        }
    }
}

/// The state of identity.
pub struct Identity {
    store: Store,
    clock: Arc<dyn Clock>,
    index: RwLock<Index>,
    /// Held while a decision or a policy is put in force.
    changing: Mutex<()>,
}

impl Identity {
    /// Identity as it was saved in a store that holds [`MIGRATIONS`].
    pub async fn open(store: Store, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let saved = store.read(|tx| Box::pin(store::load(tx))).await?;
        let mut index = Index::reading(saved.policy.unwrap_or_default(), saved.decisions);
        let mut evidence = store::evidence(&store);
        while let Some(rows) = evidence.recv().await {
            for row in rows? {
                store::read_evidence(&row)?.iter().for_each(|one| index.add(one, true));
            }
        }
        let now = clock.now();
        index.all_read(now);
        index.found_before(saved.reviews, now);
        index.number_merges_from(saved.next_merge);
        Ok(Self { store, clock, index: RwLock::new(index), changing: Mutex::new(()) })
    }

    /// Takes in what events tell, in memory; what must be saved is asked for by [`Identity::unsaved`]. Which shopper
    /// keys belong to another person now, by these events or by decisions taken since this was last asked. The same
    /// events once more change nobody.
    pub fn observe<'e, E: Into<EventRef<'e>>>(&self, events: impl IntoIterator<Item = E>) -> Vec<Moved> {
        let mut index = self.write();
        let policy = index.policy().clone();
        for event in events {
            let event = event.into();
            evidence::read(&event, &policy, |a, b| index.saw(a, b, event.kind, event.source, event.occurred_at));
        }
        index.settle(self.clock.now());
        index.take_moved()
    }

    /// What was learnt and is not in the store yet: hand it to [`take_in`], then to [`Identity::saved`].
    pub fn unsaved(&self) -> Unsaved {
        self.write().unsaved(true)
    }

    /// Tells that a transaction with `unsaved` was committed. If it was not, the next [`Identity::unsaved`] holds it
    /// again.
    pub fn saved(&self, unsaved: &Unsaved) {
        self.write().saved(unsaved);
    }

    /// Everybody as of now, for as long as the answer is held. Nothing can be taken in meanwhile.
    pub fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Identity").finish_non_exhaustive()
    }
}
