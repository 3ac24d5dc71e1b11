//! Server keys: how a server of the shop speaks to the API.
//!
//! A key is shown once, when it is made; only its fingerprint is kept.

pub(crate) mod create;
pub(crate) mod list;
mod preset;
pub(crate) mod revoke;
pub(crate) mod rotate;
pub(crate) mod store;

use fanvine_contracts::access::Role;
use fanvine_kernel::ids::ServerKeyId;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use http::{HeaderMap, header};
use serde::Serialize;

use crate::accounts::{AccountError, RoleName};
use crate::secret::Secret;

/// What every key made here begins with.
const PREFIX: &str = "fvs_";
/// Characters of a key that are shown ever after, to tell it from others.
const SHOWN: usize = 8;
/// Characters a preset key may have.
const PRESET_LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// Why a key could not be made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Empty, too long, or with characters that do not print.
    #[error(transparent)]
    Name(AccountError),
    /// No key has this identifier.
    #[error("there is no server key {0}")]
    Unknown(String),
    /// A preset key must travel in a header.
    #[error(
        "a preset server key has {} to {} printable ASCII characters without spaces, this one has {length}{}",
        PRESET_LENGTH.start(), PRESET_LENGTH.end(), if *.printable { "" } else { ", some of another kind" }
    )]
    InvalidPreset {
        /// Characters given.
        length: usize,
        /// Whether all of them may be used.
        printable: bool,
    },
    /// It comes from the configuration.
    #[error("server key {0} is set by the configuration (FANVINE_SERVER_KEY): replace it there")]
    Preset(String),
    /// The old key would go on for too long.
    #[error("overlap_s is {seconds}; a replaced key goes on for at most {most} seconds")]
    Overlap {
        /// Asked for.
        seconds: u32,
        /// Allowed.
        most: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeyError> for Problem {
    fn from(cause: KeyError) -> Self {
        let detail = cause.to_string();
        match cause {
            KeyError::Name(cause) => cause.into(),
            KeyError::Unknown(_) => Problem::new(Code::NotFound, detail),
            KeyError::InvalidPreset { .. } => Problem::new(Code::InvalidParameter, detail),
            KeyError::Overlap { .. } => Problem::new(Code::InvalidParameter, detail).at("overlap_s"),
            KeyError::Preset(_) => Problem::new(Code::Conflict, detail),
            KeyError::Store(cause) => cause.into(),
        }
    }
}

/// A server key as it is answered; never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct ServerKey {
    /// The key's identifier.
    #[schema(value_type = String, example = "key_01")]
    pub(crate) id: ServerKeyId,
    /// What the key is called.
    pub(crate) name: String,
    /// What its bearer may do.
    #[schema(value_type = RoleName)]
    pub(crate) role: Role,
    /// The first characters of its secret, to recognise it by; none for a key from the configuration.
    pub(crate) prefix: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_used_at: Option<Timestamp>,
    /// From when on it opens nothing, if it was replaced.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// The key in `Authorization: Bearer …`.
pub(crate) fn bearer_in(headers: &HeaderMap) -> Option<Secret> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(key.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_is_read_as_a_key() {
        let read = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            bearer_in(&headers).map(|key| key.reveal().to_owned())
        };
        assert_eq!(read("Bearer fvs_abc"), Some("fvs_abc".to_owned()));
        assert_eq!(read("bearer  fvs_abc"), Some("fvs_abc".to_owned()));
        assert_eq!(read("Basic d3JpdGU6"), None);
        assert_eq!(read("Bearer"), None);
        assert_eq!(bearer_in(&HeaderMap::new()), None);
    }
}
