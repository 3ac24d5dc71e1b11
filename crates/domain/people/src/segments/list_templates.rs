//! `GET /api/v1/segments/templates`: ready-made segments, and taking one over.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use fanvine_web::{Answer, ProblemBody, Segment, prefers_chinese};
use serde::Serialize;

use super::definition::SegmentError;
use super::ready::{READY, Ready};
use super::saving::Saving;
use super::show_segment::SegmentDetail;
use crate::People;
use crate::shoppers::show_person::Explanation;

/// Ready-made segments.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentTemplates {
    /// Family by family.
    pub templates: Vec<SegmentTemplate>,
}

/// A ready-made segment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SegmentTemplate {
    /// Its id; the segment made of it has the same.
    pub id: &'static str,
    /// Its family. Nobody is in two of one family.
    pub family: Explanation,
    /// Its name.
    pub name: Explanation,
    /// Its rule as text.
    pub text: &'static str,
    /// Its rule as JSON.
    #[schema(value_type = Object)]
    pub rule: serde_json::Value,
    /// Whether there is a segment of that id already.
    pub taken_over: bool,
}

/// List ready-made segments
#[utoipa::path(
    get, path = "/api/v1/segments/templates", tag = "people", operation_id = "list_segment_templates",
    responses(
        (status = 200, description = "Ready-made segments", body = SegmentTemplates),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_segment_templates(State(people): State<Arc<People>>) -> Answer<Json<SegmentTemplates>> {
    let definitions = people.segments.definitions();
    let template = |ready: &Ready| {
        let (en, zh) = ready.family.names();
        SegmentTemplate {
            id: ready.id,
            family: Explanation { en: en.into(), zh: zh.into() },
            name: Explanation { en: ready.english.into(), zh: ready.chinese.into() },
            text: ready.text,
            rule: ready.rule().ok().and_then(|rule| serde_json::to_value(rule).ok()).unwrap_or_default(),
            taken_over: definitions.contains_key(ready.id),
        }
    };
    Ok(Json(SegmentTemplates { templates: READY.iter().map(template).collect() }))
}

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
    headers: axum::http::HeaderMap,
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
