//! `POST /api/v1/segments/templates/{id}`: takes a ready-made segment over.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use fanvine_web::{Answer, ProblemBody, Segment, prefers_chinese};

use super::definition::SegmentError;
use super::ready::READY;
use super::saving::Saving;
use super::show_segment::SegmentDetail;
use crate::People;

/// Take a ready-made segment over
///
/// Defines it, and those that its rule names and that are not there yet. From then on it is a segment like any other.
/// Its name is in the language of the request.
#[utoipa::path(
    post, path = "/api/v1/segments/templates/{id}", tag = "people", operation_id = "adopt_segment_template",
    params(("id" = String, Path, description = "The ready-made segment's id")),
    responses(
        (status = 201, description = "The segment", body = SegmentDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn adopt_segment_template(
    State(people): State<Arc<People>>,
    Segment(id): Segment<String>,
    headers: HeaderMap,
) -> Answer<(StatusCode, Json<SegmentDetail>)> {
    let chinese = prefers_chinese(&headers);
    // What a rule names comes before it.
    let (mut ready, mut open) = (VecDeque::new(), vec![id.clone()]);
    while let Some(id) = open.pop() {
        let found = READY.iter().find(|ready| ready.id == id).ok_or(SegmentError::NoTemplate(id))?;
        let rule = found.rule().map_err(SegmentError::from)?;
        let missing = |id: &String| !people.segments.definitions().contains_key(id);
        open.extend(rule.segments().into_iter().filter(missing));
        ready.push_front((found, rule));
    }
    for (ready, rule) in ready {
        let name = (if chinese { ready.chinese } else { ready.english }).to_owned();
        let id = ready.id.to_owned();
        let (description, announce_existing, exists) = (String::new(), false, false);
        people.save_segment(Saving { id, name, description, rule, announce_existing, exists }).await?;
    }
    Ok((StatusCode::CREATED, Json(people.segment(&id)?)))
}
