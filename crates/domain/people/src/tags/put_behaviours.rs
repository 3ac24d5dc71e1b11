//! `PUT /api/v1/tags/behaviours`: how much deeds weigh for interests without weights of their own.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};

use super::catalogue::Behaviours;
use super::list_tags::TagRecount;
use super::tagging::Tagging;
use super::versions::Change;

/// How much deeds shall weigh.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehavioursForm {
    /// Each 0 to 1,000. One that is absent weighs what it does in the catalogue the program comes with.
    pub behaviours: Behaviours,
    /// The version of the catalogue that the change was made to; refused if another is in force.
    #[serde(default)]
    pub based_on: Option<u32>,
}

/// How much deeds weigh.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct BehavioursSet {
    /// The version of the catalogue.
    pub version: u32,
    /// How much each deed weighs.
    pub behaviours: Behaviours,
    /// How far interests are counted anew; none if they are as defined.
    pub recount: Option<TagRecount>,
}

/// Set how much deeds weigh
///
/// All interests are counted anew from the event log, in the background; until then they are as they were.
#[utoipa::path(
    put, path = "/api/v1/tags/behaviours", tag = "people", operation_id = "put_tag_behaviours",
    request_body = BehavioursForm,
    responses(
        (status = 200, description = "How much deeds weigh", body = BehavioursSet),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_behaviours(
    State(tagging): State<Arc<Tagging>>,
    actor: Option<Extension<Actor>>,
    Body(form): Body<BehavioursForm>,
) -> Answer<Json<BehavioursSet>> {
    let (change, by) = (Change::Behaviours(form.behaviours), actor.map(|Extension(actor)| actor.name));
    let tags = tagging.people.change_tags(change, form.based_on, by).await?;
    let recount = tagging.people.recount_state();
    Ok(Json(BehavioursSet { version: tags.version, behaviours: tags.behaviours, recount }))
}
