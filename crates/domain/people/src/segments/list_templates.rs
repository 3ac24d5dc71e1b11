//! `GET /api/v1/segments/templates`: ready-made segments.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::ready::{READY, Ready};
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
