//! The few properties a question needs, out of all that an event has.

use std::fmt;

use fanvine_lake::{Column, Run};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::field::Field;

/// Keys of properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<String>);

impl Keys {
    /// Those that some fields need.
    pub fn of<'f>(fields: impl IntoIterator<Item = &'f Field>) -> Self {
        let mut keys: Vec<String> = fields.into_iter().flat_map(|field| field.keys()).map(str::to_owned).collect();
        keys.sort_unstable();
        keys.dedup();
        Self(keys)
    }

    /// An event's properties of these keys; null if there are no keys, or it has no properties that can be read.
    pub fn read(&self, run: &Run<'_>, event: usize) -> Json {
        if self.0.is_empty() {
            return Json::Null;
        }
        run.text(Column::Properties, event).map_or(Json::Null, |text| self.parse(text))
    }

    /// The entries of a JSON object that have these keys. The others are passed over.
    pub fn parse(&self, text: &str) -> Json {
        self.deserialize(&mut serde_json::Deserializer::from_str(text)).map_or(Json::Null, Json::Object)
    }
}

impl<'de> DeserializeSeed<'de> for &Keys {
    type Value = Map<String, Json>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &Keys {
    type Value = Map<String, Json>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut found = Map::new();
        while let Some(wanted) = entries.next_key_seed(Key(&self.0))? {
            match wanted {
                Some(key) => {
                    found.insert(key.to_owned(), entries.next_value()?);
                }
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// Finds a key among those wanted, without keeping the others.
struct Key<'k>(&'k [String]);

impl<'de, 'k> DeserializeSeed<'de> for Key<'k> {
    type Value = Option<&'k str>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_str(self)
    }
}

impl<'k> Visitor<'_> for Key<'k> {
    type Value = Option<&'k str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().map(String::as_str).find(|wanted| *wanted == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_asked_for_is_read() {
        let keys = Keys(vec!["a".into(), "b.c".into()]);
        let text = r#"{"x": [1, {"a": 2}], "a": {"d": [true]}, "\u0062.c": "é", "y": "\ud83d\ude00"}"#;
        assert_eq!(keys.parse(text), json!({ "a": { "d": [true] }, "b.c": "é" }));
        for odd in ["[1]", "{", "null", ""] {
            assert_eq!(keys.parse(odd), Json::Null, "{odd}");
        }
    }
}
