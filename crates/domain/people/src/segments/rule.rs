//! The rule of a segment, as data. Its JSON form is what serde makes of these types.
//!
//! ```
//! # use fanvine_people::segments::Rule;
//! let rule: Rule = serde_json::from_str(r#"{"all": [
//!     {"event": {"of": {"names": ["Order Completed"], "where": [{"field": "category", "is": {"eq": "Tea"}}]},
//!                "measure": {"count": {"ge": 2}}, "window": {"last": "30 days"}}},
//!     {"not": {"segment": "staff"}}
//! ]}"#).unwrap();
//! assert_eq!(rule.to_string(), r#"bought(category = "Tea") >= 2 in last 30 days and not in segment staff"#);
//! ```

pub use fanvine_kernel::event::filter::{Field, Filter, Literal, Selection, Test};
use fanvine_kernel::{LocalDate, Money};
use serde::{Deserialize, Serialize};

use super::span::Span;

/// Who belongs to a segment. Set operations are `all`, `any` and `not` over memberships.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Every one of them.
    All(Vec<Rule>),
    /// At least one of them.
    Any(Vec<Rule>),
    /// Whoever is not.
    Not(Box<Rule>),
    /// What the shopper, or the shop, said of them.
    Trait(ValueTest),
    /// What the profile counted up: `orders`, `last_order_at` …
    Computed(ValueTest),
    /// How strongly they carry a tag.
    Tag(TagTest),
    /// How often, on how many days or for how much they did something.
    Event(EventTest),
    /// What followed the last few of some event.
    LastOf(FollowTest),
    /// One thing after another, soon enough.
    Sequence(SequenceTest),
    /// The members of another segment, by its id.
    Segment(String),
    /// The members of an uploaded list, by its id.
    List(String),
}

/// A named value and what it must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueTest {
    /// The value's name.
    pub name: String,
    /// What it must be.
    pub is: Test,
}

/// How strongly a tag must be carried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagTest {
    /// The tag's id.
    pub tag: String,
    /// Which of the tag's terms: the category, the brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// Its weight in 0..1, 0 if it is not carried.
    pub weight: Bound<f64>,
}

/// A comparison with one number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound<T> {
    /// Equal.
    Eq(T),
    /// Different.
    Ne(T),
    /// Less.
    Lt(T),
    /// At most.
    Le(T),
    /// More.
    Gt(T),
    /// At least.
    Ge(T),
}

impl<T> Bound<T> {
    /// Whether `seen` meets it.
    pub fn holds(&self, seen: T) -> bool
    where
        T: PartialOrd,
    {
        match self {
            Self::Eq(wanted) => seen == *wanted,
            Self::Ne(wanted) => seen != *wanted,
            Self::Lt(wanted) => seen < *wanted,
            Self::Le(wanted) => seen <= *wanted,
            Self::Gt(wanted) => seen > *wanted,
            Self::Ge(wanted) => seen >= *wanted,
        }
    }

    /// The number compared with.
    pub fn wanted(&self) -> &T {
        match self {
            Self::Eq(n) | Self::Ne(n) | Self::Lt(n) | Self::Le(n) | Self::Gt(n) | Self::Ge(n) => n,
        }
    }

    /// The comparison's sign.
    pub fn sign(&self) -> &'static str {
        match self {
            Self::Eq(_) => "=",
            Self::Ne(_) => "!=",
            Self::Lt(_) => "<",
            Self::Le(_) => "<=",
            Self::Gt(_) => ">",
            Self::Ge(_) => ">=",
        }
    }

    /// The same comparison with another number.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Bound<U> {
        match self {
            Self::Eq(n) => Bound::Eq(convert(n)),
            Self::Ne(n) => Bound::Ne(convert(n)),
            Self::Lt(n) => Bound::Lt(convert(n)),
            Self::Le(n) => Bound::Le(convert(n)),
            Self::Gt(n) => Bound::Gt(convert(n)),
            Self::Ge(n) => Bound::Ge(convert(n)),
        }
    }
}

/// Something done, how often or for how much, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventTest {
    /// Which events count.
    pub of: Selection,
    /// What is counted and what it must be.
    pub measure: Measure,
    /// When they must have happened.
    #[serde(default)]
    pub window: Window,
}

/// What is counted over the events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Measure {
    /// How many there are.
    Count(Bound<u32>),
    /// On how many different days of the shop's zone.
    Days(Bound<u32>),
    /// Their revenue, of that currency only.
    Revenue(Bound<Money>),
    /// Their units.
    Quantity(Bound<i64>),
    /// The sum of a numeric property, in millionths: exact in any order.
    Property {
        /// The property's path.
        path: String,
        /// What the sum must be.
        sum: Bound<f64>,
    },
}

/// When events must have happened.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Window {
    /// Whenever.
    #[default]
    Ever,
    /// Less than so long ago.
    Last(Span),
    /// On one of these days of the shop's zone, both included.
    Between {
        /// The first day.
        from: LocalDate,
        /// The last day.
        to: LocalDate,
    },
    /// After the newest of these events; never, if there is none.
    Since(Selection),
}

/// The window of a sequence, which always has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Period {
    /// Begun less than so long ago.
    Last(Span),
    /// On these days of the shop's zone, both included.
    Between {
        /// The first day.
        from: LocalDate,
        /// The last day.
        to: LocalDate,
    },
}

impl From<Period> for Window {
    fn from(period: Period) -> Self {
        match period {
            Period::Last(span) => Self::Last(span),
            Period::Between { from, to } => Self::Between { from, to },
        }
    }
}

/// Of the last few events of one kind, how many were followed (strictly later) by another with the same key. Does not
/// hold while there are fewer: who got two messages has not ignored three.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowTest {
    /// How many of the newest events are looked at.
    pub last: u32,
    /// Of which events.
    pub of: Selection,
    /// What may have followed.
    pub by: Selection,
    /// The field that must be the same in both; absent, any later one follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Field>,
    /// How many must have been followed.
    pub count: Bound<u32>,
}

/// Events in strict order of time, the last at most `within` after the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceTest {
    /// The events, in their order.
    pub steps: Vec<Selection>,
    /// From the first to the last.
    pub within: Span,
    /// What must not have happened between the first and the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Selection>,
    /// When all of it must have happened.
    pub window: Period,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_part_is_refused_rather_than_left_out() {
        for json in [
            r#"{"event": {"of": {"names": ["A"]}, "measure": {"count": {"ge": 2}}, "windw": {"last": "3 days"}}}"#,
            r#"{"event": {"of": {"names": ["A"], "filters": []}, "measure": {"count": {"ge": 2}}}}"#,
            r#"{"event": {"of": {}, "measure": {"property": {"path": "n", "sum": {"ge": 2}, "max": 3}}}}"#,
            r#"{"event": {"of": {}, "measure": {"count": {"ge": 2, "le": 3}}}}"#,
            r#"{"event": {"of": {}, "measure": {"count": {"ge": -2}}}}"#,
            r#"{"event": {"of": {}, "measure": {"days": {"ge": 2}}, "window": {"last": "3 weeks"}}}"#,
            r#"{"trait": {"name": "city", "is": {"eq": ["a"]}}}"#,
            r#"{"sequence": {"steps": [], "within": "1 day"}}"#,
        ] {
            assert!(serde_json::from_str::<Rule>(json).is_err(), "{json}");
        }
    }
}
