//! One walk over the JSON of an event: the entries of an object, the elements of an array, as slices of the text.
//!
//! Events hold valid JSON, so it is only walked over, not checked again, which makes it several times faster. Of
//! anything else the entries may be anything, or none, but slices of the text all the same.

use std::borrow::Cow;

/// Calls `each` with every entry of `object`: its key, and its value as it stands in the text.
pub(crate) fn fields<'a>(object: &'a str, mut each: impl FnMut(&str, &'a str)) {
    let mut walk = Walk { text: object, at: 0 };
    if walk.next() != Some(b'{') {
        return;
    }
    walk.at += 1;
    while walk.next() == Some(b'"') {
        let Some(key) = walk.value().map(unquoted) else { return };
        if walk.next() != Some(b':') {
            return;
        }
        walk.at += 1;
        let Some(value) = walk.value() else { return };
        each(&key, value);
        if walk.next() == Some(b',') {
            walk.at += 1;
        }
    }
}

/// The elements of an array; none of anything else.
pub(crate) fn elements(array: &str) -> Vec<&str> {
    let (mut walk, mut elements) = (Walk { text: array, at: 0 }, Vec::new());
    if walk.next() != Some(b'[') {
        return elements;
    }
    walk.at += 1;
    while walk.next().is_some_and(|byte| byte != b']') {
        let Some(value) = walk.value() else { break };
        elements.push(value);
        if walk.next() == Some(b',') {
            walk.at += 1;
        }
    }
    elements
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    /// The next byte that is no space.
    fn next(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// The value that begins next; none if it does not end.
    fn value(&mut self) -> Option<&'a str> {
        let first = self.next()?;
        let from = self.at;
        match first {
            b'"' => self.skip_text()?,
            b'{' | b'[' => self.skip_nested()?,
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\r' | b'\t');
                let rest = self.text.as_bytes().get(from..)?;
                // A value is never empty, so a walk always ends.
                self.at += rest.iter().position(ends).unwrap_or(rest.len()).max(1);
            }
        }
        self.text.get(from..self.at)
    }

    /// From an opening quote to behind the closing one.
    fn skip_text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            match self.text.as_bytes().get(self.at)? {
                b'"' => break self.at += 1,
                _ => self.at += 2,
            }
        }
        Some(())
    }

    /// From an opening bracket to behind its closing one.
    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.text.as_bytes().get(self.at)? {
                b'"' => {
                    self.skip_text()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// What stands between the quotes.
fn unquoted(raw: &str) -> Cow<'_, str> {
    match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(plain) if !plain.as_bytes().contains(&b'\\') => Cow::Borrowed(plain),
        _ => Cow::Owned(serde_json::from_str(raw).unwrap_or_default()),
    }
}

/// Trimmed text, or a number as it was written; none if it is empty or something else.
pub(crate) fn text(raw: &str) -> Option<Cow<'_, str>> {
    let text = match raw.as_bytes().first()? {
        b'"' => match unquoted(raw) {
            Cow::Borrowed(plain) => Cow::Borrowed(plain.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
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
    use serde_json::Value;

    #[test]
    fn entries_are_slices_of_the_text_they_stand_in() {
        let mut found = Vec::new();
        fields(r#" {"a": " x ", "é\n": [1, "]"] , "c": 3.50,"d":null,"e":{"f":{}}}"#, |key, raw| {
            found.push((key.to_owned(), raw));
        });
        assert_eq!(found[1], ("é\n".to_owned(), r#"[1, "]"]"#));
        assert_eq!(elements(found[1].1), ["1", r#""]""#]);
        assert_eq!((text(found[0].1).as_deref(), text(found[2].1).as_deref()), (Some("x"), Some("3.50")));
        assert_eq!((text(found[3].1), text("\"\\u0041\"").as_deref()), (None, Some("A")));
        assert_eq!(found[4], ("e".to_owned(), r#"{"f":{}}"#));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\{}:,]{1,4}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_walk_finds_what_is_there(value in json(), pretty: bool) {
            let written = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let written = written.unwrap();
            let mut entries = Vec::new();
            fields(&written, |key, raw| entries.push((key.to_owned(), serde_json::from_str::<Value>(raw).unwrap())));
            let expected: Vec<_> = value.as_object().cloned().unwrap_or_default().into_iter().collect();
            prop_assert_eq!(entries, expected);
            let found: Vec<Value> =
                elements(&written).into_iter().map(|raw| serde_json::from_str(raw).unwrap()).collect();
            prop_assert_eq!(found, value.as_array().cloned().unwrap_or_default());
        }

        #[test]
        fn arbitrary_text_never_panics(json in r#"[\[\]{}":,\\a1 é]{0,40}"#) {
            fields(&json, |_, raw| { text(raw); elements(raw); });
            elements(&json);
            text(&json);
        }
    }
}
