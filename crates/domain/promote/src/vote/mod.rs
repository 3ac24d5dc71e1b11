//! Vote 投票, and topic challenge 话题挑战: shoppers vote for what the shop puts up, or for what other shoppers put up.
//!
//! A person has so many votes a day of the shop, whatever keys they come under, and none for what they put up themselves. Of as many
//! votes, who had them first comes first; of those, whose identifier sorts first. So the order is total, and stands once the play
//! is over.

pub(crate) mod cast;
pub(crate) mod decide_entry;
pub(crate) mod enter;
pub(crate) mod show_votes;
pub(crate) mod store;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::offers::TermsError;
use crate::plays::{Play, PlayError, Rules, pictured, range, said, text};

pub use cast::{VoteCast, VoteForm};
pub use decide_entry::EntryDecision;
pub use enter::EntryForm;
pub use show_votes::{EntryState, EntryView, RankedEntry, VoteStandings};

const MOST_CANDIDATES: i64 = 200;
const MOST_A_DAY: i64 = 1_000;
const MOST_POINTS: i64 = 1_000_000;
const LONGEST_ID: usize = 64;
const LONGEST_NAME: usize = 200;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "vote";

/// The rules of a vote or a topic challenge. One that is over has its result: give it an `ends_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// What the shop puts up.
    #[serde(default)]
    pub candidates: Vec<Candidate>,
    /// What shoppers may put up: then it is a topic challenge. Nothing if absent.
    #[serde(default)]
    pub entries: Option<Entries>,
    /// How many votes a person has a day of the shop; 1 if absent.
    #[serde(default = "one")]
    pub per_day: i64,
    /// How many in all; as many as there are days if absent.
    #[serde(default)]
    pub in_all: Option<i64>,
    /// Whether several of a day may go to the same.
    #[serde(default)]
    pub same: bool,
    /// Points for every vote.
    #[serde(default)]
    pub points: i64,
}

fn one() -> i64 {
    1
}

/// What the shop puts up to be voted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Its identifier.
    pub entry_id: String,
    /// What people call it.
    pub title: String,
    /// What is to be said of it.
    #[serde(default)]
    pub about: String,
    /// A picture of it.
    #[serde(default)]
    pub image_url: Option<String>,
}

/// What shoppers may put up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// How many each, those that are hidden left out.
    pub per_shopper: i64,
    /// Whether an operator looks at each before it is shown; true if absent.
    #[serde(default = "yes")]
    pub reviewed: bool,
}

fn yes() -> bool {
    true
}

impl Vote {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self) -> Result<(), TermsError> {
        let least = if self.entries.is_some() { 0 } else { 2 };
        let many = i64::try_from(self.candidates.len()).unwrap_or(i64::MAX);
        range("the number of rules.candidates", many, least, MOST_CANDIDATES)?;
        let mut ids = BTreeSet::new();
        for one in &self.candidates {
            text("rules.candidates.entry_id", &one.entry_id, LONGEST_ID)?;
            text("rules.candidates.title", &one.title, LONGEST_NAME)?;
            said("rules.candidates.about", &one.about)?;
            pictured("rules.candidates.image_url", one.image_url.as_deref())?;
            if !ids.insert(&one.entry_id) {
                return Err(TermsError::Again { field: "rules.candidates.entry_id", text: one.entry_id.clone() });
            }
        }
        if let Some(entries) = &self.entries {
            range("rules.entries.per_shopper", entries.per_shopper, 1, 100)?;
        }
        range("rules.per_day", self.per_day, 1, MOST_A_DAY)?;
        self.in_all.into_iter().try_for_each(|most| range("rules.in_all", most, 1, MOST_A_DAY * 366))?;
        range("rules.points", self.points, 0, MOST_POINTS)
    }

    fn candidate(&self, entry_id: &str) -> Option<&Candidate> {
        self.candidates.iter().find(|one| one.entry_id == entry_id)
    }
}

/// The rules of a play that is a vote.
pub(crate) fn rules_of(play: &Play) -> Result<&Vote, PlayError> {
    match &play.terms.rules {
        Rules::Vote(rules) => Ok(rules),
        other => Err(PlayError::Kind { play_id: play.play_id.clone(), kind: other.kind(), wanted: WHAT }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn refused(rules: Value) -> String {
        serde_json::from_value::<Vote>(rules).unwrap().check().unwrap_err().to_string()
    }

    #[test]
    fn rules_that_could_not_be_held_are_refused_by_name() {
        let two = json!([{ "entry_id": "a", "title": "A" }, { "entry_id": "b", "title": "B" }]);
        serde_json::from_value::<Vote>(json!({ "candidates": two })).unwrap().check().unwrap();
        serde_json::from_value::<Vote>(json!({ "entries": { "per_shopper": 1 } })).unwrap().check().unwrap();
        assert_eq!(refused(json!({})), "the number of rules.candidates is 0, where 2 to 200 can be");
        assert_eq!(refused(json!({ "candidates": two, "per_day": 0 })), "rules.per_day is 0, where 1 to 1000 can be");
        let same = json!([{ "entry_id": "a", "title": "A" }, { "entry_id": "a", "title": "B" }]);
        assert_eq!(refused(json!({ "candidates": same })), "rules.candidates.entry_id has a twice");
        let pictured =
            json!([{ "entry_id": "a", "title": "A", "image_url": "cat.png" }, { "entry_id": "b", "title": "B" }]);
        let says = "rules.candidates.image_url `cat.png` is no address that begins with http:// or https://";
        assert_eq!(refused(json!({ "candidates": pictured })), says);
    }
}
