//! `GET /api/v1/tags`: the tags in force, and how many people have each.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::catalogue::{Behaviours, Catalogue, Definition};
use super::tagging::{TagBasis, TagCount, Tagging};
use crate::shoppers::show_person::Explanation;

/// How recent counts must be.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TagsQuery {
    /// 1 looks at people anew, rather than answer from a count of up to a minute ago.
    pub fresh: Option<u8>,
}

/// The tags in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagList {
    /// One higher with every change.
    pub version: u32,
    /// How much deeds weigh for tags without weights of their own.
    pub behaviours: Behaviours,
    /// The tags, family by family.
    pub tags: Vec<TagSummary>,
    /// Tags the program comes with that were deleted: restore one by its id.
    pub deleted: Vec<String>,
    /// What the counts of people rest on.
    pub basis: TagBasis,
    /// How far interests are counted anew, after a change of half-lives or weights; none if they are as defined.
    pub recount: Option<TagRecount>,
}

/// Interests on their way to what is defined. Until then they are as they were defined before.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct TagRecount {
    /// Events counted anew.
    pub counted: u64,
    /// Of so many.
    pub of: u64,
}

/// A tag and how many people have it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagSummary {
    /// What it is.
    #[serde(flatten)]
    pub definition: Definition,
    /// What it says and by which formula.
    pub about: Explanation,
    /// Whether the program comes with a tag of this id.
    pub builtin: bool,
    /// Whether it is otherwise than the program comes with it.
    pub changed: bool,
    /// How many people have it, and how strongly.
    #[serde(flatten)]
    pub count: TagCount,
}

/// List the tags
///
/// Each with its definition, its formula in words, and how many people have it.
#[utoipa::path(
    get, path = "/api/v1/tags", tag = "people", operation_id = "list_tags",
    params(TagsQuery),
    responses(
        (status = 200, description = "The tags in force", body = TagList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_tags(
    State(tagging): State<Arc<Tagging>>,
    Params(query): Params<TagsQuery>,
) -> Answer<Json<TagList>> {
    let crowd = tagging.crowd(query.fresh == Some(1)).await?;
    let tags = tagging.people.tags();
    let spreads = tagging.spreads(&crowd, &tags).await?;
    let builtin = Catalogue::builtin();
    let summaries = tags.tags.iter().zip(spreads.iter()).map(|(definition, spread)| {
        let original = builtin.tag(&definition.id);
        TagSummary {
            definition: definition.clone(),
            about: tags.about(definition).into(),
            builtin: original.is_some(),
            changed: original.is_some_and(|original| original != definition),
            count: TagCount::of(&crowd, spread),
        }
    });
    let deleted = builtin.tags.iter().filter(|tag| tags.tag(&tag.id).is_none());
    Ok(Json(TagList {
        version: tags.version,
        behaviours: tags.behaviours,
        tags: summaries.collect(),
        deleted: deleted.map(|tag| tag.id.clone()).collect(),
        basis: (&*crowd).into(),
        recount: tagging.people.recount_state(),
    }))
}
