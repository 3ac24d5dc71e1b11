//! What defines a segment: its name and its rule, in versions; and all that rules may name.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_kernel::{Code, Problem};
use fanvine_lake::LakeError;
use fanvine_store::StoreError;

use super::lists::Lists;
use super::ranks::RANKED;
use super::{Fault, Known, Rule};
use crate::People;
use crate::profile::{DecodeError, NAMES};
use crate::tags::Catalogue;

/// Characters of an id.
const LONGEST_ID: usize = 64;
/// Characters of a name …
const LONGEST_NAME: usize = 200;
/// … and of a description.
const LONGEST_DESCRIPTION: usize = 2_000;
/// How many live segments there may be.
pub(crate) const MOST_SEGMENTS: usize = 1_000;
/// Ids that are addresses of something else.
const TAKEN: [&str; 5] = ["check", "lists", "overlap", "preview", "templates"];

/// A segment as it is defined now.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// By which rules and addresses name it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who belongs to it.
    pub rule: Rule,
    /// How often it was saved.
    pub version: u32,
    /// When it was saved first.
    pub created_at: Timestamp,
    /// When this version was saved.
    pub saved_at: Timestamp,
}

/// Every live segment, by id.
pub(crate) type Definitions = BTreeMap<String, Definition>;

/// Why something was not done with a segment or a list.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// No such segment.
    #[error("there is no segment `{0}`")]
    NoSegment(String),
    /// No such version of it.
    #[error("segment `{id}` has no version {version}")]
    NoVersion {
        /// The segment.
        id: String,
        /// What was asked for.
        version: u32,
    },
    /// No such list.
    #[error("there is no list `{0}`")]
    NoList(String),
    /// No such ready-made segment.
    #[error("there is no ready-made segment `{0}`")]
    NoTemplate(String),
    /// An id that cannot be one.
    #[error(
        "`{0}` cannot be an id: expected 1 to 64 lower-case letters, digits, `.`, `_` or `-`, and not check, lists, overlap, preview or templates"
    )]
    Id(String),
    /// An id that is in use.
    #[error("there is a segment or list `{0}` already")]
    Taken(String),
    /// A text that is empty or too long.
    #[error("{field} has {found} characters; expected {least} to {most}")]
    Text {
        /// Which.
        field: &'static str,
        /// How many it has.
        found: usize,
        /// How many it must have.
        least: usize,
        /// How many it may have.
        most: usize,
    },
    /// Neither or both of the forms of a rule.
    #[error("give the rule either as `rule` or as `text`")]
    OneForm,
    /// A text that is no rule.
    #[error("text: {0}")]
    Reading(#[from] super::text::TextError),
    /// JSON that is no rule.
    #[error("rule: {0}")]
    NotRule(String),
    /// A rule that cannot be.
    #[error("{}", listed(.0))]
    Faults(Vec<Fault>),
    /// Others rest on it.
    #[error("`{id}` is named by the rules of {}; change them first", .by.join(", "))]
    Named {
        /// What should go.
        id: String,
        /// Who names it.
        by: Vec<String>,
    },
    /// There are enough.
    #[error("there are {0} segments, which is as many as are kept up; archive some first")]
    TooMany(usize),
    /// A number out of bounds, or a text that is none of those expected.
    #[error("{name} is `{value}`; expected {expected}")]
    Parameter {
        /// Which.
        name: &'static str,
        /// What was given.
        value: String,
        /// What it can be.
        expected: &'static str,
    },
    /// A shopper nobody heard of.
    #[error("there is no shopper `{0}`")]
    NoShopper(String),
    /// The lake could not be read.
    #[error("the events could not be read: {0}")]
    Lake(#[from] LakeError),
    /// What is kept of a shopper cannot be read.
    #[error("what is kept of a shopper cannot be read; the program's log says why")]
    Unreadable(#[from] DecodeError),
    /// A task ended without an answer: a mistake of ours, or the program is being shut down.
    #[error("{0} was not carried through")]
    Ended(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn listed(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<SegmentError> for Problem {
    fn from(error: SegmentError) -> Self {
        use SegmentError as E;
        let problem = |code| Problem::new(code, error.to_string());
        match &error {
            E::NoSegment(_) | E::NoVersion { .. } | E::NoList(_) | E::NoTemplate(_) | E::NoShopper(_) => {
                problem(Code::NotFound)
            }
            E::Id(_) => problem(Code::InvalidBody).at("id"),
            E::Text { field, .. } => problem(Code::InvalidBody).at(*field),
            E::OneForm | E::NotRule(_) => problem(Code::InvalidBody).at("rule"),
            E::Reading(_) => problem(Code::InvalidBody).at("text"),
            E::Faults(faults) => {
                let path = faults.first().map(|fault| fault.path.clone()).unwrap_or_default();
                problem(Code::InvalidBody).at(format!("rule.{path}").trim_end_matches('.'))
            }
            E::Taken(_) | E::Named { .. } | E::TooMany(_) => problem(Code::Conflict),
            E::Parameter { name, .. } => problem(Code::InvalidParameter).at(*name),
            E::Lake(cause) => {
                tracing::error!(error = %cause, "events could not be read for a segment");
                Problem::new(Code::Internal, "the events could not be read; the program's log says why")
            }
            E::Unreadable(cause) => {
                tracing::error!(error = %cause, "what is kept of a shopper cannot be read");
                problem(Code::Internal)
            }
            E::Ended(_) => problem(Code::Internal),
            E::Store(_) => match error {
                E::Store(cause) => cause.into(),
                _ => problem(Code::Internal),
            },
        }
    }
}

/// Refuses what cannot be the id of a segment or list.
pub(crate) fn check_id(id: &str) -> Result<(), SegmentError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let good = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(allowed) && !TAKEN.contains(&id);
    // Dots alone mean something else in an address.
    let good = good && id.bytes().any(|byte| byte.is_ascii_alphanumeric());
    good.then_some(()).ok_or_else(|| SegmentError::Id(id.chars().take(LONGEST_ID).collect()))
}

/// Refuses names and descriptions that are empty or too long.
pub(crate) fn check_words(name: &str, description: &str) -> Result<(), SegmentError> {
    let check = |field, text: &str, least, most| {
        let found = text.trim().chars().count();
        let good = (least..=most).contains(&found);
        good.then_some(()).ok_or(SegmentError::Text { field, found, least, most })
    };
    check("name", name, 1, LONGEST_NAME)?;
    check("description", description, 0, LONGEST_DESCRIPTION)
}

/// An id made of a name, or of `word` and a number where the name has no letters for one. One that is not `used`.
pub(crate) fn id_of(name: &str, word: &str, used: impl Fn(&str) -> bool) -> String {
    let lower = name.trim().to_lowercase();
    let parts = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let slug: String = parts.collect::<Vec<_>>().join("_").chars().take(LONGEST_ID - 8).collect();
    let free = |id: &String| !used(id) && check_id(id).is_ok();
    let base = if slug.len() < 2 { word.to_owned() } else { slug };
    let mut more = (2u32..).map(|number| format!("{base}_{number}"));
    Some(base.clone()).filter(free).or_else(|| more.find(free)).unwrap_or(base)
}

/// The ids of the segments whose rules name `id`, also through others.
pub(crate) fn dependents(definitions: &Definitions, id: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![id.to_owned()]);
    while let Some(named) = open.pop() {
        let naming = definitions.values().filter(|one| one.rule.segments().contains(&named));
        for one in naming.filter(|one| one.id != id) {
            if !found.contains(&one.id) {
                found.push(one.id.clone());
                open.push(one.id.clone());
            }
        }
    }
    found
}

/// What rules may name just now.
pub(crate) struct Nameable<'a> {
    pub(crate) definitions: &'a Definitions,
    pub(crate) lists: &'a Lists,
    pub(crate) catalogue: &'a Catalogue,
}

impl Known for Nameable<'_> {
    fn segment(&self, id: &str) -> Option<Vec<String>> {
        self.definitions.get(id).map(|one| one.rule.segments())
    }

    fn list(&self, id: &str) -> bool {
        self.lists.get(id).is_some()
    }

    fn tag(&self, id: &str) -> bool {
        self.catalogue.tags.iter().any(|tag| tag.id == id)
    }

    fn computed(&self, name: &str) -> bool {
        NAMES.contains(&name) || RANKED.contains(&name)
    }
}

impl People {
    /// Everything that is wrong with a rule, which is to define the segment `id` if that is given.
    pub(crate) fn faults(&self, rule: &Rule, id: Option<&str>) -> Vec<Fault> {
        let catalogue = self.shoppers().catalogue().clone();
        let (definitions, lists) = (self.segments.definitions(), self.segments.lists());
        super::check(rule, id, &Nameable { definitions: &definitions, lists: &lists, catalogue: &catalogue })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_the_name_and_used_once() {
        assert_eq!(id_of("  VIP buyers (2026)", "segment", |_| false), "vip_buyers_2026");
        assert_eq!(id_of("VIP", "segment", |id| id == "vip"), "vip_2");
        assert_eq!(id_of("高价值", "segment", |id| ["segment", "segment_2"].contains(&id)), "segment_3");
        assert_eq!(id_of("Lists", "segment", |_| false), "lists_2", "an address of something else");
        for id in ["", ".", "..", "a/b", "A", "check", "分群"] {
            assert!(check_id(id).is_err(), "{id}");
        }
        assert!(check_id("rfm.champions").is_ok());
    }
}
