//! Secrets: how they are made, what is kept of them, and how they are kept out of logs.
//!
//! A token or key is 256 random bits, so a plain SHA-256 of it is enough to keep: there is nothing
//! to guess. A [`Secret`] prints as dots; its text is had only by [`Secret::reveal`].

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanvine_kernel::Entropy;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Characters of a 256-bit token in base64url.
const TOKEN_LENGTH: usize = 43;

/// Text that no log, error or debug print may show.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; for the one place that must have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// 256 random bits in base64url, after `prefix`.
pub(crate) fn random_token(prefix: &str, entropy: &dyn Entropy) -> Secret {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    Secret(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// Whether a text has the form of a token made without a prefix.
pub(crate) fn looks_like_token(text: &str) -> bool {
    text.len() == TOKEN_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A password a person can read out: five groups of two syllables, 60 random bits.
pub(crate) fn readable_password(entropy: &dyn Entropy) -> Secret {
    const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8; 4] = b"aeiu";
    let mut bytes = [0u8; 10];
    entropy.fill(&mut bytes);
    let mut text = String::with_capacity(24);
    for (place, byte) in bytes.into_iter().enumerate() {
        if place > 0 && place % 2 == 0 {
            text.push('-');
        }
        text.push(char::from(CONSONANTS[usize::from(byte & 15)]));
        text.push(char::from(VOWELS[usize::from((byte >> 4) & 3)]));
    }
    Secret(text)
}

/// The SHA-256 of a token or key: all that is kept of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Fingerprint(…)")
    }
}

/// The token by which a page of this session proves that a change is its own. It follows from the
/// session's token, which the page cannot read, and says nothing about it.
pub(crate) fn csrf_token(session_token: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(b"fanvine csrf v1\0");
    digest.update(session_token.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

/// Compares without telling by its time how much of the text was right.
pub(crate) fn same_text(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, into: &mut [u8]) {
            into.fill(self.0);
        }
    }

    #[test]
    fn a_secret_never_prints_itself() {
        let secret = Secret::new("correct horse");
        assert!(!format!("{secret:?} {:?}", Fingerprint::of("correct horse")).contains("horse"));
    }

    #[test]
    fn a_token_is_43_characters_after_its_prefix() {
        let token = random_token("fvs_", &Fixed(0xFF));
        assert_eq!(token.reveal().len(), 4 + TOKEN_LENGTH);
        assert!(looks_like_token(random_token("", &Fixed(7)).reveal()));
        assert!(!looks_like_token("short"));
        assert!(!looks_like_token(&"=".repeat(TOKEN_LENGTH)));
    }

    #[test]
    fn the_token_of_a_page_differs_from_what_is_kept_of_the_session() {
        let token = random_token("", &Fixed(3));
        let kept = URL_SAFE_NO_PAD.encode(Fingerprint::of(token.reveal()).0);
        assert_ne!(csrf_token(token.reveal()), kept);
        assert_ne!(csrf_token(token.reveal()), csrf_token("another"));
        assert!(same_text("abc", "abc") && !same_text("abc", "abd") && !same_text("abc", "ab"));
    }

    #[test]
    fn a_readable_password_is_long_enough_to_be_one() {
        assert_eq!(readable_password(&Fixed(0)).reveal(), "baba-baba-baba-baba-baba");
        assert_eq!(readable_password(&Fixed(0xFF)).reveal(), "zuzu-zuzu-zuzu-zuzu-zuzu");
    }
}
