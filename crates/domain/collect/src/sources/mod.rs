//! Sources: the places events come from, each with the write key its clients send.
//!
//! A write key lets a client add events and nothing else; it stands in pages anybody can read. The keys are held in
//! memory ([`KeyTable`]), so that taking an event in asks no database.

pub mod create;
pub mod keys;
pub mod list;
pub mod rotate;
pub mod seen;
pub mod signing;
pub mod store;
pub mod update;

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Code, Entropy, Problem, Timestamp};
use fanvine_store::StoreError;
use serde::Serialize;

pub use self::keys::KeyTable;
use crate::shops::Platform;

/// Why a source could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No such source.
    #[error("there is no source {0}")]
    NotFound(String),
    /// A name that is empty or too long.
    #[error("the name `{0}` is not usable: a source's name has 1 to 80 characters")]
    InvalidName(String),
    /// An old key that would go on for too long.
    #[error("overlap_s is {seconds}; an old key goes on for {most} seconds at most")]
    Overlap {
        /// How long was asked for.
        seconds: u32,
        /// How long it may be.
        most: u32,
    },
    /// A preset key of another form.
    #[error("the write key is not usable: it has 8 to 128 characters of A-Z, a-z, 0-9, `_` and `-`")]
    InvalidKey,
    /// The tracking plan in the store cannot be read.
    #[error(transparent)]
    Plan(Box<crate::plan::PlanError>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        let detail = error.to_string();
        match error {
            SourceError::NotFound(_) => Problem::new(Code::NotFound, detail),
            SourceError::InvalidName(_) => Problem::new(Code::InvalidBody, detail).at("name"),
            SourceError::Overlap { .. } => Problem::new(Code::InvalidBody, detail).at("overlap_s"),
            SourceError::InvalidKey => Problem::new(Code::InvalidBody, detail).at("write_key"),
            SourceError::Plan(error) => (*error).into(),
            SourceError::Store(error) => error.into(),
        }
    }
}

/// A place events come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its identifier.
    pub id: SourceId,
    /// What the shop calls it.
    pub name: String,
    /// What its clients send.
    pub write_key: String,
    /// Whether its events are taken.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// By which the shop's server vouches for shoppers.
    pub signing_secret: Option<String>,
    /// Whether what its events leave out of products is completed from the catalogue.
    pub complete_products: bool,
}

/// A source as the API shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Source)]
pub struct SourceView {
    /// Its identifier.
    #[schema(value_type = String)]
    pub id: SourceId,
    /// What the shop calls it.
    pub name: String,
    /// What its clients send. No secret: it stands in pages, and allows only to add events.
    pub write_key: String,
    /// Whether its events are taken.
    pub enabled: bool,
    /// Write keys that were replaced and are good for a while longer, the last to end first.
    pub old_write_keys: Vec<OldWriteKey>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Whether what its events leave out of products (name, category, brand, price) is completed from the catalogue.
    pub complete_products: bool,
    /// Whether it has a signing secret, by which the shop's server vouches for shoppers.
    pub signs_shoppers: bool,
    /// The shop platform that may send webhooks to it.
    pub webhook: Option<Platform>,
    /// When its latest event arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_event_at: Option<Timestamp>,
    /// How many events it has sent.
    pub events_total: i64,
    /// How many messages of it are kept in quarantine.
    pub quarantined_total: i64,
}

/// A write key that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OldWriteKey {
    /// The key.
    pub write_key: String,
    /// From when on it is refused.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// When it was last used since it was replaced; none if nobody has.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

/// A name that may be given to a source.
pub(crate) fn checked_name(name: &str) -> Result<String, SourceError> {
    let name = name.trim();
    if (1..=80).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(SourceError::InvalidName(name.chars().take(100).collect()))
    }
}

/// Whether a text may be a write key.
pub fn is_write_key(text: &str) -> bool {
    (8..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// A new write key: `fvw_` and 128 random bits.
pub(crate) fn new_write_key(entropy: &dyn Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0u8; 26];
    entropy.fill(&mut random);
    let letters = random.iter().map(|byte| ALPHABET[usize::from(byte & 31)] as char);
    "fvw_".chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_key_is_plain_text_of_8_to_128_characters() {
        for good in ["12345678", "fvw_abcDEF-1"] {
            assert!(is_write_key(good), "{good}");
        }
        for bad in ["1234567", "with space", "ключключключ", &"x".repeat(129)] {
            assert!(!is_write_key(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(checked_name("  Shop ").unwrap(), "Shop");
        assert!(checked_name(" ").is_err());
        assert!(checked_name(&"店".repeat(81)).is_err());
    }
}
