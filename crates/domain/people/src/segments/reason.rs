//! Why somebody is, or is not, in a segment.

use std::fmt::Write;

use fanvine_kernel::{Money, Timestamp};
use serde::Serialize;

use super::rule::{Measure, Rule};
use super::value::Value;

/// A clause, whether it holds, and what was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The clause in its text form; `all`, `any` or `not` of what stands below.
    pub clause: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was found; none for `all`, `any` and `not`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// The reasons of its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Reason>,
}

/// What was found where a clause looked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Observed {
    /// These values; none if nothing is known.
    Values(Vec<String>),
    /// A tag of this weight.
    Weight(f64),
    /// So many events.
    Times(u64),
    /// Events on so many days.
    Days(u64),
    /// A sum, written in its unit.
    Sum(String),
    /// What the last few events were followed by.
    Followed {
        /// How many of them were.
        followed: u64,
        /// How many there are.
        of: u64,
        /// How many there must be.
        wanted: u32,
    },
    /// When the newest such sequence began; none if there is none.
    Sequence(Option<Timestamp>),
    /// Whether they are a member.
    Member(bool),
}

impl Observed {
    pub(super) fn values(values: &[Value<'_>]) -> Self {
        Self::Values(values.iter().map(written).collect())
    }

    /// A sum in the unit of its measure.
    pub(super) fn sum(sum: i128, measure: &Measure) -> Self {
        let whole = i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX });
        Self::Sum(match measure {
            Measure::Revenue(bound) => Money::new(whole, bound.wanted().currency).to_string(),
            Measure::Property { .. } => (whole as f64 / 1e6).to_string(),
            _ => whole.to_string(),
        })
    }

    /// A phrase in English: `found 3 times`.
    pub fn english(&self) -> String {
        let many = |n: u64, unit: &str| format!("found {n} {unit}{}", if n == 1 { "" } else { "s" });
        match self {
            Self::Values(values) if values.is_empty() => "nothing is known".to_owned(),
            Self::Values(values) => format!("it is {}", values.join(", ")),
            Self::Weight(weight) => format!("its weight is {weight:.3}"),
            Self::Times(times) => many(*times, "time"),
            Self::Days(days) => many(*days, "day"),
            Self::Sum(sum) => format!("the sum is {sum}"),
            Self::Followed { of, wanted, .. } if *of < u64::from(*wanted) => {
                format!("there are only {of} of {wanted}")
            }
            Self::Followed { followed, of, .. } => format!("{followed} of {of} were followed"),
            Self::Sequence(Some(begun)) => format!("last begun at {begun}"),
            Self::Sequence(None) => "never done so".to_owned(),
            Self::Member(true) => "a member".to_owned(),
            Self::Member(false) => "not a member".to_owned(),
        }
    }

    /// A phrase in Simplified Chinese: `实际 3 次`.
    pub fn chinese(&self) -> String {
        match self {
            Self::Values(values) if values.is_empty() => "没有数据".to_owned(),
            Self::Values(values) => format!("实际为 {}", values.join("、")),
            Self::Weight(weight) => format!("权重为 {weight:.3}"),
            Self::Times(times) => format!("实际 {times} 次"),
            Self::Days(days) => format!("实际 {days} 天"),
            Self::Sum(sum) => format!("合计 {sum}"),
            Self::Followed { of, wanted, .. } if *of < u64::from(*wanted) => format!("只有 {of} 次，不足 {wanted} 次"),
            Self::Followed { followed, of, .. } => format!("{of} 次中有 {followed} 次得到响应"),
            Self::Sequence(Some(begun)) => format!("最近一次始于 {begun}"),
            Self::Sequence(None) => "从未发生".to_owned(),
            Self::Member(true) => "属于".to_owned(),
            Self::Member(false) => "不属于".to_owned(),
        }
    }
}

fn written(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => text.clone().into_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::Time(moment) => moment.to_string(),
        Value::Money(money) => money.to_string(),
    }
}

impl Reason {
    pub(super) fn leaf(rule: &Rule, holds: bool, observed: Observed) -> Self {
        Self { clause: rule.to_string(), holds, observed: Some(observed), because: Vec::new() }
    }

    pub(super) fn joint(word: &str, holds: bool, because: Vec<Reason>) -> Self {
        Self { clause: word.to_owned(), holds, observed: None, because }
    }

    /// The whole tree, a line a clause, in English.
    pub fn english(&self) -> String {
        self.lines(["yes", "no", "all of", "any of", "not"], Observed::english)
    }

    /// The whole tree, a line a clause, in Simplified Chinese.
    pub fn chinese(&self) -> String {
        self.lines(["是", "否", "以下全部成立", "以下任一成立", "以下不成立"], Observed::chinese)
    }

    fn lines(&self, words: [&str; 5], phrase: fn(&Observed) -> String) -> String {
        let mut out = String::new();
        self.write(&mut out, 0, words, phrase);
        out
    }

    fn write(&self, out: &mut String, depth: usize, words: [&str; 5], phrase: fn(&Observed) -> String) {
        let [yes, no, all, any, not] = words;
        let answer = if self.holds { yes } else { no };
        let clause = match (&self.observed, self.clause.as_str()) {
            (None, "all") => all,
            (None, "any") => any,
            (None, "not") => not,
            (_, clause) => clause,
        };
        let found = self.observed.as_ref().map(|observed| format!(" ({})", phrase(observed))).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{:indent$}{answer}: {clause}{found}", "", indent = depth * 2);
        for part in &self.because {
            part.write(out, depth + 1, words, phrase);
        }
    }
}
