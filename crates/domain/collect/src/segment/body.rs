//! The bytes of a request as text: decompressed within a bound, without a byte order mark, valid UTF-8.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// Why a body is no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Larger than the limit, as sent or decompressed.
    #[error("the body holds more than {limit} bytes")]
    TooLarge {
        /// The most bytes it may hold.
        limit: usize,
    },
    /// The compressed data is damaged.
    #[error("the body is not {encoding} data, as its Content-Encoding says: {detail}")]
    Damaged {
        /// What it should have been.
        encoding: &'static str,
        /// What the decompressor says.
        detail: String,
    },
    /// An encoding nobody here can read.
    #[error("the Content-Encoding `{0}` is not known; send gzip, deflate or none")]
    UnknownEncoding(String),
    /// Not UTF-8.
    #[error("the body is not UTF-8 at byte {0}")]
    NotText(usize),
}

/// The text of a body sent with this `Content-Encoding`.
///
/// A body that begins with gzip's magic bytes is decompressed also when nothing says so: no JSON begins so. Never
/// holds more than `limit` decompressed bytes in memory.
///
/// # Errors
/// Too large, damaged, of an unknown encoding, or not UTF-8.
pub fn text<'a>(bytes: &'a [u8], encoding: Option<&str>, limit: usize) -> Result<Cow<'a, str>, BodyError> {
    if bytes.len() > limit {
        return Err(BodyError::TooLarge { limit });
    }
    let encoding = encoding.map(|name| name.trim().to_ascii_lowercase()).unwrap_or_default();
    let plain = match encoding.as_str() {
        "gzip" | "x-gzip" => Cow::Owned(inflate(MultiGzDecoder::new(bytes), "gzip", limit)?),
        "deflate" => Cow::Owned(inflate(ZlibDecoder::new(bytes), "deflate", limit)?),
        "" | "identity" if bytes.starts_with(&[0x1f, 0x8b]) => {
            Cow::Owned(inflate(MultiGzDecoder::new(bytes), "gzip", limit)?)
        }
        "" | "identity" => Cow::Borrowed(bytes),
        _ => return Err(BodyError::UnknownEncoding(encoding.chars().take(32).collect())),
    };
    let text = match plain {
        Cow::Borrowed(bytes) => Cow::Borrowed(
            std::str::from_utf8(without_mark(bytes)).map_err(|error| BodyError::NotText(error.valid_up_to()))?,
        ),
        Cow::Owned(mut bytes) => {
            if without_mark(&bytes).len() != bytes.len() {
                bytes.drain(..3);
            }
            Cow::Owned(String::from_utf8(bytes).map_err(|error| BodyError::NotText(error.utf8_error().valid_up_to()))?)
        }
    };
    Ok(whole_characters(text))
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn inflate(reader: impl Read, encoding: &'static str, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::with_capacity(limit.min(64 * 1024));
    match reader.take(limit as u64 + 1).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() > limit => Err(BodyError::TooLarge { limit }),
        Ok(_) => Ok(bytes),
        Err(error) => Err(BodyError::Damaged { encoding, detail: error.to_string() }),
    }
}

/// Replaces halves of surrogate pairs that stand alone (`"\ud83d"`: an emoji a client cut in two) by U+FFFD, so
/// that everybody downstream can read the text. Pairs stay as they are.
fn whole_characters(text: Cow<'_, str>) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b'\\') {
        return text;
    }
    let mut lone = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        match surrogate(bytes, at) {
            Some(Half::High) if surrogate(bytes, at + 6) == Some(Half::Low) => at += 12,
            Some(_) => {
                lone.push(at);
                at += 6;
            }
            None => at += 2,
        }
        if at >= bytes.len() {
            break;
        }
    }
    if lone.is_empty() {
        return text;
    }
    let mut mended = text.into_owned();
    for at in lone {
        mended.replace_range(at..at + 6, "\\ufffd");
    }
    Cow::Owned(mended)
}

#[derive(PartialEq)]
enum Half {
    High,
    Low,
}

fn surrogate(bytes: &[u8], at: usize) -> Option<Half> {
    match bytes.get(at..at + 6)? {
        [b'\\', b'u', b'd' | b'D', third, rest @ ..] if rest.iter().all(u8::is_ascii_hexdigit) => match third {
            b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::High),
            b'c'..=b'f' | b'C'..=b'F' => Some(Half::Low),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn a_gzipped_body_is_read_with_and_without_its_header() {
        let packed = gzip(b"\xef\xbb\xbf{\"a\":1}");
        assert_eq!(text(&packed, Some("GZIP"), 100).unwrap(), "{\"a\":1}");
        assert_eq!(text(&packed, None, 100).unwrap(), "{\"a\":1}");
        assert_eq!(text(b"\xef\xbb\xbf{}", None, 100).unwrap(), "{}");
    }

    #[test]
    fn a_zip_bomb_is_refused_at_the_limit() {
        let bomb = gzip(&vec![b' '; 50 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(text(&bomb, Some("gzip"), 512_000), Err(BodyError::TooLarge { limit: 512_000 }));
    }

    #[test]
    fn damaged_or_unknown_encodings_are_refused_by_name() {
        assert!(matches!(text(b"\x1f\x8bxx", Some("gzip"), 100), Err(BodyError::Damaged { .. })));
        let cut = &gzip(b"{\"a\":1}")[..15];
        assert!(matches!(text(cut, Some("gzip"), 100), Err(BodyError::Damaged { .. })));
        assert_eq!(text(b"{}", Some("br"), 100), Err(BodyError::UnknownEncoding("br".into())));
        assert_eq!(text(b"{\"\xff", None, 100), Err(BodyError::NotText(2)));
    }

    #[test]
    fn an_emoji_cut_in_two_is_mended_and_a_whole_one_kept() {
        let sent = r#"{"cut":"a\ud83d","whole":"\ud83d\ude00","text":"\\ud83d"}"#;
        let read = text(sent.as_bytes(), None, 1000).unwrap();
        assert_eq!(read, r#"{"cut":"a\ufffd","whole":"\ud83d\ude00","text":"\\ud83d"}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&read).is_ok());
    }
}
