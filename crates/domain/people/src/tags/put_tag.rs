//! `PUT /api/v1/tags/{tag}`: a tag is defined, anew or otherwise than before.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Deserialize;

use super::catalogue::{Behaviours, Definition, Family, Kind};
use super::show_tag::TagDetail;
use super::tagging::Tagging;
use super::versions::{Change, TagError};
use crate::People;

/// What a tag shall be. What is absent is as usual.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagForm {
    /// Its family; the tag's id begins with it.
    pub family: Family,
    /// Its name in English.
    pub en: String,
    /// Its name in Chinese.
    pub zh: String,
    /// How it is made.
    pub kind: Kind,
    /// After how many days what was done counts half, 0.5 to 36,500.
    pub half_life_days: f64,
    /// The amount at which a counted weight is one half; 1 if absent.
    #[serde(default)]
    pub half_at: Option<f64>,
    /// How much evidence makes the confidence one half; 5 if absent.
    #[serde(default)]
    pub evidence: Option<f64>,
    /// How many terms of an interest are shown at most; 10 if absent.
    #[serde(default)]
    pub top: Option<usize>,
    /// Behaviour weights of its own.
    #[serde(default)]
    pub behaviours: Option<Behaviours>,
    /// The version of the catalogue that the change was made to; refused if another is in force.
    #[serde(default)]
    pub based_on: Option<u32>,
}

impl TagForm {
    /// The definition of the tag of that id.
    pub(super) fn definition(self, id: String) -> Definition {
        let Self { family, en, zh, kind, half_life_days, half_at, evidence, top, behaviours, based_on: _ } = self;
        let (half_at, evidence, top) = (half_at.unwrap_or(1.0), evidence.unwrap_or(5.0), top.unwrap_or(10));
        Definition { id, family, en, zh, kind, half_life_days, half_at, evidence, top, behaviours }
    }
}

/// Define a tag
///
/// In force at once, as a new version. A change of what an interest is, of its half-life or of behaviour weights has all
/// interests counted anew from the event log, in the background; until then they are as they were.
#[utoipa::path(
    put, path = "/api/v1/tags/{tag}", tag = "people", operation_id = "put_tag",
    params(("tag" = String, Path, description = "The tag's id: its family, a dot and a name")),
    request_body = TagForm,
    responses(
        (status = 200, description = "The tag as defined", body = TagDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_tag(
    State(tagging): State<Arc<Tagging>>,
    Segment(tag): Segment<String>,
    actor: Option<Extension<Actor>>,
    Body(form): Body<TagForm>,
) -> Answer<Json<TagDetail>> {
    let based_on = form.based_on;
    let change = Change::Saved(Box::new(form.definition(tag.clone())));
    Ok(Json(tagging.people.changed_tag(&tag, change, based_on, actor).await?))
}

impl People {
    /// Changes a tag, and tells what it is then.
    pub(super) async fn changed_tag(
        self: &Arc<Self>,
        tag: &str,
        change: Change,
        based_on: Option<u32>,
        actor: Option<Extension<Actor>>,
    ) -> Result<TagDetail, TagError> {
        self.change_tags(change, based_on, actor.map(|Extension(actor)| actor.name)).await?;
        self.tag_detail(tag).await
    }
}
