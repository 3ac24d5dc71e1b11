//! Points for what shoppers do, beside orders: a review, signing up, following somebody. A rule says which events count, how
//! many points each gives, and how often.
//!
//! The log is followed for this. Each fact gives once: it is an event, or whatever a property of the event names, such as the
//! review. The points, the limits they count against and the row that says so are one commit of the ledger. Points for what
//! is paid are none of this: they come by the points rule, and go back with the goods.

pub(crate) mod follow;
pub(crate) mod list_earned;
pub(crate) mod list_rules;
pub(crate) mod put_rule;
pub(crate) mod store;

use std::collections::BTreeSet;

use fanvine_kernel::Timestamp;
use fanvine_kernel::event::filter::{Field, Filter};
use fanvine_kernel::event::names;
use fanvine_ledger::{Account, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::offers::TermsError;
use crate::plays::{range, text};
use crate::wallet::Source;
use crate::wallet::receive::receipt_key;

pub use list_earned::{EarnedPoints, EarnedPointsList};
pub use list_rules::{EarningRuleList, EarningRuleView};

/// Longest name, in bytes.
const LONGEST: usize = 200;
const MOST_POINTS: i64 = 1_000_000;
const MOST_BUDGET: i64 = 1_000_000_000_000;
const MOST_TIMES: i64 = 1_000_000;
const MOST_FILTERS: i64 = 20;
const MOST_SOURCES: i64 = 50;
const MOST_NAMES: i64 = 10;

/// Events that tell of a payment: what is paid earns by the points rule, and goods that come back take it along.
const OF_PAYMENTS: &[&str] = &[
    names::ORDER_COMPLETED,
    names::ORDER_UPDATED,
    names::REDEMPTION_RESERVED,
    names::REDEMPTION_DEPOSITED,
    names::REDEMPTION_REDEEMED,
];
/// Events that tell that somebody was recruited.
const OF_HEADS: &[&str] = &[names::INVITE_ACCEPTED, names::SHOPPER_REFERRED, names::SHARER_JOINED];
/// Events that rules make themselves.
const OF_RULES: &[&str] = &[names::POINTS_GIVEN, names::POINTS_TAKEN_BACK];
/// Events that tell that something was shared.
const OF_SHARES: &[&str] = &[names::PRODUCT_SHARED, names::CART_SHARED];

/// What earns points, and how many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EarningTerms {
    /// What people call it.
    pub name: String,
    /// The event's name: `Review Submitted`.
    pub event: String,
    /// What its fields must be, as in segments and funnels: `[{"field": "properties.rating", "is": {"ge": 4}}]`.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub filters: Vec<Filter>,
    /// Only events from these sources: those the shop's own servers write to, say. From any if empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sources: BTreeSet<String>,
    /// How many points it gives.
    pub points: i64,
    /// The property that names the fact: `review_id`. For each of its values a shopper is given points once, however many
    /// events tell of it; nothing for an event without it. If absent, each event is a fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub once_per: Option<Field>,
    /// Events, of the same shopper and with the same value of `once_per`, that take the points back: `Review Deleted`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub taken_back_on: BTreeSet<String>,
    /// How often a shopper is given points on a day of the shop.
    #[serde(default = "one")]
    pub per_shopper_per_day: i64,
    /// How often a shopper is given points in all; any number if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_shopper: Option<i64>,
    /// How many points all shoppers together are given; any number if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_points: Option<i64>,
    /// From when on; from when the rule was set if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// Until when, that moment excluded; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// Whether it gives nothing for now. What was given may still be taken back.
    #[serde(default)]
    pub paused: bool,
}

fn one() -> i64 {
    1
}

impl EarningTerms {
    /// Refuses what could not be kept, or must not be.
    pub fn check(&self) -> Result<(), TermsError> {
        text("name", &self.name, LONGEST)?;
        text("event", &self.event, LONGEST)?;
        self.check_event()?;
        range("the number of where", self.filters.len() as i64, 0, MOST_FILTERS)?;
        range("the number of sources", self.sources.len() as i64, 0, MOST_SOURCES)?;
        self.sources.iter().try_for_each(|source| text("sources", source, LONGEST))?;
        range("points", self.points, 1, MOST_POINTS)?;
        range("the number of taken_back_on", self.taken_back_on.len() as i64, 0, MOST_NAMES)?;
        self.taken_back_on.iter().try_for_each(|name| text("taken_back_on", name, LONGEST))?;
        match &self.once_per {
            Some(field) if !field.is_in_properties() => {
                return Err(TermsError::Unknown { field: "once_per", text: String::from(field.clone()) });
            }
            Some(field) => text("once_per", &String::from(field.clone()), LONGEST)?,
            None if !self.taken_back_on.is_empty() => {
                let why = "taken_back_on can be where once_per names the fact that is no more";
                return Err(TermsError::Rule(why.to_owned()));
            }
            None => {}
        }
        if self.taken_back_on.contains(&self.event) {
            let why = format!("`{}` would both give points and take them back", self.event);
            return Err(TermsError::Rule(why));
        }
        range("per_shopper_per_day", self.per_shopper_per_day, 1, MOST_TIMES)?;
        range("per_shopper", self.per_shopper.unwrap_or(1), 1, MOST_TIMES)?;
        range("budget_points", self.budget_points.unwrap_or(1), 1, MOST_BUDGET)?;
        match (self.starts_at, self.ends_at) {
            (Some(starts), Some(ends)) if ends <= starts => {
                Err(TermsError::Ends { starts_at: starts.to_string(), ends_at: ends.to_string() })
            }
            _ => Ok(()),
        }
    }

    fn check_event(&self) -> Result<(), TermsError> {
        let event = &self.event;
        let is_of = |names: &[&str]| names.contains(&event.as_str());
        let why = if is_of(OF_PAYMENTS) {
            "tells of a payment: what is paid earns points by the points rule, from which goods that come back are taken"
        } else if is_of(OF_HEADS) {
            "tells that somebody was recruited: no reward for each head (Provisions on the Prohibition of Pyramid Selling, article 7)"
        } else if is_of(OF_RULES) {
            "is what such rules make themselves"
        } else if names::is_about_segments(event) {
            "is no fact of a shopper, but a finding"
        } else {
            return Ok(());
        };
        Err(TermsError::Rule(format!("event `{event}` {why}")))
    }
}

/// A version of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Version {
    pub number: i64,
    /// From when on it is in force.
    pub since: Timestamp,
    pub terms: EarningTerms,
}

/// A rule with all its versions, the first first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EarningRule {
    pub rule_id: String,
    pub versions: Vec<Version>,
}

impl EarningRule {
    /// What it was at a moment; none before it was set.
    pub fn at(&self, moment: Timestamp) -> Option<&Version> {
        self.versions.iter().rev().find(|version| version.since <= moment)
    }

    /// What it is now.
    pub fn last(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// When it was set for the first time.
    fn first_set(&self) -> Option<Timestamp> {
        self.versions.first().map(|version| version.since)
    }

    /// The account in which all points count that the rule gave and did not take back.
    pub fn given(&self) -> Account {
        self.counted(format!("points_given/{}", self.rule_id))
    }

    fn counted(&self, name: String) -> Account {
        Account::new(name, format!("points by {}", self.rule_id), Kind::Gifts)
    }

    /// In which it counts how often a shopper was given points, in all and on a day.
    fn counted_for(&self, shopper: &str, day: Option<String>) -> Account {
        // Those of shoppers are long, and so may be those of rules: their digest names the account.
        let whose = receipt_key(Source::Auto, &["points", &self.rule_id, shopper]);
        match day {
            Some(day) => self.counted(format!("points_given_day/{day}/{whose}")),
            None => self.counted(format!("points_given_by/{whose}")),
        }
    }

    /// What names the gift for a fact.
    fn gift(&self, fact: &Fact<'_>) -> String {
        match fact {
            Fact::Event { source, message_id } => {
                receipt_key(Source::Auto, &["points", &self.rule_id, "event", source, message_id])
            }
            Fact::Named { shopper, value } => {
                receipt_key(Source::Auto, &["points", &self.rule_id, "named", shopper, value])
            }
        }
    }
}

/// What points are given for.
enum Fact<'f> {
    /// An event.
    Event { source: &'f str, message_id: &'f str },
    /// Whatever a property names, for a shopper.
    Named { shopper: &'f str, value: String },
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn terms(more: &Value) -> EarningTerms {
        let mut terms = json!({ "name": "Reviews", "event": "Review Submitted", "points": 20 });
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(terms).unwrap()
    }

    #[test]
    fn what_must_not_earn_is_refused_with_its_reason() {
        let refused = |more: Value| terms(&more).check().unwrap_err().to_string();
        terms(&json!({})).check().unwrap();
        let paid = refused(json!({ "event": "Order Completed" }));
        assert!(paid.starts_with("event `Order Completed` tells of a payment"), "{paid}");
        assert!(refused(json!({ "event": "Invite Accepted" })).contains("Pyramid Selling"));
        assert!(refused(json!({ "event": "Points Given" })).contains("make themselves"));
        assert!(refused(json!({ "event": "Segment Entered" })).contains("a finding"));
        assert_eq!(refused(json!({ "points": 0 })), "points is 0, where 1 to 1000000 can be");
        assert_eq!(refused(json!({ "once_per": "channel" })), "once_per names `channel`, which there is not");
        let none = refused(json!({ "taken_back_on": ["Review Deleted"] }));
        assert_eq!(none, "taken_back_on can be where once_per names the fact that is no more");
        let both = refused(json!({ "once_per": "review_id", "taken_back_on": ["Review Submitted"] }));
        assert_eq!(both, "`Review Submitted` would both give points and take them back");
        let never = json!({ "starts_at": "2026-11-11T00:00:00Z", "ends_at": "2026-11-11T00:00:00Z" });
        assert!(refused(never).contains("2026-11-11"));
    }

    #[test]
    fn a_rule_is_what_it_was_when_something_happened() {
        let version = |number: i64, points: i64| Version {
            number,
            since: Timestamp::from_seconds(number * 100),
            terms: terms(&json!({ "points": points })),
        };
        let rule = EarningRule { rule_id: "r".into(), versions: vec![version(1, 5), version(2, 7)] };
        let at = |seconds| rule.at(Timestamp::from_seconds(seconds)).map(|version| version.terms.points);
        assert_eq!((at(99), at(100), at(199), at(200)), (None, Some(5), Some(5), Some(7)));
    }

    #[test]
    fn facts_are_told_apart() {
        let rule = |id: &str| EarningRule { rule_id: id.into(), versions: vec![] };
        let named = |shopper, value: &str| Fact::Named { shopper, value: value.into() };
        let event = |message_id| Fact::Event { source: "src_1", message_id };
        let all = [
            rule("a").gift(&event("1")),
            rule("a").gift(&event("2")),
            rule("b").gift(&event("1")),
            rule("a").gift(&named("src_1", "1")),
            rule("a").gift(&named("anna", "1")),
            rule("a").gift(&named("anna", "2")),
            rule("a").gift(&named("bert", "1")),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all[0], rule("a").gift(&event("1")));
    }
}
