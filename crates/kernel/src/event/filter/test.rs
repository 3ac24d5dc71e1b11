//! What a value must be, and whether it is.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::span::Span;
use super::value::Value;
use crate::{LocalDate, Money, Timestamp, Zone};

/// What a value must be. A value that is a list passes if any of it does; nothing at all passes only `ne`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Equal. A moment equals the day it falls on.
    Eq(Literal),
    /// Not equal: exactly when `eq` does not hold.
    Ne(Literal),
    /// Equal to one of these.
    In(Vec<Literal>),
    /// Less, or before that day.
    Lt(Literal),
    /// At most, or not after that day.
    Le(Literal),
    /// More, or after that day.
    Gt(Literal),
    /// At least, or not before that day.
    Ge(Literal),
    /// From the first to the second, both included.
    Between(Literal, Literal),
    /// There is a value.
    Exists,
    /// Text that has this in it.
    Contains(String),
    /// Text that begins so.
    StartsWith(String),
    /// A moment within the last so long.
    Within(Span),
    /// A moment at least so long ago.
    Over(Span),
}

/// A value as a rule states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected text, a number, true, false, {\"minor\", \"currency\"} or {\"day\"}")]
pub enum Literal {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text, compared letter by letter.
    Text(String),
    /// An amount; it compares only with amounts of its currency.
    Money(Money),
    /// A day of the shop's zone.
    Day {
        /// `YYYY-MM-DD`.
        day: LocalDate,
    },
}

impl Test {
    /// Whether the values pass.
    pub fn holds(&self, values: &[Value<'_>], now: Timestamp, zone: Zone) -> bool {
        let any = |passes: &dyn Fn(&Value<'_>) -> bool| values.iter().any(passes);
        let ordered = |wanted: &Literal, passes: fn(Ordering) -> bool| {
            any(&|value| value.compare(wanted, zone).is_some_and(passes))
        };
        match self {
            Self::Eq(wanted) => ordered(wanted, Ordering::is_eq),
            Self::Ne(wanted) => !ordered(wanted, Ordering::is_eq),
            Self::In(wanted) => wanted.iter().any(|wanted| ordered(wanted, Ordering::is_eq)),
            Self::Lt(wanted) => ordered(wanted, Ordering::is_lt),
            Self::Le(wanted) => ordered(wanted, Ordering::is_le),
            Self::Gt(wanted) => ordered(wanted, Ordering::is_gt),
            Self::Ge(wanted) => ordered(wanted, Ordering::is_ge),
            Self::Between(low, high) => any(&|value| {
                value.compare(low, zone).is_some_and(Ordering::is_ge)
                    && value.compare(high, zone).is_some_and(Ordering::is_le)
            }),
            Self::Exists => !values.is_empty(),
            Self::Contains(part) => any(&|value| matches!(value, Value::Text(text) if text.contains(part.as_str()))),
            Self::StartsWith(part) => {
                any(&|value| matches!(value, Value::Text(text) if text.starts_with(part.as_str())))
            }
            Self::Within(span) => any(&|value| value.time(zone).is_some_and(|at| span.ends(at, zone) > now)),
            Self::Over(span) => any(&|value| value.time(zone).is_some_and(|at| span.ends(at, zone) <= now)),
        }
    }

    /// The next moment at which the answer may be another though the values stay.
    pub fn changes(&self, values: &[Value<'_>], now: Timestamp, zone: Zone) -> Option<Timestamp> {
        let (Self::Within(span) | Self::Over(span)) = self else { return None };
        let ends = values.iter().filter_map(|value| value.time(zone)).map(|at| span.ends(at, zone));
        ends.filter(|&end| end > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn holds(test: &str, value: Json) -> bool {
        let zone: Zone = "Asia/Shanghai".parse().unwrap();
        let test: Test = serde_json::from_str(test).unwrap();
        test.holds(&Value::of_json(&value), zone.parse("2026-03-31 12:00:00").unwrap(), zone)
    }

    #[test]
    fn a_list_passes_if_any_of_it_does_and_nothing_passes_only_ne() {
        assert!(holds(r#"{"eq": "tea"}"#, json!(["milk", "tea"])));
        assert!(!holds(r#"{"ne": "tea"}"#, json!(["milk", "tea"])));
        assert!(holds(r#"{"ne": "tea"}"#, json!(null)));
        for test in [r#"{"eq": "tea"}"#, r#"{"lt": 3}"#, r#""exists""#, r#"{"over": "1 day"}"#] {
            assert!(!holds(test, json!(null)), "{test}");
        }
    }

    #[test]
    fn a_moment_falls_on_a_day_of_the_shops_zone() {
        let late = json!("2026-03-01T17:00:00Z");
        assert!(holds(r#"{"eq": {"day": "2026-03-02"}}"#, late.clone()));
        assert!(holds(r#"{"between": [{"day": "2026-03-01"}, {"day": "2026-03-02"}]}"#, late.clone()));
        assert!(!holds(r#"{"lt": {"day": "2026-03-02"}}"#, late.clone()));
        assert!(holds(r#"{"over": "29 days"}"#, late.clone()));
        assert!(holds(r#"{"within": "30 calendar days"}"#, late));
    }

    #[test]
    fn values_of_different_kinds_never_compare() {
        assert!(!holds(r#"{"ge": 3}"#, json!("5")));
        assert!(!holds(r#"{"eq": true}"#, json!("true")));
        assert!(!holds(r#"{"ge": {"minor": 1, "currency": "CNY"}}"#, json!(5)));
    }
}
