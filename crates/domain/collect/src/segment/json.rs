//! Walking JSON without building it: the entries of an object as slices of the text they stand in.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

/// The text is not a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a JSON object")]
pub struct NotAnObject;

/// Calls `each` with every entry of the JSON object `object`: its key, and its value as it stands in the text.
///
/// The text must be valid JSON, as a request is once its outer form was read. It is only walked over, not checked
/// again: of invalid JSON the entries are anything, but slices of the text all the same.
///
/// # Errors
/// The text is not an object, or ends within it.
pub fn fields<'a>(object: &'a str, mut each: impl FnMut(&str, &'a str)) -> Result<(), NotAnObject> {
    let bytes = object.as_bytes();
    let slice = |from: usize, to: usize| object.get(from..to).ok_or(NotAnObject);
    let mut at = after_space(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return Err(NotAnObject);
    }
    at = after_space(bytes, at + 1);
    while bytes.get(at) == Some(&b'"') {
        let key_end = after_text(bytes, at).ok_or(NotAnObject)?;
        let colon = after_space(bytes, key_end);
        let value = after_space(bytes, colon + 1);
        let end = after_value(bytes, value).ok_or(NotAnObject)?;
        let key = slice(at, key_end)?;
        match scalar(key) {
            Scalar::Text(key) => each(&key, slice(value, end)?),
            _ => return Err(NotAnObject),
        }
        at = after_space(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = after_space(bytes, at + 1);
        }
    }
    let closed = bytes.get(at) == Some(&b'}') && after_space(bytes, at + 1) == bytes.len();
    if closed { Ok(()) } else { Err(NotAnObject) }
}

fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Behind the text whose opening quote is at `at`.
fn after_text(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Behind the value that begins at `at`.
fn after_value(bytes: &[u8], mut at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => return after_text(bytes, at),
        b'{' | b'[' => {}
        _ => {
            let rest = bytes.get(at..)?;
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            return Some(at + rest.iter().position(ends).unwrap_or(rest.len()));
        }
    }
    let mut depth = 0usize;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))?;
        match bytes.get(at)? {
            b'"' => {
                at = after_text(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            _ => depth = depth.checked_sub(1)?,
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// A key, borrowed from the text where it has no escapes.
pub(crate) struct Key<'a>(pub Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        input.deserialize_str(Text)
    }
}

/// The elements of the JSON array `array`; nothing when it is something else.
pub fn elements(array: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(array).ok()
}

/// A value that is not an array or object.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// `null`.
    Null,
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// A number, as it was written.
    Number(&'a str),
    /// `true` or `false`.
    Bool(bool),
    /// An array or object.
    Nested,
}

/// Reads a value of valid JSON. Zero characters are dropped from strings: not every store can hold them.
pub fn scalar(raw: &str) -> Scalar<'_> {
    match raw.as_bytes() {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => Scalar::Text(Cow::Borrowed(&raw[1..raw.len() - 1])),
        [b'"', ..] => match serde_json::from_str::<String>(raw) {
            Ok(mut text) => {
                text.retain(|letter| letter != '\0');
                Scalar::Text(Cow::Owned(text))
            }
            Err(_) => Scalar::Nested,
        },
        [b'-' | b'0'..=b'9', ..] => Scalar::Number(raw),
        b"true" => Scalar::Bool(true),
        b"false" => Scalar::Bool(false),
        b"null" => Scalar::Null,
        _ => Scalar::Nested,
    }
}

/// Whether the value is a JSON object.
pub fn is_object(raw: &str) -> bool {
    raw.starts_with('{')
}

/// Whether valid JSON is nested deeper than `limit`.
pub fn deeper_than(raw: &str, limit: usize) -> bool {
    // As many openings as levels are needed: this count is cheap and nearly always settles it.
    let openings = raw.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if openings <= limit {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in raw.bytes() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Appends `text` as a JSON string.
pub fn push_text(out: &mut String, text: &str) {
    let plain = !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    if plain {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// Whether `text` may stand in JSON as a number, as it is.
pub fn is_number(text: &str) -> bool {
    let bytes = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match bytes {
        [b'0', b'0'..=b'9', ..] => false,
        [b'0'..=b'9', ..] => {
            let (mut points, mut last_digit) = (0, true);
            for byte in bytes {
                match byte {
                    b'0'..=b'9' => last_digit = true,
                    b'.' if points == 0 => (points, last_digit) = (1, false),
                    _ => return false,
                }
            }
            last_digit
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entries_of_an_object_are_slices_of_its_text() {
        let text = r#" {"a" : [1, 2] ,"b\u0041":"x","a":1.50} "#;
        let mut seen = Vec::new();
        fields(text, |key, value| seen.push(format!("{key}={value}"))).unwrap();
        assert_eq!(seen, ["a=[1, 2]", "bA=\"x\"", "a=1.50"]);
        assert!(fields("[1]", |_, _| ()).is_err());
        assert!(fields("{} {}", |_, _| ()).is_err());
    }

    #[test]
    fn text_that_ends_too_early_is_no_object() {
        for text in
            ["", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":[", "{\"a\":\"\\", "{\"a\":1", "{\"a\":}}", "{]"]
        {
            assert!(fields(text, |_, _| ()).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn walking_finds_what_a_parser_finds(pairs in proptest::collection::vec((".{0,8}", value()), 0..6)) {
            let texts: Vec<String> =
                pairs.iter().map(|(key, value)| format!("{} : {value}", serde_json::json!(key))).collect();
            let text = format!(" {{ {} }}", texts.join(" ,"));
            let (mut walked, mut parsed) = (Vec::new(), Vec::new());
            fields(&text, |key, value| walked.push((key.to_owned(), value.to_owned()))).unwrap();
            for (key, value) in &pairs {
                parsed.push((key.replace('\0', ""), value.to_string()));
            }
            proptest::prop_assert_eq!(walked, parsed);
        }

        #[test]
        fn walking_over_anything_never_panics(text in "[{}\\[\\]\"\\\\:, a1é]{0,40}") {
            let _ = fields(&text, |_, _| ());
        }
    }

    fn value() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn scalars_keep_numbers_as_they_were_written() {
        assert_eq!(scalar("1.10"), Scalar::Number("1.10"));
        assert_eq!(scalar(r#""a\nb\u0000""#), Scalar::Text("a\nb".into()));
        assert_eq!(scalar("[]"), Scalar::Nested);
        assert_eq!(scalar("null"), Scalar::Null);
    }

    #[test]
    fn depth_counts_brackets_outside_of_text_only() {
        assert!(!deeper_than(r#"["[[[[["]"#, 2));
        assert!(deeper_than("[[[]]]", 2));
        assert!(!deeper_than("[[],[],[]]", 2));
    }

    #[test]
    fn what_json_calls_a_number_is_known() {
        for good in ["0", "-1", "12.50", "0.001"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "-", "01", "1.", ".5", "+1", "1e5", "1.2.3", "x"] {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
