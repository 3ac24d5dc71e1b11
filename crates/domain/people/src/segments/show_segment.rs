//! `GET /api/v1/segments/{id}`: a segment as it is defined, and how large it is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::Rule;
use super::definition::{Definition, SegmentError};
use super::watch::Past;
use crate::People;
use crate::shoppers::show_person::Explanation;

/// Where a segment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentStatus {
    /// It waits to be put in force, or to be counted.
    Waiting,
    /// The past of its clauses, or its members, are being counted; the members shown are those before.
    Counting,
    /// Its members follow its rule.
    Live,
}

/// A segment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentDetail {
    /// Its id, by which rules name it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its rule as JSON.
    #[schema(value_type = Object)]
    pub rule: serde_json::Value,
    /// Its rule as text.
    pub text: String,
    /// How often it was saved.
    pub version: u32,
    /// When it was saved first.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When this version was saved.
    #[schema(value_type = String, format = DateTime)]
    pub saved_at: Timestamp,
    /// Where it stands.
    pub status: SegmentStatus,
    /// How many people belong to it.
    pub people: u64,
    /// How many shopper keys those have.
    pub shopper_keys: u64,
    /// The segments that its rule names.
    pub names: Vec<String>,
    /// The segments whose rules name it.
    pub named_by: Vec<String>,
    /// Why values of models that the rule reads are nobody's: there is too little to learn from.
    pub unknown: Vec<Explanation>,
}

/// Show a segment
#[utoipa::path(
    get, path = "/api/v1/segments/{id}", tag = "people", operation_id = "show_segment",
    params(("id" = String, Path, description = "The segment's id")),
    responses(
        (status = 200, description = "The segment", body = SegmentDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_segment(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
) -> Answer<Json<SegmentDetail>> {
    Ok(Json(people.segment(&id)?))
}

impl People {
    /// A segment as it is now.
    pub(crate) fn segment(&self, id: &str) -> Result<SegmentDetail, SegmentError> {
        let (definition, named_by) = {
            let definitions = self.segments.definitions();
            let definition = definitions.get(id).cloned().ok_or_else(|| SegmentError::NoSegment(id.to_owned()))?;
            let naming = definitions.values().filter(|one| one.rule.segments().iter().any(|named| named == id));
            (definition, naming.map(|one| one.id.clone()).collect())
        };
        Ok(self.detail(definition, named_by))
    }

    /// Why values of models that a rule reads are nobody's, as of the last census.
    pub(crate) fn unknown_in(&self, rule: &Rule) -> Vec<Explanation> {
        let refused = self.segments.ranks().map(|ranks| ranks.refused(rule)).unwrap_or_default();
        refused.into_iter().map(Explanation::from).collect()
    }

    /// A definition with all that is known of its members.
    pub(crate) fn detail(&self, definition: Definition, named_by: Vec<String>) -> SegmentDetail {
        let past = {
            let shoppers = self.shoppers();
            let watch = &shoppers.watch;
            watch.program.find(&definition.id).map(|rule| watch.past_of(rule))
        };
        let (people, shopper_keys, settled, waiting) = {
            let membership = self.segments.membership();
            let held = membership.of(&definition.id);
            let size = |held: &super::membership::Held| (membership.people(&held.members), held.members.len());
            let (people, keys) = held.map(size).unwrap_or_default();
            (people, keys, held.is_some_and(|held| held.settled), held.is_none_or(|held| held.is_waiting()))
        };
        let status = match past {
            _ if settled => SegmentStatus::Live,
            Some(Past::Counting) => SegmentStatus::Counting,
            _ if waiting => SegmentStatus::Waiting,
            _ => SegmentStatus::Counting,
        };
        SegmentDetail {
            // Plain data: writing it as JSON cannot fail.
            rule: serde_json::to_value(&definition.rule).unwrap_or_default(),
            text: definition.rule.to_string(),
            unknown: self.unknown_in(&definition.rule),
            names: definition.rule.segments(),
            named_by,
            version: definition.version,
            created_at: definition.created_at,
            saved_at: definition.saved_at,
            id: definition.id,
            name: definition.name,
            description: definition.description,
            status,
            people,
            shopper_keys,
        }
    }
}
