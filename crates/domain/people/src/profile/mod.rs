//! What a shopper is like, by counting: one small state per shopper key, and the values read from it.
//!
//! A [`Fact`] is what an event says, its [`Terms`] the words in it by number. A [`State`] observes both; states of
//! several shopper keys merge into that of a person. [`State::values`] explains itself.
//!
//! ```
//! # use fanvine_kernel::{Timestamp, Zone};
//! # use fanvine_people::profile::{Fact, State, Typed, Vocabulary};
//! # let event = fanvine_testkit::track("Product Viewed").user("u").build();
//! let (mut words, mut state) = (Vocabulary::default(), State::default());
//! let fact = Fact::read(&event);
//! let terms = fact.terms(&mut words);
//! state.observe(&fact, &terms);
//! let values = state.values(&words, Timestamp::from_seconds(1_800_000_000), Zone::UTC);
//! let sessions = values.iter().find(|value| value.name == "sessions").unwrap();
//! assert_eq!(sessions.value, Typed::Count(1));
//! ```

pub(crate) mod codec;
mod deed;
mod doing;
mod fact;
mod hour;
mod purchases;
mod state;
#[cfg(test)]
mod state_tests;
mod tallies;
mod traits;
mod values;
mod visits;
mod vocabulary;

use serde::{Deserialize, Serialize};

pub use codec::DecodeError;
pub use deed::Deed;
pub(crate) use doing::Doing;
pub use doing::newest;
pub use fact::{Fact, Item, ItemTerms, Terms};
pub use purchases::Placed;
pub use state::State;
pub use tallies::PriceBand;
pub use traits::Trait;
pub(crate) use values::days_between;
pub use values::{NAMES, Typed, Value};
pub use visits::VISIT_GAP_SECONDS;
pub use vocabulary::{Vocabulary, Word};

/// The same sentence in English and Chinese.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Bilingual {
    /// Both texts.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}
