//! Campaigns: a goal, a budget, an audience, and the offers and plays it holds, with some people held out from the first day.
//!
//! A campaign decides who may have what it holds ([`Admissions`], asked by whoever keeps offers and plays), what that may cost
//! (a balance in the ledger, kept by them too), and when it is over. Whoever meets it first is assigned by a salt, and that is
//! kept; what they buy from then on, treated or held out, is what tells whether it did anything ([`numbers`]).

mod admission;
mod admit_shopper;
mod announce;
mod assign;
mod close_campaign;
mod examine;
mod gates;
mod list_assignments;
mod list_campaigns;
mod numbers;
mod pause_campaign;
mod people;
mod publish_campaign;
mod put_campaign;
mod review;
mod routes;
mod show_history;
mod show_numbers;
mod state;
mod store;
mod sweep;
mod terms;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fanvine_contracts::audience::Audience;
use fanvine_contracts::campaigns::Pieces;
use fanvine_contracts::orders::PlacedOrders;
use fanvine_contracts::persons::Persons;
use fanvine_kernel::{Clock, Code, Entropy, Problem, Timestamp};
use fanvine_store::{Store, StoreError};

pub use admission::Admissions;
pub use assign::{Arm, arm_of};
pub use list_campaigns::CampaignView;
pub use numbers::CampaignNumbers;
pub use routes::router;
pub use state::{CampaignState, Why};
pub use terms::{CampaignTerms, Goal, GoalMetric, ReturnFloor};

/// The lock whoever changes campaigns holds.
pub(crate) const LOCK: &str = "campaigns";

/// Whom campaigns ask.
#[derive(Clone)]
pub struct CampaignOthers {
    /// Who keeps offers and plays.
    pub pieces: Arc<dyn Pieces>,
    /// Who belongs to which segment.
    pub audience: Arc<dyn Audience>,
    /// Which shopper keys are one person.
    pub persons: Arc<dyn Persons>,
    /// What shoppers bought.
    pub orders: Arc<dyn PlacedOrders>,
}

/// The campaigns of a shop.
pub struct Campaigns {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) admissions: Arc<Admissions>,
    pub(crate) others: CampaignOthers,
    /// How each campaign stood when it was last looked at whether it must pause: its version, and what was spent.
    pub(crate) looked_at: Mutex<BTreeMap<String, (i64, i64)>>,
}

impl Campaigns {
    /// The campaigns in the store that `admissions` are of.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        admissions: Arc<Admissions>,
        others: CampaignOthers,
    ) -> Self {
        Self { store, clock, entropy, admissions, others, looked_at: Mutex::default() }
    }
}

/// Why something about a campaign was not done.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// An identifier that cannot be kept.
    #[error("`{0}` cannot identify a campaign: 1 to 100 letters, digits, `_`, `-` or `.`")]
    Id(String),
    /// A text too short or too long.
    #[error("{field} has {bytes} bytes, where 1 to {most} can be")]
    Text {
        /// Which text.
        field: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it can be.
        most: usize,
    },
    /// A number out of its range.
    #[error("{field} is {number}, where {least} to {most} can be")]
    Range {
        /// Which number.
        field: &'static str,
        /// The number.
        number: i64,
        /// The least it can be.
        least: i64,
        /// The most it can be.
        most: i64,
    },
    /// A piece twice.
    #[error("pieces has {0} twice")]
    Twice(String),
    /// It ends before it begins.
    #[error("the campaign would end at {ends_at}, which is not after {starts_at}, when it begins")]
    Ends {
        /// When it begins.
        starts_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
    },
    /// What may not change once people were assigned.
    #[error("campaign {campaign_id} is {state}: {field} can change no more; close it and begin another")]
    Fixed {
        /// Which.
        campaign_id: String,
        /// How it stands.
        state: &'static str,
        /// What was to be changed.
        field: &'static str,
    },
    /// There is no such campaign.
    #[error("there is no campaign {0}")]
    Unknown(String),
    /// It is not closed.
    #[error("campaign {0} has no review before it is closed")]
    NoReview(String),
    /// A gate refused it.
    #[error("campaign {campaign_id} does not pass the gate {gate}: {evidence}")]
    Refused {
        /// The campaign.
        campaign_id: String,
        /// The gate.
        gate: String,
        /// What it found.
        evidence: String,
    },
    /// It does not stand so that this could be done.
    #[error("campaign {campaign_id} is {state}, and cannot be {wanted}")]
    State {
        /// Which.
        campaign_id: String,
        /// How it stands.
        state: &'static str,
        /// What was to be done.
        wanted: &'static str,
    },
    /// It, or what it holds, changed again and again.
    #[error("campaign {0} changed while it was checked; try again")]
    Changing(String),
    /// Another room could not be asked, or refused.
    #[error(transparent)]
    Asked(#[from] Problem),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CampaignError> for Problem {
    fn from(error: CampaignError) -> Self {
        let code = match error {
            CampaignError::Asked(problem) => return problem,
            CampaignError::Store(error) => return error.into(),
            CampaignError::Unknown(_) | CampaignError::NoReview(_) => Code::NotFound,
            CampaignError::Fixed { .. } | CampaignError::State { .. } => Code::CampaignState,
            CampaignError::Changing(_) => Code::Conflict,
            CampaignError::Id(_)
            | CampaignError::Text { .. }
            | CampaignError::Range { .. }
            | CampaignError::Twice(_)
            | CampaignError::Ends { .. }
            | CampaignError::Refused { .. } => Code::InvalidCampaign,
        };
        Problem::new(code, error.to_string())
    }
}
