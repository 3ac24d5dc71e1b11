//! JSON kept as the text it came as.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A text that is valid JSON, kept as it was written: numbers keep their digits, objects the order of their entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(Box<str>);

impl Json {
    /// A part of a text that was read as JSON, or one that was put together as JSON. It is not read again: whoever
    /// passes something else finds `null` where it is written out.
    pub fn of_valid(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Reads a text as JSON.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(text).map(|raw| Self(raw.get().into()))
    }

    /// The text.
    pub fn get(&self) -> &str {
        &self.0
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).ok().serialize(out)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(input).map(|raw| Self(raw.into()))
    }
}
