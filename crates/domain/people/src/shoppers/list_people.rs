//! `GET /api/v1/people`: who was here last, or who answers to some words.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::{StoreError, args};
use fanvine_web::{Answer, Params, ProblemBody, Refusal};
use serde::{Deserialize, Serialize};

use super::Shoppers;
use crate::People;
use crate::profile::{DecodeError, Typed};

/// The most shopper keys looked at to fill a page.
const MOST_KEYS: usize = 1_000;

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
        Some(words) => people.keys_answering_to(words, limit).await?,
        None => people.shoppers().recent_keys(),
    };
    let mut names = people.names_of(&keys).await?;
    let mut found: Vec<PersonSummary> = Vec::new();
    for key in keys {
        if found.len() == limit {
            break;
        }
        let person_id = people.identity().read().person_of(&key).to_string();
        if found.iter().all(|person| person.person_id != person_id) {
            let name = names.remove(&key);
            found.push(people.summary(person_id, key, name).map_err(unreadable)?);
        }
    }
    let shopper_keys = people.shoppers().len();
    Ok(Json(PeopleList { people: found, shopper_keys }))
}

pub(crate) fn unreadable(error: DecodeError) -> Refusal {
    tracing::error!(%error, "what is kept of a shopper cannot be read");
    Refusal(Problem::new(Code::Internal, "what is kept of a shopper cannot be read; the program's log says why"))
}

impl People {
    async fn keys_answering_to(&self, words: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut keys = self.shoppers().keys_holding(words, limit);
        let pattern = format!("{}%", words.replace('!', "!!").replace('%', "!%").replace('_', "!_").to_lowercase());
        let said = self
            .store
            .read(|tx| {
                Box::pin(async move {
                    const SELECT: &str = "SELECT DISTINCT shopper_id FROM people_traits
                        WHERE lower(value) LIKE $1 ESCAPE '!' ORDER BY shopper_id LIMIT $2";
                    let rows = tx.rows(SELECT, args![pattern, limit as i64]).await?;
                    rows.iter().map(|row| row.get("shopper_id")).collect::<Result<Vec<String>, StoreError>>()
                })
            })
            .await?;
        keys.extend(said);
        Ok(keys)
    }

    /// What these shopper keys are called.
    async fn names_of(&self, keys: &[String]) -> Result<BTreeMap<String, String>, StoreError> {
        let keys = keys.iter().map(|key| key.into()).collect();
        self.store
            .read(|tx| {
                Box::pin(async move {
                    const SELECT: &str =
                        "SELECT shopper_id, value FROM people_traits WHERE name = 'name' AND shopper_id IN (";
                    let rows = tx.rows_in(SELECT, keys, ")").await?;
                    rows.iter().map(|row| Ok((row.get("shopper_id")?, row.get("value")?))).collect()
                })
            })
            .await
    }

    fn summary(
        &self,
        person_id: String,
        shopper_id: String,
        name: Option<String>,
    ) -> Result<PersonSummary, DecodeError> {
        let keys = self.keys_with(&shopper_id);
        let shoppers = self.shoppers();
        let counted = shoppers.counted(&keys)?;
        let values = shoppers.values(&counted, self.clock.now(), self.zone);
        let spend = values.into_iter().find_map(|value| match value.value {
            Typed::Money(sums) if value.name == "spend" => Some(sums),
            _ => None,
        });
        Ok(PersonSummary {
            person_id,
            shopper_id,
            keys: keys.len(),
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

    /// Keys that are these words, begin with them or hold them, in this order.
    fn keys_holding(&self, words: &str, limit: usize) -> Vec<String> {
        let mut found: Vec<&str> = (0..self.cells.len() as u32)
            .map(|number| self.cells.key(number))
            .filter(|key| key.contains(words))
            .take(MOST_KEYS)
            .collect();
        // An exact key is found however many hold it.
        found.extend(self.cells.find(words).map(|number| self.cells.key(number)));
        found.sort_by_key(|key| (*key != words, !key.starts_with(words), *key));
        found.dedup();
        found.truncate(limit);
        found.into_iter().map(str::to_owned).collect()
    }
}
