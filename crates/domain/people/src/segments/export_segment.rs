//! `GET /api/v1/segments/{id}/export`: everybody who belongs to a segment, as a file.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::Deserialize;

use super::definition::SegmentError;
use super::list_members::{MOST, SegmentMember};
use crate::People;

/// In which form.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv` (if absent) or `jsonl`.
    pub format: Option<String>,
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
