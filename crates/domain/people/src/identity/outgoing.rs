//! What changed, and must be told and saved: moves of shopper keys, the audit of merges, and what waits for review.

use std::collections::BTreeSet;

use std::sync::Arc;

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{EventKind, Timestamp};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::decision::DecisionId;
use super::evidence::Evidence;
use super::identifier::{Identifier, PersonId};

/// A shopper key that belongs to another person than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The key.
    pub key: Arc<str>,
    /// The person it belonged to.
    pub from: PersonId,
    /// The person it belongs to.
    pub to: PersonId,
}

/// What made people change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = MergeCause)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// New evidence.
    Evidence,
    /// An operator decided.
    Decided {
        /// What: the name of the decision.
        #[schema(value_type = String)]
        decision: DecisionId,
        /// Who: an account or a key.
        #[serde(default, rename = "decided_by", skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// An operator took a decision back.
    Undone {
        /// Which.
        #[schema(value_type = String)]
        decision: DecisionId,
        /// Who: an account or a key.
        #[serde(default, rename = "undone_by", skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// The policy was changed.
    Policy {
        /// By whom: an account or a key.
        #[serde(default, rename = "changed_by", skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
}

/// What became of the keys of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = IdentityMergeKind)]
#[serde(rename_all = "snake_case")]
pub enum MergeKind {
    /// They were joined with others.
    Merged,
    /// They were parted from others.
    Split,
    /// They are together as before, under another name.
    Renamed,
}

impl MergeKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Renamed => "renamed",
        }
    }

    pub(crate) fn named(text: &str) -> Self {
        match text {
            "split" => Self::Split,
            "renamed" => Self::Renamed,
            _ => Self::Merged,
        }
    }
}

/// Why two identifiers are taken to be one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = MergeStepBy)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum StepBy {
    /// They are one shopper key.
    SameKey,
    /// An operator joined them.
    Joined,
    /// They were seen together.
    Seen {
        /// By which call first.
        #[schema(value_type = String, example = "identify")]
        call: EventKind,
        /// From which source.
        #[schema(value_type = String, example = "src_01")]
        source: SourceId,
        /// When first.
        #[schema(value_type = String, format = DateTime)]
        first_at: Timestamp,
    },
}

/// One step of the way from an identifier to the one that names its person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = MergeStep)]
pub struct Step {
    /// From this identifier.
    pub a: Identifier,
    /// To this one.
    pub b: Identifier,
    /// Because of that.
    #[serde(flatten)]
    pub by: StepBy,
}

/// An entry of the audit: keys that went from one person to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityMerge)]
pub struct Merge {
    /// The entry's number; later ones are greater.
    pub id: i64,
    /// When it took effect.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What became of them.
    pub what: MergeKind,
    /// The person they belonged to.
    #[schema(value_type = String, example = "per_01")]
    pub from: PersonId,
    /// The person they belong to.
    #[schema(value_type = String, example = "per_02")]
    pub to: PersonId,
    /// The shopper keys.
    pub keys: Vec<String>,
    /// What made them change.
    #[serde(flatten)]
    pub cause: Cause,
    /// The way from the first of the keys to the identifier that names the person; empty after a split.
    pub path: Vec<Step>,
}

/// Why somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityReviewReason)]
#[serde(rename_all = "snake_case")]
pub enum ReviewReason {
    /// One identifier was seen with too many people, and joins nobody.
    Shared,
    /// A person would have too many identifiers, which are kept apart.
    Storm,
}

impl ReviewReason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Storm => "storm",
        }
    }
}

/// Something that is held until somebody looks. It ends by a decision, by another policy, or because the evidence now
/// says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityReview)]
pub struct Review {
    /// Why.
    pub reason: ReviewReason,
    /// What is shared, or what the storm would be named by.
    pub identifier: Identifier,
    /// How many people meet in it when it was found, or how many identifiers the storm has, at least.
    pub size: i64,
    /// When it was found.
    #[schema(value_type = String, format = DateTime)]
    pub found_at: Timestamp,
    /// When it ended; none while it is held.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub settled_at: Option<Timestamp>,
}

/// What is known in memory and not yet in the store, as of some moment.
#[derive(Debug, Clone, Default)]
pub struct Unsaved {
    /// Evidence that is new or has grown.
    pub evidence: Vec<Evidence>,
    /// The audit.
    pub merges: Vec<Merge>,
    /// What began or ceased to be held.
    pub reviews: Vec<Review>,
    pub(crate) as_of: u64,
}

impl Unsaved {
    /// Whether there is nothing to save.
    pub fn is_empty(&self) -> bool {
        self.evidence.is_empty() && self.merges.is_empty() && self.reviews.is_empty()
    }
}

/// Collects what must be told and saved.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Counts the times it was asked what is unsaved: what is touched afterwards is unsaved again.
    version: u64,
    /// By the link and the place in it.
    pub evidence: FxHashMap<(u32, usize), u64>,
    pub merges: Vec<Merge>,
    reviews: Vec<(u64, Review)>,
    /// The number of the next entry of the audit.
    pub next_merge: i64,
    pub moved: Vec<Moved>,
}

impl Outgoing {
    pub fn touch(&mut self, link: u32, place: usize) {
        self.evidence.insert((link, place), self.version);
    }

    pub fn review(&mut self, review: Review) {
        self.reviews.push((self.version, review));
    }

    /// Tells nobody of reviews about these.
    pub fn forget_reviews(&mut self, identifiers: &BTreeSet<Identifier>) {
        self.reviews.retain(|(_, review)| !identifiers.contains(&review.identifier));
    }

    /// What is unsaved, with `evidence` filled in by the caller.
    pub fn snapshot(&mut self, evidence: Vec<Evidence>) -> Unsaved {
        let as_of = self.version;
        self.version += 1;
        let reviews = self.reviews.iter().map(|(_, review)| review.clone()).collect();
        Unsaved { evidence, merges: self.merges.clone(), reviews, as_of }
    }

    /// Forgets the audit and the reviews that were saved.
    pub fn saved(&mut self, unsaved: &Unsaved) {
        let last = unsaved.merges.last().map_or(i64::MIN, |merge| merge.id);
        self.merges.retain(|merge| merge.id > last);
        self.reviews.retain(|(version, _)| *version > unsaved.as_of);
    }
}
