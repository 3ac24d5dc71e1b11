//! `GET /api/v1/segments/lists/{id}`: a list.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use crate::People;
use crate::segments::Rule;
use crate::segments::definition::SegmentError;

/// A list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ListDetail {
    /// Its id, by which rules name it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was uploaded last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// How many ids it has.
    pub ids: u64,
    /// Under how many of them somebody was heard of.
    pub known: u64,
    /// How many people those are.
    pub people: u64,
    /// Under how many of them nobody was heard of yet.
    pub unknown: u64,
    /// The segments whose rules name it.
    pub named_by: Vec<String>,
}

/// Show a list
#[utoipa::path(
    get, path = "/api/v1/segments/lists/{id}", tag = "people", operation_id = "show_segment_list",
    params(("id" = String, Path, description = "The list's id")),
    responses(
        (status = 200, description = "The list", body = ListDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_segment_list(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
) -> Answer<Json<ListDetail>> {
    Ok(Json(people.list(&id)?))
}

impl People {
    /// A list as it is now.
    pub(crate) fn list(&self, id: &str) -> Result<ListDetail, SegmentError> {
        let named_by = self.naming_list(id);
        let list = self.segments.lists().get(id).cloned().ok_or_else(|| SegmentError::NoList(id.to_owned()))?;
        let people = self.grouped(&self.lake.snapshot()?).people_with(&list.numbers).len();
        let known = list.numbers.len();
        Ok(ListDetail {
            id: id.to_owned(),
            name: list.name,
            updated_at: list.updated_at,
            ids: list.keys,
            known,
            people,
            unknown: list.keys.saturating_sub(known),
            named_by,
        })
    }

    /// The segments whose rules name a list.
    pub(crate) fn naming_list(&self, id: &str) -> Vec<String> {
        let definitions = self.segments.definitions();
        definitions.values().filter(|one| names(&one.rule, id)).map(|one| one.id.clone()).collect()
    }
}

fn names(rule: &Rule, list: &str) -> bool {
    match rule {
        Rule::All(rules) | Rule::Any(rules) => rules.iter().any(|rule| names(rule, list)),
        Rule::Not(rule) => names(rule, list),
        Rule::List(id) => id == list,
        _ => false,
    }
}
