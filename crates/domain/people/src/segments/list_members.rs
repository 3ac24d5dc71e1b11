//! `GET /api/v1/segments/{id}/members`: who belongs to a segment, page by page; and all of them as a file.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::definition::SegmentError;
use crate::People;
use crate::identity::IdentifierKind;

const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MembersQuery {
    /// At most so many people, 1 to 1000; 100 if absent.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// In which form.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv` (if absent) or `jsonl`.
    pub format: Option<String>,
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

/// Export a segment
///
/// Everybody who belongs to it at the moment of the request, a person a line.
#[utoipa::path(
    get, path = "/api/v1/segments/{id}/export", tag = "people", operation_id = "export_segment",
    params(("id" = String, Path, description = "The segment's id"), ExportQuery),
    responses(
        (status = 200, description = "A line a person", content_type = "text/csv", body = String),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn export_segment(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
    Params(query): Params<ExportQuery>,
) -> Answer<Response> {
    let csv = match query.format.as_deref() {
        None | Some("csv") => true,
        Some("jsonl") => false,
        Some(other) => {
            let (name, value, expected) = ("format", other.chars().take(64).collect(), "csv or jsonl");
            return Err(SegmentError::Parameter { name, value, expected }.into());
        }
    };
    let firsts: Vec<u32> = people.first_members(&id)?.iter().collect();
    let head = if csv { "person_id,shopper_id,shopper_ids\r\n" } else { "" };
    let mut at = 0;
    let chunks = std::iter::once(head.to_owned()).chain(std::iter::from_fn(move || {
        let page = firsts.get(at..firsts.len().min(at + MOST as usize)).filter(|page| !page.is_empty())?;
        at += page.len();
        let members = people.shown_members(page);
        Some(members.iter().map(|one| if csv { csv_line(one) } else { json_line(one) }).collect())
    }));
    let mut response = Body::from_stream(futures::stream::iter(chunks.map(Ok::<String, Infallible>))).into_response();
    let (kind, ending) = if csv { ("text/csv; charset=utf-8", "csv") } else { ("application/x-ndjson", "jsonl") };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{id}.{ending}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn csv_line(one: &SegmentMember) -> String {
    let keys = quoted(&one.shopper_ids.join(" "));
    format!("{},{},{keys}\r\n", one.person_id, quoted(&one.shopper_id))
}

/// A field of RFC 4180. Shopper keys are whatever a client sent.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn json_line(one: &SegmentMember) -> String {
    // Plain texts: writing them as JSON cannot fail.
    format!("{}\n", serde_json::to_string(one).unwrap_or_default())
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
