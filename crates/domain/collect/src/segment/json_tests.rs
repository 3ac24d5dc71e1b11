//! Reading JSON, held to a parser that builds it.

use super::json::*;

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
    for text in ["", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":[", "{\"a\":\"\\", "{\"a\":1", "{\"a\":}}", "{]"]
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
    fn what_is_json_is_what_a_parser_takes(text in "[{}\\[\\]\"\\\\:, a1é]{0,40}|[-+0-9.eE]{1,8}|\"[\\\\ubnr/\"0-9a-fA-F\u{0}-\u{20}é]{0,12}\"|(true|false|null|nul|[tfn])") {
        let ours = Cursor::new(&text).value().map(str::len);
        let mut parser = serde_json::Deserializer::from_str(&text).into_iter::<serde::de::IgnoredAny>();
        let theirs = matches!(parser.next(), Some(Ok(_))).then(|| parser.byte_offset() - (text.len() - text.trim_start().len()));
        if let (Ok(ours), Some(theirs)) = (ours, theirs) {
            proptest::prop_assert_eq!(ours, theirs);
        }
        let whole = { let mut cursor = Cursor::new(&text); cursor.value().and_then(|_| cursor.end()).is_ok() };
        proptest::prop_assert_eq!(whole, serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
        let _ = fields(&text, |_, _| ());
    }

    #[test]
    fn json_with_a_byte_changed_is_what_a_parser_says_it_is(value in value(), at in proptest::prelude::any::<proptest::sample::Index>(), byte in 0u8..128) {
        let mut bytes = value.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        let mut cursor = Cursor::new(&text);
        let whole = cursor.value().and_then(|_| cursor.end()).is_ok();
        proptest::prop_assert_eq!(whole, serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(), "{}", text);
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
    for (text, depth) in [(r#"["[[[[["]"#, 1), ("[[[]]]", 3), (r#"[[],{"a":{}},[]]"#, 3), ("1", 0)] {
        let mut cursor = Cursor::new(text);
        cursor.value().unwrap();
        assert_eq!(cursor.deepest, depth, "{text}");
    }
}

#[test]
fn a_text_of_nothing_but_brackets_is_no_danger() {
    let text = "[".repeat(1 << 20) + &"]".repeat(1 << 20);
    assert_eq!(Cursor::new(&text).value(), Ok(text.as_str()));
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
