//! `GET /api/v1/segments/{id}/members`: who belongs to a segment, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::definition::SegmentError;
use crate::People;
use crate::identity::IdentifierKind;

const USUAL: u32 = 100;
/// People on a page.
pub(super) const MOST: u32 = 1_000;

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MembersQuery {
    /// At most so many people, 1 to 1000; 100 if absent.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A person who belongs to a segment.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SegmentMember {
    /// The person's id.
    pub person_id: String,
    /// The user id, if the person has one; else the shopper key that was heard of first.
    pub shopper_id: String,
    /// All shopper keys of the person.
    pub shopper_ids: Vec<String>,
}

/// A page of members.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentMembers {
    /// How many people belong to the segment.
    pub people: u64,
    /// In the order in which they were heard of first.
    pub members: Vec<SegmentMember>,
    /// What to give as `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// List a segment's members
#[utoipa::path(
    get, path = "/api/v1/segments/{id}/members", tag = "people", operation_id = "list_segment_members",
    params(("id" = String, Path, description = "The segment's id"), MembersQuery),
    responses(
        (status = 200, description = "A page of members", body = SegmentMembers),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_segment_members(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
    Params(query): Params<MembersQuery>,
) -> Answer<Json<SegmentMembers>> {
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        let (name, expected) = ("limit", "1 to 1000");
        return Err(SegmentError::Parameter { name, value: limit.to_string(), expected }.into());
    }
    let after = query.after.map(|after| {
        let (name, expected) = ("after", "the `next` of a page");
        after.parse::<u32>().map_err(|_| SegmentError::Parameter { name, value: after, expected })
    });
    let from = after.transpose()?.map_or(0, |after| after.saturating_add(1));
    let firsts = people.first_members(&id)?;
    let page: Vec<u32> = firsts.range(from..).take(limit as usize + 1).collect();
    let shown = page.get(..page.len().min(limit as usize)).unwrap_or_default();
    Ok(Json(SegmentMembers {
        people: firsts.len(),
        members: people.shown_members(shown),
        next: shown.last().filter(|_| page.len() > shown.len()).map(u32::to_string),
    }))
}

impl People {
    /// Of everybody who belongs to a segment, the first key by number.
    pub(crate) fn first_members(&self, id: &str) -> Result<RoaringBitmap, SegmentError> {
        if !self.segments.definitions().contains_key(id) {
            return Err(SegmentError::NoSegment(id.to_owned()));
        }
        let membership = self.segments.membership();
        Ok(membership.of(id).map(|held| membership.firsts(&held.members)).unwrap_or_default())
    }

    /// The people with these first keys.
    pub(crate) fn shown_members(&self, firsts: &[u32]) -> Vec<SegmentMember> {
        let keys = self.keys_of(firsts.iter().copied());
        let index = self.identity().read();
        let member = |key: String| {
            let person = index.person_of(&key);
            let user = index.identifiers_of(person).find(|one| one.kind == IdentifierKind::UserId);
            SegmentMember {
                person_id: person.to_string(),
                shopper_id: user.map_or_else(|| key.clone(), |user| user.value.to_string()),
                shopper_ids: index.keys_with(&key).iter().map(|key| key.to_string()).collect(),
            }
        };
        keys.into_iter().map(member).collect()
    }
}
