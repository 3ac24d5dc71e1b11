//! Saving a definition: in the store first, then in memory; the projection puts it in force between two batches.

use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::Value as Json;

use super::definition::{Definition, MOST_SEGMENTS, SegmentError, check_id, check_words, dependents};
use super::text::parse;
use super::{Rule, store};
use crate::People;

/// A rule as it is sent: in one of its two forms.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleForm {
    /// The rule's JSON form.
    #[schema(value_type = Option<Object>)]
    pub rule: Option<Json>,
    /// Its text form.
    pub text: Option<String>,
}

impl RuleForm {
    /// The rule.
    pub(crate) fn read(self) -> Result<Rule, SegmentError> {
        match (self.rule, self.text) {
            (Some(json), None) => {
                serde_json::from_value(json).map_err(|error| SegmentError::NotRule(error.to_string()))
            }
            (None, Some(text)) => Ok(parse(&text)?),
            _ => Err(SegmentError::OneForm),
        }
    }
}

/// What is saved of a segment.
#[derive(Debug)]
pub(crate) struct Saving {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) rule: Rule,
    /// Whether those found at the first count are announced.
    pub(crate) announce_existing: bool,
    /// Whether there must be, or must not be, such a segment already.
    pub(crate) exists: bool,
}

impl People {
    /// Saves a segment: a new one, or a new version.
    pub(crate) async fn save_segment(&self, saving: Saving) -> Result<Definition, SegmentError> {
        let _one_at_a_time = self.segments.changing.lock().await;
        let Saving { id, name, description, rule, announce_existing, exists } = saving;
        check_id(&id)?;
        check_words(&name, &description)?;
        let (before, count, naming) = {
            let definitions = self.segments.definitions();
            (definitions.get(&id).cloned(), definitions.len(), dependents(&definitions, &id))
        };
        match (&before, exists) {
            (None, true) => return Err(SegmentError::NoSegment(id)),
            (Some(_), false) => return Err(SegmentError::Taken(id)),
            (None, false) if count >= MOST_SEGMENTS => return Err(SegmentError::TooMany(count)),
            _ => {}
        }
        let faults = self.faults(&rule, Some(&id));
        if !faults.is_empty() {
            return Err(SegmentError::Faults(faults));
        }
        let now = self.clock.now();
        let recount = before.as_ref().is_none_or(|before| before.rule != rule);
        // What was found by the version before is told now: nothing of it is once this one is saved.
        let mut quiet = self.segments.announcing.lock().await;
        self.announce_as(&mut quiet).await?;
        let created_at = before.map_or(now, |before| before.created_at);
        let (name, description) = (name.trim().to_owned(), description.trim().to_owned());
        let definition = Definition { id, name, description, rule, version: 0, created_at, saved_at: now };
        let named = naming.clone();
        let definition = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let version = store::latest_version(tx, &definition.id).await? + 1;
                    let definition = Definition { version, ..definition };
                    store::save(tx, &definition, recount, announce_existing, named).await?;
                    Ok::<_, SegmentError>(definition)
                })
            })
            .await?;
        self.segments.definitions_mut().insert(definition.id.clone(), definition.clone());
        if recount {
            let mut membership = self.segments.membership();
            membership.entry(&definition.id).redefine(announce_existing);
            naming.iter().for_each(|id| membership.entry(id).redefine(false));
            drop(membership);
            self.segments.changed.store(true, Ordering::Release);
            self.segments.something.notify_waiters();
        }
        Ok(definition)
    }

    /// Archives a segment.
    pub(crate) async fn archive_segment(&self, id: String) -> Result<(), SegmentError> {
        let _one_at_a_time = self.segments.changing.lock().await;
        {
            let definitions = self.segments.definitions();
            if !definitions.contains_key(&id) {
                return Err(SegmentError::NoSegment(id));
            }
            let naming = definitions.values().filter(|one| one.rule.segments().contains(&id));
            let by: Vec<String> = naming.map(|one| format!("`{}`", one.id)).collect();
            if !by.is_empty() {
                return Err(SegmentError::Named { id, by });
            }
        }
        let _quiet = self.segments.announcing.lock().await;
        let (now, archived) = (self.clock.now(), id.clone());
        self.store.write(move |tx| Box::pin(async move { store::archive(tx, &archived, now).await })).await?;
        self.segments.definitions_mut().remove(&id);
        self.segments.membership().forget(&id);
        self.segments.changed.store(true, Ordering::Release);
        self.segments.something.notify_waiters();
        Ok(())
    }
}
