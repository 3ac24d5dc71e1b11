//! Decisions: what an operator says about identifiers, kept until it is undone.

use std::collections::BTreeMap;
use std::fmt;

use fanvine_kernel::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::identifier::{Identifier, IdentifierKind, base32, digest};
use super::policy::Policy;

/// Most identifiers of one decision.
const MOST: usize = 100;

/// What an operator says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = IdentityDecision)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// No two of these are one person, whatever the evidence.
    Separate {
        /// 2 to 100 of them.
        identifiers: Vec<Identifier>,
    },
    /// All of these are one person, beyond the limits of the policy if need be.
    Join {
        /// 2 to 100 of them.
        identifiers: Vec<Identifier>,
    },
    /// Many people use this: it joins nobody.
    Share {
        /// Which.
        identifier: Identifier,
    },
    /// This is nobody's name: it joins nobody.
    Block {
        /// Which.
        identifier: Identifier,
    },
    /// This one is fine: it is neither junk nor shared, and the person it belongs to is no storm.
    Allow {
        /// Which.
        identifier: Identifier,
    },
}

/// Why a decision cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// Too few or too many identifiers.
    #[error("identifiers: {0} different ones are given; expected 2 to {MOST}")]
    Count(usize),
    /// One shopper key cannot be two people.
    #[error("identifiers: user_id and anonymous_id `{0}` are one shopper key, whose events are counted as one")]
    SameKey(String),
    /// Not a decision's name.
    #[error("there is no decision {0}")]
    Unknown(String),
}

/// The name of a decision: it follows from what is decided, so that the same decision twice is one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionId(String);

impl DecisionId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Decision {
    /// The decision with its identifiers in order and each once, if it can be taken.
    pub fn checked(self) -> Result<Self, DecisionError> {
        let several = |mut identifiers: Vec<Identifier>| {
            identifiers.sort();
            identifiers.dedup();
            if (2..=MOST).contains(&identifiers.len()) {
                Ok(identifiers)
            } else {
                Err(DecisionError::Count(identifiers.len()))
            }
        };
        Ok(match self {
            Self::Separate { identifiers } => {
                let identifiers = several(identifiers)?;
                let twice = |one: &&Identifier| {
                    let is_twin =
                        |other: &Identifier| other.kind == IdentifierKind::AnonymousId && other.value == one.value;
                    one.kind == IdentifierKind::UserId && identifiers.iter().any(is_twin)
                };
                if let Some(key) = identifiers.iter().find(twice) {
                    return Err(DecisionError::SameKey(key.value.to_string()));
                }
                Self::Separate { identifiers }
            }
            Self::Join { identifiers } => Self::Join { identifiers: several(identifiers)? },
            one => one,
        })
    }

    /// Its name.
    pub fn id(&self) -> DecisionId {
        let mut parts = vec![self.word().to_owned()];
        for identifier in self.identifiers() {
            parts.push(identifier.kind.to_string());
            parts.push(identifier.value.to_string());
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        DecisionId(format!("dec_{}", base32(digest(&parts))))
    }

    /// What it is about.
    pub fn identifiers(&self) -> &[Identifier] {
        match self {
            Self::Separate { identifiers } | Self::Join { identifiers } => identifiers,
            Self::Share { identifier } | Self::Block { identifier } | Self::Allow { identifier } => {
                std::slice::from_ref(identifier)
            }
        }
    }

    /// What is decided, in one word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Separate { .. } => "separate",
            Self::Join { .. } => "join",
            Self::Share { .. } => "share",
            Self::Block { .. } => "block",
            Self::Allow { .. } => "allow",
        }
    }
}

/// A decision in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityDecided)]
pub struct Decided {
    /// Its name; to undo it.
    #[schema(value_type = String, example = "dec_01")]
    pub id: DecisionId,
    /// What was decided.
    #[serde(flatten)]
    pub decision: Decision,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub decided_at: Timestamp,
    /// By whom: an account or a key; none where that was not kept.
    pub decided_by: Option<String>,
    /// Why, in the operator's words.
    pub note: Option<String>,
}

/// Why an identifier joins nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityAside)]
#[serde(rename_all = "snake_case")]
pub enum Aside {
    /// An operator blocked it.
    Blocked,
    /// An operator says that many people use it.
    DeclaredShared,
    /// Its value is nobody's, by the policy.
    Junk,
    /// It was seen with more people than the policy allows.
    Shared,
}

/// The decisions in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    all: BTreeMap<DecisionId, Decided>,
    about: FxHashMap<Identifier, Vec<DecisionId>>,
}

impl FromIterator<Decided> for Decisions {
    fn from_iter<I: IntoIterator<Item = Decided>>(decided: I) -> Self {
        let mut decisions = Self::default();
        for one in decided {
            decisions.add(one);
        }
        decisions
    }
}

impl Decisions {
    /// Takes a decision; whether it was not in force before.
    pub fn add(&mut self, decided: Decided) -> bool {
        if self.all.contains_key(&decided.id) {
            return false;
        }
        for identifier in decided.decision.identifiers() {
            let names = self.about.entry(identifier.clone()).or_default();
            names.push(decided.id.clone());
            names.sort();
        }
        self.all.insert(decided.id.clone(), decided);
        true
    }

    /// Undoes a decision, if it is in force.
    pub fn remove(&mut self, id: &DecisionId) -> Option<Decided> {
        let decided = self.all.remove(id)?;
        for identifier in decided.decision.identifiers() {
            if let Some(names) = self.about.get_mut(identifier) {
                names.retain(|name| name != id);
                if names.is_empty() {
                    self.about.remove(identifier);
                }
            }
        }
        Some(decided)
    }

    /// Every decision, by name.
    pub fn all(&self) -> impl Iterator<Item = &Decided> {
        self.all.values()
    }

    /// The decision of that name.
    pub fn get(&self, id: &str) -> Option<&Decided> {
        self.all.get(&DecisionId(id.to_owned()))
    }

    /// The decisions about an identifier, by name.
    pub fn about(&self, identifier: &Identifier) -> impl Iterator<Item = &Decided> {
        self.about.get(identifier).into_iter().flatten().filter_map(|id| self.all.get(id))
    }

    /// Those whom the operator says to be one with an identifier.
    pub(crate) fn joined_with<'a>(&'a self, identifier: &'a Identifier) -> impl Iterator<Item = &'a Identifier> {
        self.about(identifier)
            .filter(|decided| matches!(decided.decision, Decision::Join { .. }))
            .flat_map(move |decided| decided.decision.identifiers().iter().filter(move |other| *other != identifier))
    }

    /// The separations an identifier is part of.
    pub(crate) fn separations(&self, identifier: &Identifier) -> impl Iterator<Item = &DecisionId> {
        self.about(identifier)
            .filter(|decided| matches!(decided.decision, Decision::Separate { .. }))
            .map(|decided| &decided.id)
    }

    fn says(&self, identifier: &Identifier, word: &str) -> bool {
        !self.about.is_empty() && self.about(identifier).any(|decided| decided.decision.word() == word)
    }

    /// Whether an operator said that this identifier is fine.
    pub(crate) fn allows(&self, identifier: &Identifier) -> bool {
        self.says(identifier, "allow")
    }

    /// Whether an identifier is nobody's name, so that it does not even count against those seen with it.
    pub(crate) fn is_nobody(&self, identifier: &Identifier, policy: &Policy) -> bool {
        self.says(identifier, "block") || (policy.is_junk(&identifier.value) && !self.says(identifier, "allow"))
    }

    /// Whether an identifier joins nobody, and why. `people` tells how many people it was seen with. Of several
    /// decisions block goes before share, and share before allow.
    pub(crate) fn aside(
        &self,
        identifier: &Identifier,
        policy: &Policy,
        people: impl FnOnce() -> u32,
    ) -> Option<Aside> {
        if self.says(identifier, "block") {
            return Some(Aside::Blocked);
        }
        if self.says(identifier, "share") {
            return Some(Aside::DeclaredShared);
        }
        if self.allows(identifier) {
            return None;
        }
        if policy.is_junk(&identifier.value) {
            return Some(Aside::Junk);
        }
        (people() > policy.rule(&identifier.kind).shared_above).then_some(Aside::Shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(kind: &str, value: &str) -> Identifier {
        Identifier::new(kind.parse().unwrap(), value).unwrap()
    }

    #[test]
    fn the_same_decision_twice_is_one() {
        let (a, b) = (id("user_id", "a"), id("device", "b"));
        let one = Decision::Separate { identifiers: vec![a.clone(), b.clone()] }.checked().unwrap();
        let two = Decision::Separate { identifiers: vec![b.clone(), a.clone(), b] }.checked().unwrap();
        assert_eq!((one.id(), &one), (two.id(), &two));
        let decided = |decision: &Decision| Decided {
            id: decision.id(),
            decision: decision.clone(),
            decided_at: Timestamp::default(),
            decided_by: None,
            note: None,
        };
        let mut decisions = Decisions::default();
        assert!(decisions.add(decided(&one)));
        assert!(!decisions.add(decided(&two)));
        assert_eq!(decisions.separations(&a).count(), 1);
        assert!(decisions.remove(&one.id()).is_some());
        assert_eq!(decisions, Decisions::default());
    }

    #[test]
    fn one_shopper_key_cannot_be_separated_from_itself() {
        let decision =
            Decision::Separate { identifiers: vec![id("user_id", "k"), id("anonymous_id", "k"), id("device", "d")] };
        assert_eq!(decision.checked(), Err(DecisionError::SameKey("k".to_owned())));
        assert_eq!(Decision::Join { identifiers: vec![id("user_id", "k")] }.checked(), Err(DecisionError::Count(1)));
    }

    #[test]
    fn a_decision_reads_as_json() {
        let text = r#"{"decision": "block", "identifier": {"kind": "device", "value": "tablet"}}"#;
        let decision: Decision = serde_json::from_str(text).unwrap();
        assert_eq!(decision, Decision::Block { identifier: id("device", "tablet") });
    }
}
