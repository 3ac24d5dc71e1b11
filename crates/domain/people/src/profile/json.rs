//! One walk over a JSON object: its entries as slices of the text they stand in.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Calls `each` with every entry of `object`; with none, or only the first, where it is no JSON object.
pub(super) fn fields<'a>(object: &'a str, each: impl FnMut(&str, &'a str)) {
    struct Walk<F>(F);
    impl<'de, F: FnMut(&str, &'de str)> Visitor<'de> for Walk<F> {
        type Value = ();
        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("an object")
        }
        fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
            while let Some(Key(key)) = map.next_key()? {
                (self.0)(&key, map.next_value::<&'de RawValue>()?.get());
            }
            Ok(())
        }
    }
    // What was read before a fault counts; the fault itself was the collector's to refuse.
    let _ = serde_json::Deserializer::from_str(object).deserialize_map(Walk(each));
}

/// The elements of an array; none of anything else.
pub(super) fn elements(array: &str) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_str(array).unwrap_or_default();
    elements.into_iter().map(RawValue::get).collect()
}

/// Trimmed text, or a number as it was written; none if it is empty or something else.
pub(super) fn text(raw: &str) -> Option<Cow<'_, str>> {
    let text = match raw.as_bytes().first()? {
        b'"' => match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain.trim()),
            _ => Cow::Owned(serde_json::from_str::<String>(raw).ok()?.trim().to_owned()),
        },
        b'-' | b'0'..=b'9' => Cow::Borrowed(raw),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_are_slices_of_the_text_they_stand_in() {
        let mut found = Vec::new();
        fields(r#"{"a": " x ", "é\n": [1, 2], "c": 3.50, "d": null}"#, |key, raw| found.push((key.to_owned(), raw)));
        assert_eq!(found[1], ("é\n".to_owned(), "[1, 2]"));
        assert_eq!(elements(found[1].1), ["1", "2"]);
        assert_eq!((text(found[0].1).as_deref(), text(found[2].1).as_deref()), (Some("x"), Some("3.50")));
        assert_eq!((text(found[3].1), text("\"\\u0041\"").as_deref()), (None, Some("A")));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(json in ".*") {
            fields(&json, |_, raw| { text(raw); elements(raw); });
            text(&json);
        }
    }
}
