//! Values that are known of a person or an event, and whether they are what a rule wants.

use std::borrow::Cow;
use std::cmp::Ordering;

use fanvine_kernel::{Money, Timestamp, Zone};
use serde_json::Value as Json;

use super::rule::{Literal, Test};

/// One known value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A moment.
    Time(Timestamp),
    /// An amount.
    Money(Money),
}

impl<'a> Value<'a> {
    /// The values a JSON value stands for: a list for each of its entries, null and objects for none.
    pub fn of_json(json: &'a Json) -> Vec<Self> {
        match json {
            Json::Null | Json::Object(_) => Vec::new(),
            Json::Bool(bool) => vec![Self::Bool(*bool)],
            Json::Number(number) => number.as_f64().map(Self::Number).into_iter().collect(),
            Json::String(text) => vec![Self::Text(text.as_str().into())],
            Json::Array(entries) => entries.iter().flat_map(Self::of_json).collect(),
        }
    }

    /// The moment it is, or its text says in the shop's zone.
    fn time(&self, zone: Zone) -> Option<Timestamp> {
        match self {
            Self::Time(moment) => Some(*moment),
            Self::Text(text) => zone.parse(text).ok(),
            _ => None,
        }
    }

    /// How it stands to what a rule states; none if the two cannot be compared. A moment and a day are equal when the
    /// moment falls on the day.
    fn compare(&self, with: &Literal, zone: Zone) -> Option<Ordering> {
        match (self, with) {
            (Self::Text(text), Literal::Text(wanted)) => Some(text.as_ref().cmp(wanted)),
            (Self::Number(number), Literal::Number(wanted)) => number.partial_cmp(wanted),
            (Self::Bool(bool), Literal::Bool(wanted)) => Some(bool.cmp(wanted)),
            (Self::Money(money), Literal::Money(wanted)) if money.currency == wanted.currency => {
                Some(money.minor.cmp(&wanted.minor))
            }
            (_, Literal::Day { day }) => Some(zone.date_of(self.time(zone)?).cmp(day)),
            _ => None,
        }
    }
}

/// A value and how long it stays so.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading<'a> {
    /// The value; several if it is a list, none if it is not known.
    pub values: Vec<Value<'a>>,
    /// The moment from which it may be another though nothing happens; none if it stays.
    pub until: Option<Timestamp>,
}

impl<'a> Reading<'a> {
    /// A single value that stays until something happens.
    pub fn steady(value: Value<'a>) -> Self {
        Self { values: vec![value], until: None }
    }
}

/// What is known of one person besides their events. Asked for one moment: the `now` of the evaluation.
pub trait Facts {
    /// A trait by name.
    fn trait_value(&self, name: &str) -> Reading<'_>;
    /// A computed value by name.
    fn computed(&self, name: &str) -> Reading<'_>;
    /// The weight of a tag (of one of its terms), 0 if not carried, and the moment at which time alone takes it to
    /// the other side of `bar`.
    fn tag(&self, tag: &str, term: Option<&str>, bar: f64) -> (f64, Option<Timestamp>);
    /// Whether they belong to that segment. Asked only of segments that are not compiled together with the rule.
    fn in_segment(&self, segment: &str) -> bool;
    /// Whether they are on that list.
    fn in_list(&self, list: &str) -> bool;
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

/// A number in millionths, the nearest: whole numbers add up to the same in any order. What does not fit becomes the
/// largest that does.
pub(super) fn millionths(number: f64) -> i64 {
    (number * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
