//! Who is like whom: people in groups that were found, not made, and people like those of a seed.
//!
//! Everybody is a row of a few readable numbers ([`features`]). Clusters are k-means++ over them on one scale; where there
//! are many people, the centres are found on some of them and everybody is given to the nearest. Look-alikes are ranked by
//! a logistic regression of who is in the seed, and tried on members of it that were hidden.

pub(crate) mod clustering;
pub(crate) mod features;
pub mod find_look_alikes;
pub mod list_cluster_members;
mod routes;
pub mod show_clusters;

use std::sync::Arc;

use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_stats::kmeans::KMeansError;
use fanvine_stats::logistic::LogisticError;
use fanvine_stats::silhouette::SilhouetteError;
use fanvine_stats::similar::TrialError;
use fanvine_stats::table::TableError;
use fanvine_store::StoreError;
use serde::Serialize;

pub use routes::router;

use crate::People;
use crate::kept::{Ended, Kept, away};
use crate::profile::DecodeError;
use clustering::{Asked, Clustering};
use features::Features;

/// Features older than this are read anew, in microseconds.
const MINUTE: i64 = 60_000_000;

/// Why it cannot be said who is like whom.
#[derive(Debug, thiserror::Error)]
pub enum LikenessError {
    /// A number out of bounds.
    #[error("{name} is {value}; expected {least} to {most}")]
    Number {
        /// Of which parameter.
        name: &'static str,
        /// What was given.
        value: u64,
        /// The least it can be.
        least: u64,
        /// The most it can be.
        most: u64,
    },
    /// No such cluster.
    #[error("there is no cluster {cluster}: there are {clusters}, from 0 on")]
    Cluster {
        /// Which was asked for.
        cluster: usize,
        /// How many there are.
        clusters: usize,
    },
    /// Not the `next` of any page.
    #[error("after is `{0}`, which is not the `next` of a page")]
    After(String),
    /// No seed, or two.
    #[error("the seed is given by `shopper_ids` or by `segment`, one of them")]
    Seed,
    /// No such segment.
    #[error("there is no segment `{0}`")]
    Segment(String),
    /// Too few people to say anything.
    #[error("{found} people are known; at least {least} are needed")]
    TooFewPeople {
        /// How many there are.
        found: usize,
        /// How many are needed.
        least: usize,
    },
    /// Too few people in the seed, or left beside it.
    #[error("the seed has {seed} people and leaves {rest}; at least {least} of each are needed")]
    TooFewInSeed {
        /// How many are in it.
        seed: usize,
        /// How many are not.
        rest: usize,
        /// How many are needed.
        least: usize,
    },
    /// Numbers that make no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No clusters.
    #[error(transparent)]
    Clusters(#[from] KMeansError),
    /// No silhouette.
    #[error(transparent)]
    Silhouette(#[from] SilhouetteError),
    /// No ranking.
    #[error(transparent)]
    Ranking(#[from] LogisticError),
    /// A ranking that cannot be tried.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// What is kept of a shopper cannot be read.
    #[error("what is kept of a shopper cannot be read; the program's log says why")]
    Unreadable(#[from] DecodeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task ended without an answer.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl From<LikenessError> for Problem {
    fn from(error: LikenessError) -> Self {
        use LikenessError as E;
        if let E::Unreadable(source) = &error {
            tracing::error!(error = %source, "what is kept of a shopper cannot be read");
        }
        let problem = |code| Problem::new(code, error.to_string());
        match &error {
            E::Number { name, .. } => problem(Code::InvalidParameter).at(*name),
            E::After(_) => problem(Code::InvalidParameter).at("after"),
            E::Seed => problem(Code::InvalidBody).at("shopper_ids"),
            E::Segment(_) => problem(Code::InvalidBody).at("segment"),
            E::Cluster { .. } => problem(Code::NotFound),
            E::TooFewPeople { .. } | E::TooFewInSeed { .. } | E::Ranking(_) | E::Trial(_) => {
                problem(Code::NotEnoughData)
            }
            E::Table(_) | E::Clusters(_) | E::Silhouette(_) | E::Unreadable(_) | E::Ended(_) => problem(Code::Internal),
            E::Store(_) => match error {
                E::Store(error) => error.into(),
                other => Problem::new(Code::Internal, other.to_string()),
            },
        }
    }
}

/// The state of these questions: people, their features, and the last clusters.
pub(crate) struct Likeness {
    people: Arc<People>,
    features: Kept<Timestamp, Features>,
    clusters: Kept<(Timestamp, u64, Asked), Clustering>,
}

impl Likeness {
    fn new(people: Arc<People>) -> Self {
        Self { people, features: Kept::default(), clusters: Kept::default() }
    }

    /// Everybody's features, as of at most a minute ago; as they are if `fresh`.
    async fn features(&self, fresh: bool) -> Result<Arc<Features>, LikenessError> {
        let (people, now) = (self.people.clone(), self.people.clock.now());
        let good = |taken: &Timestamp| !fresh && now.micros_since(*taken).abs() < MINUTE;
        let take = away("reading features", move || Ok::<_, LikenessError>(Features::take(&people, now)?));
        self.features.get(now, good, take).await
    }

    async fn clusters(&self, features: &Arc<Features>, asked: Asked) -> Result<Arc<Clustering>, LikenessError> {
        let (wanted, features) = ((features.taken_at, features.offset, asked), features.clone());
        let make = away("clustering", move || Clustering::of(&features, asked));
        self.clusters.get(wanted, |kept| *kept == wanted, make).await
    }
}

/// What an answer rests on.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LikenessBasis {
    /// Everybody heard of.
    pub persons: usize,
    /// The currency of spend: that of most orders.
    pub currency: Option<String>,
    /// When everybody was looked at.
    #[schema(value_type = String, format = DateTime)]
    pub counted_at: Timestamp,
    /// All events of the log before this offset were counted.
    pub offset: u64,
}

impl From<&Features> for LikenessBasis {
    fn from(features: &Features) -> Self {
        Self {
            persons: features.len(),
            currency: features.currency.map(|currency| currency.to_string()),
            counted_at: features.taken_at,
            offset: features.offset,
        }
    }
}
