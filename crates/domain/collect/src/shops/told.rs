//! What a mapping of webhooks tells of a body: values as they stand, or what stands at a path.
//!
//! A path is `$.data.order.id` or `$.items[0].sku`. Under `each`, `$` is the element at hand and `$$` the whole body. Keys
//! with dots or brackets in them cannot be named.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::said::Object;
use crate::segment::json::{elements, pick, push_text};
use crate::segment::{Fault, text_of};

/// The most elements a list may have; what has more is refused as a whole, never cut.
pub(crate) const MOST_ELEMENTS: usize = 500;

/// A value of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = WebhookValue)]
pub enum Told {
    /// What stands at a path, divided: amounts in minor units.
    Divided {
        /// The path.
        path: String,
        /// 10, 100, 1000 …
        divide: u32,
    },
    /// A moment as a number since 1970.
    Unix {
        /// The path.
        path: String,
        /// Of what it is a number.
        unix: Unit,
    },
    /// For each element of a list, an object.
    Each {
        /// The list's path.
        each: String,
        /// What each has.
        #[schema(no_recursion)]
        properties: BTreeMap<String, Told>,
    },
    /// A path, if it is a text that begins with `$`; else the value itself.
    #[schema(value_type = Object)]
    Plain(serde_json::Value),
}

/// Seconds or milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UnixUnit)]
pub enum Unit {
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Millis,
}

/// What paths begin at.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'b> {
    pub(crate) body: &'b str,
    pub(crate) element: &'b str,
}

/// What was looked for and not found.
pub(crate) type Missing = Vec<String>;

/// An object of these values.
///
/// # Errors
/// A list is too long.
pub(crate) fn properties(
    properties: &BTreeMap<String, Told>,
    scope: Scope<'_>,
    missing: &mut Missing,
) -> Result<Object, Fault> {
    let mut out = Object::new();
    for (name, told) in properties {
        out.raw(name, told.told(scope, missing)?.as_deref());
    }
    Ok(out)
}

/// The elements of the list at `path`, if `raw` is one.
///
/// # Errors
/// It is too long.
pub(crate) fn listed<'b>(raw: &'b str, path: &str) -> Result<Option<Vec<&'b str>>, Fault> {
    match elements(raw) {
        Some(all) if all.len() > MOST_ELEMENTS => {
            Err(Fault::LongList { path: path.to_owned(), elements: all.len(), limit: MOST_ELEMENTS })
        }
        found => Ok(found),
    }
}

impl Told {
    /// Its path, if it has one.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Self::Divided { path, .. } | Self::Unix { path, .. } | Self::Each { each: path, .. } => Some(path),
            Self::Plain(value) => value.as_str().filter(|text| text.starts_with('$')),
        }
    }

    /// The value as JSON; none if its path leads nowhere, or to what it cannot be made of.
    ///
    /// # Errors
    /// A list is too long.
    pub(crate) fn told(&self, scope: Scope<'_>, missing: &mut Missing) -> Result<Option<String>, Fault> {
        let Some(path) = self.path() else {
            let Self::Plain(value) = self else { return Ok(None) };
            return Ok(Some(value.to_string()));
        };
        let told = match (scope.find(path), self) {
            (None, _) => None,
            (Some(raw), Self::Each { properties: of_each, .. }) => match listed(raw, path)? {
                None => None,
                Some(all) => {
                    let object = |element| properties(of_each, Scope { element, ..scope }, missing).map(Object::done);
                    let objects = all.into_iter().map(object).collect::<Result<Vec<_>, _>>()?;
                    Some(format!("[{}]", objects.join(",")))
                }
            },
            (Some(raw), one) => one.of_one(raw),
        };
        if told.is_none() {
            missing.push(path.to_owned());
        }
        Ok(told)
    }

    /// What is made of a value that is no list.
    fn of_one(&self, raw: &str) -> Option<String> {
        match self {
            Self::Divided { divide, .. } => divided(&text_of(raw)?, *divide),
            Self::Unix { unix, .. } => {
                let number: i64 = text_of(raw)?.parse().ok()?;
                let micros = number.checked_mul(if *unix == Unit::Seconds { 1_000_000 } else { 1_000 })?;
                let mut text = String::new();
                push_text(&mut text, &Timestamp::from_micros(micros).to_string());
                Some(text)
            }
            Self::Plain(_) | Self::Each { .. } => Some(raw.to_owned()),
        }
    }
}

/// Whether it is 10, 100 … 1,000,000.
pub(crate) fn is_power_of_ten(number: u32) -> bool {
    (10..=1_000_000).contains(&number) && 10u32.pow(number.ilog10()) == number
}

/// A whole number divided by a power of ten, to the last digit.
fn divided(text: &str, by: u32) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    if digits.is_empty() || digits.len() > 18 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places = by.ilog10() as usize;
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, rest) = padded.split_at(padded.len() - places);
    let whole = whole.trim_start_matches('0');
    Some(format!("{sign}{}.{rest}", if whole.is_empty() { "0" } else { whole }))
}

/// A step of a path.
pub(crate) enum Step<'p> {
    Key(&'p str),
    Place(usize),
}

/// Whether a path begins at the whole body, and its steps.
pub(crate) fn steps(path: &str) -> Option<(bool, Vec<Step<'_>>)> {
    let rest = path.strip_prefix('$')?;
    let (whole, mut rest) = rest.strip_prefix('$').map_or((false, rest), |rest| (true, rest));
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (place, after) = after.split_once(']')?;
            steps.push(Step::Place(place.parse().ok()?));
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (key, after) = after.split_at(end);
            if key.is_empty() {
                return None;
            }
            steps.push(Step::Key(key));
            rest = after;
        }
    }
    Some((whole, steps))
}

impl<'b> Scope<'b> {
    /// What stands at a path, as it stands in the text; none where there is nothing, or `null`.
    pub(crate) fn find(self, path: &str) -> Option<&'b str> {
        let (whole, steps) = steps(path)?;
        steps.into_iter().try_fold(if whole { self.body } else { self.element }, |raw, step| match step {
            Step::Key(key) => pick(Some(raw), [key])[0],
            Step::Place(place) => elements(raw)?.get(place).copied().filter(|raw| *raw != "null"),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_divided_to_the_last_digit() {
        for (text, by, expected) in [
            ("1999", 100, "19.99"),
            ("-5", 100, "-0.05"),
            ("0", 10, "0.0"),
            ("123456789012345678", 1000, "123456789012345.678"),
        ] {
            assert_eq!(divided(text, by).as_deref(), Some(expected));
        }
        assert_eq!((divided("1.5", 100), divided("", 10), divided("-", 10)), (None, None, None));
    }

    proptest! {
        #[test]
        fn arbitrary_bodies_and_paths_never_panic(path in "[$.a-c\\[\\]0-9]{0,12}", body in ".{0,40}") {
            let _ = Scope { body: &body, element: &body }.find(&path);
        }
    }
}
