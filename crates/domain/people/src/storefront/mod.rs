//! What a storefront is told of the shopper who looks at it: a few tags and segments, flagged as public by the shop.
//!
//! The page's own server vouches for the shopper by a token it signs; the browser sends that. Nothing told identifies
//! anybody: no key, no trait, no reason, no weight of a tag that was not flagged.

mod cors;
pub mod get_settings;
mod preflight;
pub mod put_settings;
mod routes;
pub mod show_profile;
mod store;

use std::sync::{Arc, PoisonError, RwLock};

use fanvine_contracts::storefront::{ShopperTokens, TokenFault};
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::{Migration, StoreError};
use serde::{Deserialize, Serialize};

pub use routes::router;

use crate::People;

/// The tables of the storefront.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "people/0007_storefront", sql: include_str!("../../migrations/0007_storefront.sql") }];

/// What a storefront may be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = StorefrontSettings)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Ids of tags.
    pub tags: Vec<String>,
    /// Ids of segments.
    pub segments: Vec<String>,
}

/// Why a storefront is not answered, or its settings not changed.
#[derive(Debug, thiserror::Error)]
pub enum StorefrontError {
    /// No token.
    #[error("GET /v1/profile needs a shopper's token: `Authorization: Bearer …`, signed by the shop's own server")]
    NoToken,
    /// A token that is not to be believed.
    #[error("{0}")]
    Token(String),
    /// One that was.
    #[error("the token expired at {0}")]
    Expired(Timestamp),
    /// Something flagged that there is not.
    #[error("{field} is `{id}`: there is no such {what}")]
    Unknown {
        /// Where.
        field: String,
        /// What was given.
        id: String,
        /// What it should be.
        what: &'static str,
    },
    /// Too many flagged.
    #[error("{field} has {found} entries; expected at most {most}")]
    TooMany {
        /// Which list.
        field: &'static str,
        /// How many it has.
        found: usize,
        /// How many it may have.
        most: usize,
    },
    /// What is kept of a shopper cannot be read.
    #[error("what is kept of a shopper cannot be read; the program's log says why")]
    Unreadable(#[from] crate::profile::DecodeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TokenFault> for StorefrontError {
    fn from(fault: TokenFault) -> Self {
        match fault {
            TokenFault::Malformed(what) => Self::Token(format!("the token is malformed: {what}")),
            TokenFault::UnknownSource(source) => Self::Token(format!(
                "the token names source `{source}`, which there is not, is switched off, or has no signing secret"
            )),
            TokenFault::Forged => Self::Token("the token is not signed with the secret of its source".into()),
            TokenFault::TooLong(most) => Self::Token(format!("the token is good for more than {most} seconds")),
            TokenFault::Expired(at) => Self::Expired(Timestamp::from_seconds(at)),
        }
    }
}

impl From<StorefrontError> for Problem {
    fn from(error: StorefrontError) -> Self {
        use StorefrontError as E;
        if let E::Unreadable(source) = &error {
            tracing::error!(error = %source, "what is kept of a shopper cannot be read");
        }
        let problem = |code| Problem::new(code, error.to_string());
        match &error {
            E::NoToken | E::Token(_) => problem(Code::InvalidShopperToken),
            E::Expired(_) => problem(Code::ShopperTokenExpired),
            E::Unknown { field, .. } => problem(Code::InvalidBody).at(field),
            E::TooMany { field, .. } => problem(Code::InvalidBody).at(*field),
            E::Unreadable(_) => problem(Code::Internal),
            E::Store(_) => match error {
                E::Store(error) => error.into(),
                other => Problem::new(Code::Internal, other.to_string()),
            },
        }
    }
}

/// The state of the storefront: people, who vouches for them, and what may be told.
pub(crate) struct Storefront {
    people: Arc<People>,
    tokens: Arc<dyn ShopperTokens>,
    /// As read from the store; none before the first reading.
    settings: RwLock<Option<Arc<Settings>>>,
    /// Held by whoever reads or saves them, until they are remembered.
    saving: tokio::sync::Mutex<()>,
}

impl Storefront {
    fn new(people: Arc<People>, tokens: Arc<dyn ShopperTokens>) -> Self {
        Self { people, tokens, settings: RwLock::default(), saving: tokio::sync::Mutex::default() }
    }

    /// What may be told.
    async fn settings(&self) -> Result<Arc<Settings>, StoreError> {
        let known = self.settings.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(settings) = known {
            return Ok(settings);
        }
        // Whoever reads while they are saved would remember those before over those after.
        let _saved = self.saving.lock().await;
        let settings = Arc::new(self.people.store.read(|tx| Box::pin(store::settings(tx))).await?);
        self.remember(settings.clone());
        Ok(settings)
    }

    fn remember(&self, settings: Arc<Settings>) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Some(settings);
    }
}
