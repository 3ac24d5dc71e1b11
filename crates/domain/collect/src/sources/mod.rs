//! Sources: the places events come from, each with the write key its clients send.
//!
//! A write key lets a client add events and nothing else; it stands in pages anybody can read. The keys are held in
//! memory ([`KeyTable`]), so that taking an event in asks no database.

pub mod create;
pub mod list;
pub mod rotate;
pub mod seen;
pub mod signing;
pub mod store;
pub mod update;

use std::sync::{Arc, PoisonError, RwLock};

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Code, Entropy, Problem, Timestamp};
use fanvine_store::StoreError;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// Why a source could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No such source.
    #[error("there is no source {0}")]
    NotFound(String),
    /// A name that is empty or too long.
    #[error("the name `{0}` is not usable: a source's name has 1 to 80 characters")]
    InvalidName(String),
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
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Whether it has a signing secret, by which the shop's server vouches for shoppers.
    pub signs_shoppers: bool,
    /// When its latest event arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_event_at: Option<Timestamp>,
    /// How many events it has sent.
    pub events_total: i64,
    /// How many messages of it are kept in quarantine.
    pub quarantined_total: i64,
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

/// Which key belongs to which source, for the sources that are enabled.
#[derive(Debug, Default)]
pub struct KeyTable(RwLock<Arc<FxHashMap<String, SourceId>>>);

impl KeyTable {
    /// Replaces the table by the keys of these sources.
    pub(crate) fn load(&self, sources: &[Source]) {
        let enabled = sources.iter().filter(|source| source.enabled);
        let table = enabled.map(|source| (source.write_key.clone(), source.id.clone())).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }

    /// The table as it is now.
    pub(crate) fn now(&self) -> Arc<FxHashMap<String, SourceId>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
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
