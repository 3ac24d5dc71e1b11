//! Finds a path in a JSON text without taking the rest of it apart.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The parts of a path: `products.0.name`; `$.` before it may be left out, a number is a place in a
/// list (from 0).
pub(super) fn path(text: &str) -> Vec<String> {
    let text = text.strip_prefix('$').unwrap_or(text);
    let text = text.strip_prefix('.').unwrap_or(text);
    text.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The JSON found there, as text.
pub(super) fn raw(json: &str, path: &[String]) -> Option<String> {
    find(json, path).map(|found| found.get().to_owned())
}

/// What is found there as text: a string's content, a number, `true`, JSON of a list or object; none
/// for `null`.
pub(super) fn text(json: &str, path: &[String]) -> Option<String> {
    let found = find(json, path)?.get();
    match found.as_bytes().first()? {
        b'n' => None,
        b'"' => serde_json::from_str(found).ok(),
        _ => Some(found.to_owned()),
    }
}

/// The number found there, also where it was sent as text.
pub(super) fn number(json: &str, path: &[String]) -> Option<f64> {
    let found = find(json, path)?.get();
    match found.as_bytes().first()? {
        b'"' => serde_json::from_str::<Cow<'_, str>>(found)
            .ok()?
            .trim()
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite()),
        _ => serde_json::from_str(found).ok(),
    }
}

fn find<'a>(json: &'a str, path: &[String]) -> Option<&'a RawValue> {
    let mut reader = serde_json::Deserializer::from_str(json);
    Step(path).deserialize(&mut reader).ok().flatten()
}

struct Step<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return serde::Deserialize::deserialize(input).map(Some);
        }
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(None) };
        let mut found = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == first.as_str() {
                found = map.next_value_seed(Step(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(None) };
        let wanted: Option<usize> = first.parse().ok();
        let (mut place, mut found) = (0, None);
        loop {
            if Some(place) == wanted {
                match list.next_element_seed(Step(rest))? {
                    Some(value) => found = value,
                    None => return Ok(found),
                }
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            place += 1;
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_wherever_it_leads() {
        let json =
            r#"{"a": {"b": [10, {"c": "x\"y"}]}, "n": null, "t": "12.5", "f": 1e2, "o": {"k": [1, 2]}, "中": true}"#;
        let text = |at: &str| text(json, &path(at));
        assert_eq!(text("a.b.1.c").as_deref(), Some("x\"y"));
        assert_eq!(text("$.a.b.0").as_deref(), Some("10"));
        assert_eq!(text("o.k").as_deref(), Some("[1, 2]"));
        assert_eq!(text("中").as_deref(), Some("true"));
        assert_eq!((text("n"), text("missing"), text("t.deeper"), text("a.b.9")), (None, None, None, None));
        let number = |at: &str| number(json, &path(at));
        assert_eq!(
            (number("t"), number("f"), number("a.b.0"), number("中")),
            (Some(12.5), Some(100.0), Some(10.0), None)
        );
        assert_eq!(super::text("not json", &path("a")), None);
    }
}
