//! Values that are known of a person or an event.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value as Json;

use super::test::Literal;
use crate::{Money, Timestamp, Zone};

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

    /// The values at the end of a path of keys joined with dots. A list on the way stands for each of its entries.
    pub fn at(json: &'a Json, path: &str) -> Vec<Self> {
        let mut values = Vec::new();
        descend(json, path, &mut values);
        values
    }

    /// The moment it is, or its text says in the shop's zone.
    pub(super) fn time(&self, zone: Zone) -> Option<Timestamp> {
        match self {
            Self::Time(moment) => Some(*moment),
            Self::Text(text) => zone.parse(text).ok(),
            _ => None,
        }
    }

    /// How it stands to what a rule states; none if the two cannot be compared. A moment and a day are equal when the
    /// moment falls on the day.
    pub(super) fn compare(&self, with: &Literal, zone: Zone) -> Option<Ordering> {
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

fn descend<'a>(json: &'a Json, path: &str, into: &mut Vec<Value<'a>>) {
    match json {
        Json::Array(entries) => entries.iter().for_each(|entry| descend(entry, path, into)),
        Json::Object(fields) => match path.split_once('.') {
            _ if fields.contains_key(path) => into.extend(fields.get(path).into_iter().flat_map(Value::of_json)),
            Some((key, rest)) => fields.get(key).into_iter().for_each(|inner| descend(inner, rest, into)),
            None => {}
        },
        _ => {}
    }
}
