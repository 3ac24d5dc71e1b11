//! Versions of the catalogue: each change makes one, and all are kept.

use std::sync::Arc;

use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_lake::SqlError;
use fanvine_store::{Store, StoreError};

use super::catalogue::{Behaviours, Catalogue, Definition};
use super::{CatalogueError, store};
use crate::People;
use crate::kept::Ended;
use crate::profile::DecodeError;

/// Why a question about tags was not answered, or a change not made.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    /// No such tag.
    #[error("there is no tag `{0}`")]
    Unknown(String),
    /// A tag that the program does not come with cannot be restored.
    #[error("the program comes with no tag `{0}`, so there is nothing to restore")]
    NotBuiltIn(String),
    /// Somebody else was faster.
    #[error("the tags are at version {now}, and the change was made to version {based_on}")]
    Outdated {
        /// What was changed.
        based_on: u32,
        /// What is in force.
        now: u32,
    },
    /// What was said is not possible.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// Weights for a tag that takes none.
    #[error("tag `{tag}` is {kind}, not made by a model: it takes no weights")]
    NoModel {
        /// Which.
        tag: String,
        /// How it is made.
        kind: &'static str,
    },
    /// Weights of a model that is not the tag's.
    #[error("model is `{given}`; tag `{tag}` takes the weights of `{expected}`")]
    OtherModel {
        /// Which.
        tag: String,
        /// What was given.
        given: String,
        /// What it should be.
        expected: String,
    },
    /// A field of an upload is wrong.
    #[error("{field} is {value}; expected {expected}")]
    Field {
        /// Which.
        field: String,
        /// What it is.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// The events of those who are looked at could not be read.
    #[error("what people did could not be read: {0}")]
    Lake(#[from] SqlError),
    /// What is kept of a shopper cannot be read.
    #[error("what is kept of a shopper cannot be read; the program's log says why")]
    Unreadable(#[from] DecodeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A task ended without an answer.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl From<TagError> for Problem {
    fn from(error: TagError) -> Self {
        if let TagError::Unreadable(source) = &error {
            tracing::error!(error = %source, "what is kept of a shopper cannot be read");
        }
        let problem = |code| Problem::new(code, error.to_string());
        match &error {
            TagError::Unknown(_) | TagError::NotBuiltIn(_) => problem(Code::NotFound),
            TagError::Outdated { .. } => problem(Code::Conflict).at("based_on"),
            TagError::Catalogue(fault) => match fault.field() {
                Some(field) => problem(Code::InvalidBody).at(field),
                None => problem(Code::InvalidBody),
            },
            TagError::NoModel { .. } => problem(Code::Conflict),
            TagError::OtherModel { .. } => problem(Code::InvalidBody).at("model"),
            TagError::Field { field, .. } => problem(Code::InvalidBody).at(field),
            TagError::Lake(_) => problem(Code::Unavailable),
            TagError::Unreadable(_) | TagError::Ended(_) => problem(Code::Internal),
            TagError::Store(_) => match error {
                TagError::Store(error) => error.into(),
                other => Problem::new(Code::Internal, other.to_string()),
            },
        }
    }
}

/// A change of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// A tag is defined, anew or otherwise than before.
    Saved(Box<Definition>),
    /// A tag is taken out.
    Deleted(String),
    /// A tag is again as the program comes with it.
    Restored(String),
    /// Deeds weigh otherwise.
    Behaviours(Behaviours),
}

impl Change {
    /// What happens, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Saved(_) => "saved",
            Self::Deleted(_) => "deleted",
            Self::Restored(_) => "restored",
            Self::Behaviours(_) => "behaviours",
        }
    }

    /// To which tag.
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::Saved(definition) => Some(&definition.id),
            Self::Deleted(id) | Self::Restored(id) => Some(id),
            Self::Behaviours(_) => None,
        }
    }

    /// The catalogue after it, one version further; the same version if it changes nothing.
    pub fn of(&self, catalogue: &Catalogue) -> Result<Catalogue, TagError> {
        let mut next = catalogue.clone();
        match self {
            Self::Saved(definition) => {
                definition.check_alone()?;
                place(&mut next.tags, (**definition).clone());
            }
            Self::Deleted(id) => {
                let before = next.tags.len();
                next.tags.retain(|tag| tag.id != *id);
                if next.tags.len() == before {
                    return Err(TagError::Unknown(short(id)));
                }
            }
            Self::Restored(id) => {
                let builtin = Catalogue::builtin();
                let definition = builtin.tag(id).ok_or_else(|| TagError::NotBuiltIn(short(id)))?;
                place(&mut next.tags, definition.clone());
            }
            Self::Behaviours(behaviours) => next.behaviours = *behaviours,
        }
        if next == *catalogue {
            return Ok(next);
        }
        next.version += 1;
        next.check()?;
        Ok(next)
    }
}

/// Puts a definition where the one of its id is, else behind the last of its family.
fn place(tags: &mut Vec<Definition>, definition: Definition) {
    match tags.iter_mut().find(|tag| tag.id == definition.id) {
        Some(tag) => *tag = definition,
        None => {
            let behind = tags.iter().rposition(|tag| tag.family == definition.family).map_or(tags.len(), |at| at + 1);
            tags.insert(behind, definition);
        }
    }
}

/// A text of a request, cut for a message.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

/// One version of the catalogue and what made it.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub catalogue: Catalogue,
    pub change: String,
    pub changed_at: Timestamp,
    pub changed_by: Option<String>,
}

/// The catalogue in force, and those in force before, the latest first.
pub(crate) async fn load(store: &Store) -> Result<(Arc<Catalogue>, Vec<Arc<Catalogue>>), StoreError> {
    let saved = store.read(|tx| Box::pin(store::catalogues(tx))).await?;
    let mut all: Vec<Arc<Catalogue>> = saved.into_iter().map(Arc::new).collect();
    all.push(Arc::new(Catalogue::builtin()));
    let in_force = all.remove(0);
    Ok((in_force, all))
}

impl People {
    /// The tags in force.
    pub(crate) fn tags(&self) -> Arc<Catalogue> {
        self.shoppers().catalogue().clone()
    }

    /// Changes the catalogue, `based_on` the version that the caller saw. The catalogue after it.
    pub(crate) async fn change_tags(
        self: &Arc<Self>,
        change: Change,
        based_on: Option<u32>,
        by: Option<String>,
    ) -> Result<Arc<Catalogue>, TagError> {
        let people = self.clone();
        // A task of its own: memory and store must agree even if the caller does not wait for the answer.
        let work = tokio::spawn(async move {
            let _one_at_a_time = people.tagging.lock().await;
            let before = people.tags();
            if let Some(based_on) = based_on.filter(|version| *version != before.version) {
                return Err(TagError::Outdated { based_on, now: before.version });
            }
            let next = Arc::new(change.of(&before)?);
            if next.version == before.version {
                return Ok(before);
            }
            let (saving, now) = (next.clone(), people.clock.now());
            people
                .store
                .write(move |tx| Box::pin(async move { store::insert_catalogue(tx, &saving, &change, now, by).await }))
                .await?;
            people.shoppers_mut().set_catalogue(next.clone());
            people.recount_due.notify_one();
            Ok(next)
        });
        work.await.map_err(|_| Ended("the change of the tags"))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_put_in_its_place_deleted_and_restored() {
        let builtin = Catalogue::builtin();
        let mut changed = builtin.tag("basic.gender").unwrap().clone();
        changed.en = "Sex".into();
        let saved = Change::Saved(Box::new(changed)).of(&builtin).unwrap();
        assert_eq!((saved.version, saved.tags[0].en.as_str(), saved.tags.len()), (2, "Sex", 25));
        let deleted = Change::Deleted("basic.gender".into()).of(&saved).unwrap();
        assert_eq!((deleted.version, deleted.tags.len()), (3, 24));
        let restored = Change::Restored("basic.gender".into()).of(&deleted).unwrap();
        assert_eq!((restored.version, restored.tag("basic.gender")), (4, builtin.tag("basic.gender")));
        assert_eq!(restored.tags.iter().position(|tag| tag.id == "basic.gender"), Some(3), "last of its family");
        assert_eq!(Change::Restored("basic.gender".into()).of(&restored).unwrap().version, 4, "nothing changed");
        assert!(matches!(Change::Deleted("basic.x".into()).of(&builtin), Err(TagError::Unknown(_))));
        assert!(matches!(Change::Restored("basic.x".into()).of(&builtin), Err(TagError::NotBuiltIn(_))));
    }
}
