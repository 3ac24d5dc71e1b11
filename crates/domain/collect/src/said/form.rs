//! The fields of a query or of a form, and base64 as clients write it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The value of the first field of that name, decoded; what is no UTF-8 is replaced by U+FFFD.
pub fn field<'a>(form: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let pairs = form.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
}

/// A value of a form: `%XX` is a byte, `+` a blank.
pub(crate) fn decoded(value: &str) -> Cow<'_, str> {
    if !value.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let hex = |byte: &u8| (*byte as char).to_digit(16);
        match (first, after) {
            (b'%', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                bytes.push((hex(high).unwrap_or(0) * 16 + hex(low).unwrap_or(0)) as u8);
                rest = after;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes of a base64 text: with or without padding, of either alphabet, and with blanks where a client forgot to
/// encode `+`.
pub fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text: String = text.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    let text = text.replace(' ', "+");
    let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    GeneralPurpose::new(&alphabet, config).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_of_a_form_are_decoded() {
        assert_eq!(field("a=1&data=%E8%8C%B6+x&b", "data").as_deref(), Some("茶 x"));
        assert_eq!(field("a=1&b", "b").as_deref(), Some(""));
        assert_eq!(field("a=100%", "a").as_deref(), Some("100%"));
        assert_eq!(field("a=1", "c"), None);
    }

    #[test]
    fn base64_is_read_however_it_is_written() {
        for text in ["+/8=", "+/8", "-_8=", "-_8", " /8=", "+/\r\n8="] {
            assert_eq!(base64_bytes(text).as_deref(), Some(&[0xfb, 0xff][..]), "{text:?}");
        }
        assert_eq!(base64_bytes("茶"), None);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(form in ".{0,200}") {
            let _ = field(&form, "data");
            let _ = base64_bytes(&form);
        }
    }
}
