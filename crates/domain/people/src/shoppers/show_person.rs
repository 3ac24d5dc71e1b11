//! `GET /api/v1/people/{shopper_id}`: everything known of a person, and how it came to be.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Refusal, Segment};
use serde::Serialize;

use super::list_people::unreadable;
use super::{Said, store};
use crate::People;
use crate::identity::Identifier;
use crate::profile::{Bilingual, Trait, newest};
use crate::shopper_key::ShopperKey;
use crate::tags::Given;
use crate::tags::given::merged;

/// A person in full.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonDetail {
    /// The person's id. It changes when the person is merged with an older one.
    pub person_id: String,
    /// The shopper keys whose events are the person's.
    pub shopper_ids: Vec<String>,
    /// The identifiers that name the person, the best first; none for a shopper known by one key only.
    pub identifiers: Vec<PersonIdentifier>,
    /// What is said of the person.
    pub traits: Vec<PersonTrait>,
    /// What is computed from what the person did.
    pub computed: Vec<ComputedTrait>,
    /// What the person is like; the weightiest first within each family.
    pub tags: Vec<PersonTag>,
}

/// An identifier of a person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonIdentifier {
    /// What kind: `user_id`, `anonymous_id`, `email_sha256` …
    pub kind: String,
    /// Its value.
    pub value: String,
}

/// A word on a person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonTrait {
    /// What it is about.
    pub name: String,
    /// What is said.
    pub value: String,
    /// Who says it.
    pub source_id: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub said_at: Timestamp,
    /// Whether it holds: of several words on one thing the latest does.
    pub holds: bool,
}

/// Something computed, and how.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ComputedTrait {
    /// Its name.
    pub name: &'static str,
    /// `count`, `days`, `moment`, `text`, `hour` or `money`, and the value.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub value: crate::profile::Typed,
    /// What was counted, and how.
    pub why: Explanation,
    /// The first moment it rests on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// The last moment it rests on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

/// A tag of a person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonTag {
    /// Which tag.
    pub tag: String,
    /// Its family: `basic`, `interest`, `consumption`, `social` or `psychological`.
    pub family: &'static str,
    /// Its name.
    pub label: Explanation,
    /// What of, where the tag has terms: a category, a brand.
    pub term: Option<String>,
    /// How strongly, 0 to 1.
    pub weight: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// How it came to be.
    pub why: Explanation,
}

/// A sentence in both languages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Explanation {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl From<Bilingual> for Explanation {
    fn from(Bilingual { en, zh }: Bilingual) -> Self {
        Self { en, zh }
    }
}

/// Show a person
///
/// By any of their shopper keys: a user id or an anonymous id. Each value says how it came to be.
#[utoipa::path(
    get, path = "/api/v1/people/{shopper_id}", tag = "people", operation_id = "show_person",
    params(("shopper_id" = String, Path, description = "A user id or an anonymous id, or `key:` and that")),
    responses(
        (status = 200, description = "The person", body = PersonDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_person(
    State(people): State<Arc<People>>,
    Segment(ShopperKey(shopper_id)): Segment<ShopperKey>,
) -> Answer<Json<PersonDetail>> {
    people.must_know(&shopper_id)?;
    let keys = people.keys_with(&shopper_id);
    let mut traits: Vec<Trait> = people.traits_by_key(&keys).await?.into_values().flatten().collect();
    traits.sort_unstable();
    traits.dedup();
    let given = merged(people.given(keys.iter()).await?.values().flatten());
    Ok(Json(people.person(&shopper_id, keys, &traits, &given).map_err(unreadable)?))
}

impl People {
    /// Refuses a key nobody was ever heard of by. One that never came with an event of its own may still be known by
    /// what others told: an identify call names the browser that did nothing so far.
    pub(crate) fn must_know(&self, shopper_id: &str) -> Result<(), Refusal> {
        let is_identified = || {
            let index = self.identity().read();
            index.identifiers_of(index.person_of(shopper_id)).next().is_some()
        };
        let known = self.shoppers().cells.find(shopper_id).is_some() || is_identified();
        let unknown = || Refusal(Problem::new(Code::NotFound, format!("there is no shopper `{shopper_id}`")));
        known.then_some(()).ok_or_else(unknown)
    }

    /// The shopper keys of the person that this one belongs to.
    pub(crate) fn keys_with(&self, shopper_id: &str) -> BTreeSet<String> {
        let mut keys: BTreeSet<String> =
            self.identity().read().keys_with(shopper_id).iter().map(|key| key.to_string()).collect();
        keys.insert(shopper_id.to_owned());
        keys
    }

    /// All that is said under each of these keys.
    pub(crate) async fn traits_by_key(
        &self,
        keys: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Vec<Trait>>, StoreError> {
        // What waits to be saved is asked for first: it may be saved in between, and is then found twice, but not lost.
        let (key_of, unsaved) = {
            let shoppers = self.shoppers();
            let numbers = keys.iter().filter_map(|key| Some((shoppers.cells.find(key)?, key)));
            let key_of: BTreeMap<u32, &String> = numbers.collect();
            let unsaved = shoppers.unsaved_traits(&key_of.keys().copied().collect::<Vec<_>>());
            (key_of, unsaved)
        };
        let wanted: Vec<u32> = key_of.keys().copied().collect();
        let saved = self.store.read(|tx| Box::pin(async move { store::traits(tx, &wanted).await })).await?;
        let mut latest = Said::default();
        saved.into_iter().chain(unsaved).for_each(|(number, said)| latest.say(number, said));
        let mut by_key: BTreeMap<String, Vec<Trait>> = BTreeMap::new();
        for ((number, ..), said) in latest.0 {
            if let Some(key) = key_of.get(&number) {
                by_key.entry((*key).clone()).or_default().push(said);
            }
        }
        Ok(by_key)
    }

    fn person(
        &self,
        shopper_id: &str,
        keys: BTreeSet<String>,
        traits: &[Trait],
        given: &[Given],
    ) -> Result<PersonDetail, crate::profile::DecodeError> {
        let now = self.clock.now();
        let index = self.identity().read();
        let person_id = index.person_of(shopper_id);
        let identifier =
            |one: &Identifier| PersonIdentifier { kind: one.kind.to_string(), value: one.value.to_string() };
        let identifiers = index.identifiers_of(person_id).map(identifier).collect();
        drop(index);
        let shoppers = self.shoppers();
        let counted = shoppers.counted(&keys)?;
        let holding = newest(traits);
        let said = |said: &Trait| PersonTrait {
            name: said.name.clone(),
            value: said.value.clone(),
            source_id: said.source.clone(),
            said_at: said.at,
            holds: holding.iter().any(|held| **held == *said),
        };
        // What was reckoned stands beside what was stated.
        let reckoned = holding.iter().filter(|held| matches!(held, Cow::Owned(_))).map(|held| said(held));
        let traits_shown = traits.iter().filter(|one| one.is_plain()).map(said).chain(reckoned).collect();
        let computed = shoppers.values(&counted, now, self.zone).into_iter().map(|value| ComputedTrait {
            name: value.name,
            value: value.value,
            why: value.why.into(),
            from: value.from,
            to: value.to,
        });
        let tags = shoppers.tags(&counted, traits, given, now, self.zone).into_iter().map(|tag| PersonTag {
            tag: tag.id,
            family: tag.family.as_str(),
            label: tag.name.into(),
            term: tag.term,
            weight: tag.weight,
            confidence: tag.confidence,
            why: tag.why.into(),
        });
        Ok(PersonDetail {
            person_id: person_id.to_string(),
            shopper_ids: keys.into_iter().collect(),
            identifiers,
            traits: traits_shown,
            computed: computed.collect(),
            tags: tags.collect(),
        })
    }
}
