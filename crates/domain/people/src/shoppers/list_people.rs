//! `GET /api/v1/people`: who was here last, or who answers to some words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_web::{Answer, Params, ProblemBody, Refusal};
use serde::{Deserialize, Serialize};

use super::{Shoppers, store};
use crate::People;
use crate::identity::PersonId;
use crate::profile::{DecodeError, Trait, Typed, newest};

/// The most shopper keys looked at to fill a page.
const MOST_KEYS: usize = 1_000;
/// Keys searched under one lock.
const SLICE: usize = 65_536;

/// Which people to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// Part of a shopper's key, or the beginning of what is said of them: a name, an e-mail address, a city.
    pub search: Option<String>,
    /// At most this many, 1 to 100; 50 if absent.
    pub limit: Option<u32>,
}

/// A person in short.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonSummary {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// How many shopper keys the person has.
    pub keys: usize,
    /// What the person is called, if anybody says it.
    pub name: Option<String>,
    /// When the person was first here.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_seen: Option<Timestamp>,
    /// When the person was last here.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen: Option<Timestamp>,
    /// How many orders.
    pub orders: usize,
    /// What they spent, in minor units by currency.
    pub spend: BTreeMap<String, i64>,
}

/// Some people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PeopleList {
    /// The people; without a search, who was here last first.
    pub people: Vec<PersonSummary>,
    /// How many shopper keys were heard of in all.
    pub shopper_keys: usize,
}

/// List or search people
///
/// Without `search`, those who were here last.
#[utoipa::path(
    get, path = "/api/v1/people", tag = "people", operation_id = "list_people",
    params(PeopleQuery),
    responses(
        (status = 200, description = "People", body = PeopleList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_people(
    State(people): State<Arc<People>>,
    Params(query): Params<PeopleQuery>,
) -> Answer<Json<PeopleList>> {
    let limit = query.limit.unwrap_or(50).clamp(1, 100) as usize;
    let search = query.search.as_deref().map(str::trim).filter(|words| !words.is_empty());
    let keys = match search {
        Some(words) => people.clone().keys_answering_to(words.to_owned()).await?,
        None => people.shoppers().recent_keys(),
    };
    let found = people.people_of(keys, limit);
    let mut all_keys: BTreeSet<String> = BTreeSet::new();
    found.iter().for_each(|person| all_keys.extend(person.keys.iter().cloned()));
    let said = people.traits_by_key(&all_keys).await?;
    let summaries = found.into_iter().map(|person| people.summary(person, &said).map_err(unreadable));
    let summaries = summaries.collect::<Result<_, Refusal>>()?;
    let shopper_keys = people.shoppers().len();
    Ok(Json(PeopleList { people: summaries, shopper_keys }))
}

pub(crate) fn unreadable(error: DecodeError) -> Refusal {
    tracing::error!(%error, "what is kept of a shopper cannot be read");
    Refusal(Problem::new(Code::Internal, "what is kept of a shopper cannot be read; the program's log says why"))
}

/// A person, and by which key they were found.
struct Found {
    person_id: PersonId,
    shopper_id: String,
    keys: BTreeSet<String>,
}

impl People {
    async fn keys_answering_to(self: Arc<Self>, words: String) -> Result<Vec<String>, Refusal> {
        let (people, wanted) = (self.clone(), words.clone());
        // Millions of keys take a while, and requests must not wait for it.
        let holding = tokio::task::spawn_blocking(move || people.keys_holding(&wanted)).await;
        let mut keys = holding.map_err(|error| {
            tracing::error!(%error, "the keys of shoppers could not be searched");
            Refusal(Problem::new(Code::Internal, "the search ended early; the program's log says why"))
        })?;
        // Before the store, for the reason given at `traits_by_key`.
        let unsaved = self.shoppers().unsaved_saying(&words);
        let said = self.store.read(|tx| Box::pin(async move { store::saying(tx, &words, MOST_KEYS).await })).await?;
        let saying: BTreeSet<u32> = said.into_iter().chain(unsaved).collect();
        keys.extend(self.keys_of(saying.into_iter()));
        Ok(keys)
    }

    /// Keys that are these words, begin with them or hold them, in this order.
    fn keys_holding(&self, words: &str) -> Vec<String> {
        // An exact key is found however many hold it.
        let exact = self.shoppers().cells.find(words).map(|_| words.to_owned());
        let mut found: Vec<String> = exact.into_iter().collect();
        let len = self.shoppers().len();
        for first in (0..len).step_by(SLICE) {
            // Let go in between, for whoever takes events in.
            let shoppers = self.shoppers();
            let slice = first..len.min(first + SLICE);
            let keys = slice.map(|number| shoppers.cells.key(number as u32));
            let holding = keys.filter(|key| *key != words && key.contains(words));
            found.extend(holding.take(MOST_KEYS.saturating_sub(found.len())).map(str::to_owned));
        }
        found.sort_by_cached_key(|key| (key != words, !key.starts_with(words), key.clone()));
        found
    }

    /// The first people of those who have these keys, each once.
    fn people_of(&self, keys: Vec<String>, limit: usize) -> Vec<Found> {
        let index = self.identity().read();
        let mut met = BTreeSet::new();
        let found = keys.into_iter().filter_map(|shopper_id| {
            let person_id = index.person_of(&shopper_id);
            met.insert(person_id).then_some((person_id, shopper_id))
        });
        let found = found.take(limit).map(|(person_id, shopper_id)| {
            let mut keys: BTreeSet<String> = index.keys_with(&shopper_id).iter().map(|key| key.to_string()).collect();
            keys.insert(shopper_id.clone());
            Found { person_id, shopper_id, keys }
        });
        found.collect()
    }

    fn summary(&self, person: Found, said: &BTreeMap<String, Vec<Trait>>) -> Result<PersonSummary, DecodeError> {
        let traits: Vec<Trait> = person.keys.iter().filter_map(|key| said.get(key)).flatten().cloned().collect();
        let name = newest(&traits).into_iter().find(|said| said.name == "name").map(|said| said.value.clone());
        let shoppers = self.shoppers();
        let counted = shoppers.counted(&person.keys)?;
        let values = shoppers.values(&counted, self.clock.now(), self.zone);
        let spend = values.into_iter().find_map(|value| match value.value {
            Typed::Money(sums) if value.name == "spend" => Some(sums),
            _ => None,
        });
        Ok(PersonSummary {
            person_id: person.person_id.to_string(),
            shopper_id: person.shopper_id,
            keys: person.keys.len(),
            name,
            first_seen: counted.state.first_seen(),
            last_seen: counted.state.last_seen(),
            orders: counted.state.orders().len(),
            spend: spend.into_iter().flatten().map(|money| (money.currency.code().to_owned(), money.minor)).collect(),
        })
    }
}

impl Shoppers {
    /// Keys of those who were here last, the last first.
    fn recent_keys(&self) -> Vec<String> {
        self.recent.iter().map(|number| self.cells.key(*number).to_owned()).collect()
    }

    /// Numbers of shoppers of whom something is said that begins with these words and may not be in the store yet.
    fn unsaved_saying(&self, words: &str) -> Vec<u32> {
        let sought = store::sought(words);
        let said = self.saving.traits.0.iter().chain(&self.unsaved.traits.0);
        let saying = said.filter(|(_, said)| store::sought(&said.value).starts_with(&sought));
        saying.map(|((number, ..), _)| *number).take(MOST_KEYS).collect()
    }
}
