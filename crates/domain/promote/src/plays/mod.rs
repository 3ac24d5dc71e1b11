//! The frame of every play: what it is, as data, kept by version; what is checked before it may be opened; and the one shape
//! all of them have: somebody opens a run of it, others join, and it is completed or fails. Every promise a run makes is a
//! reservation in the ledger.

pub(crate) mod channels;
pub(crate) mod examine;
pub(crate) mod fair;
pub(crate) mod gift;
pub(crate) mod list_plays;
pub(crate) mod promise;
pub(crate) mod publish_play;
pub(crate) mod put_play;
pub(crate) mod requests;
pub(crate) mod runs;
pub(crate) mod sign_off;
pub(crate) mod store;
pub(crate) mod storefront;
mod sweep;
mod terms;

use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_ledger::LedgerError;
use fanvine_store::StoreError;

use crate::checkout::CheckoutError;
use crate::offers::TermsError;

pub use gift::{Gift, StockedGift};
pub use list_plays::PlayView;
pub use publish_play::PlayPublished;
pub use requests::PlayerForm;
pub use runs::{Became, Role, Seat};
pub use storefront::{FriendState, ShownAssist, ShownContest, ShownRung};
pub use storefront::{ShownBargain, ShownGroup, ShownLottery, ShownPlay, ShownProduct, ShownRules, ShownSharing};
pub use terms::{PlayTerms, Rules};
pub(crate) use terms::{pictured, range, said, text};

/// A play in one of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Play {
    pub play_id: String,
    pub version: i64,
    pub terms: PlayTerms,
}

/// Why a play went no further.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// Its terms cannot be.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// There is no such play.
    #[error("there is no play {0}")]
    Unknown(String),
    /// It is not published.
    #[error("play {0} is not published")]
    Unpublished(String),
    /// It is of another kind.
    #[error("play {play_id} is a {kind}, not a {wanted}")]
    Kind {
        /// Which.
        play_id: String,
        /// What it is.
        kind: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A gate refused it.
    #[error("play {play_id} does not pass the gate {gate}: {evidence}")]
    Refused {
        /// The play.
        play_id: String,
        /// The gate.
        gate: String,
        /// What it found.
        evidence: String,
    },
    /// It or the offers beside it changed again and again.
    #[error("offers or plays changed while play {0} was checked; publish it again")]
    Changing(String),
    /// The check was given up: the program ends, or the check met a fault of its own.
    #[error("the check of a play was given up before it was made")]
    GivenUp,
    /// It may not be opened yet.
    #[error("play {play_id} begins at {starts_at}")]
    NotYet {
        /// Which.
        play_id: String,
        /// When it begins.
        starts_at: Timestamp,
    },
    /// It may be opened no more.
    #[error("play {play_id} ended at {ended_at}")]
    Over {
        /// Which.
        play_id: String,
        /// When.
        ended_at: Timestamp,
    },
    /// There is no such group, bargain or draw.
    #[error("there is no {what} {run_id}")]
    UnknownRun {
        /// What it would be.
        what: &'static str,
        /// Which.
        run_id: String,
    },
    /// It has ended, or is about to.
    #[error("{what} {run_id} {became} at {at}")]
    Ended {
        /// What it is.
        what: &'static str,
        /// Which.
        run_id: String,
        /// How.
        became: &'static str,
        /// When.
        at: Timestamp,
    },
    /// Its leader has not paid.
    #[error("group buy {run_id} is not open before its leader has paid")]
    Forming {
        /// Which.
        run_id: String,
    },
    /// No seat, no stock, or no more for this shopper.
    #[error("{what} {id} is full: {limit}")]
    Full {
        /// What it is.
        what: &'static str,
        /// Which.
        id: String,
        /// What is reached.
        limit: String,
    },
    /// The rules do not allow it.
    #[error("play {play_id}: {why}")]
    Rule {
        /// Which.
        play_id: String,
        /// Why.
        why: String,
    },
    /// Something of a checkout.
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    /// Another room could not be asked.
    #[error(transparent)]
    Asked(#[from] Problem),
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PlayError> for Problem {
    fn from(error: PlayError) -> Self {
        let code = match error {
            PlayError::Checkout(error) => return error.into(),
            PlayError::Asked(problem) => return problem,
            PlayError::Ledger(error) => return error.into(),
            PlayError::Store(error) => return error.into(),
            PlayError::Unknown(_) | PlayError::UnknownRun { .. } => Code::NotFound,
            PlayError::Terms(_) | PlayError::Kind { .. } | PlayError::Refused { .. } => Code::InvalidPlay,
            PlayError::Changing(_) => Code::Conflict,
            PlayError::GivenUp => Code::Internal,
            PlayError::Unpublished(_)
            | PlayError::NotYet { .. }
            | PlayError::Over { .. }
            | PlayError::Ended { .. }
            | PlayError::Forming { .. } => Code::PlayOver,
            PlayError::Full { .. } => Code::PlayFull,
            PlayError::Rule { .. } => Code::PlayRule,
        };
        Problem::new(code, error.to_string())
    }
}
