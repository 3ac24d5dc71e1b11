//! `GET /api/v1/tags/{tag}`: what a tag is, how it is computed, and what it was before.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::catalogue::{Behaviours, Catalogue, Definition};
use super::store;
use super::tagging::Tagging;
use super::versions::{TagError, short};
use crate::People;
use crate::shoppers::show_person::Explanation;

/// A tag in full.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagDetail {
    /// The version of the catalogue: give it back as `based_on` with a change.
    pub version: u32,
    /// What it is; none if it was deleted.
    pub definition: Option<Definition>,
    /// What it says and by which formula.
    pub about: Option<Explanation>,
    /// How much deeds weigh for it.
    pub behaviours: Behaviours,
    /// Whether the program comes with a tag of this id.
    pub builtin: bool,
    /// Whether it is otherwise than the program comes with it.
    pub changed: bool,
    /// What the model said last, for a tag that a model makes.
    pub model: Option<TagModel>,
    /// What it was, the latest first; at most 50. What the program came with is not among them.
    pub versions: Vec<TagVersion>,
}

/// What a model said last.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagModel {
    /// The model's name.
    pub model: String,
    /// Which version of it.
    pub version: String,
    /// When it was computed.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// From when on it says nothing any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was uploaded.
    #[schema(value_type = String, format = DateTime)]
    pub uploaded_at: Timestamp,
    /// By whom.
    pub uploaded_by: Option<String>,
    /// Weights it gave.
    pub weights: i64,
}

/// A change of a tag.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagVersion {
    /// The version of the catalogue it made.
    pub version: u32,
    /// `saved`, `deleted` or `restored`.
    pub change: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// By whom: an account or a key.
    pub changed_by: Option<String>,
    /// What the tag was from then on; none if it was deleted.
    pub definition: Option<Definition>,
}

/// Show a tag
#[utoipa::path(
    get, path = "/api/v1/tags/{tag}", tag = "people", operation_id = "show_tag",
    params(("tag" = String, Path, description = "The tag's id, such as `interest.category`")),
    responses(
        (status = 200, description = "The tag", body = TagDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_tag(
    State(tagging): State<Arc<Tagging>>,
    Segment(tag): Segment<String>,
) -> Answer<Json<TagDetail>> {
    Ok(Json(tagging.people.tag_detail(&tag).await?))
}

impl People {
    /// All about a tag that is there, or was.
    pub(super) async fn tag_detail(&self, id: &str) -> Result<TagDetail, TagError> {
        let tags = self.tags();
        let wanted = id.to_owned();
        let (versions, models) = self
            .store
            .read(|tx| {
                Box::pin(async move {
                    Ok::<_, StoreError>((store::versions_of(tx, &wanted).await?, store::models(tx).await?))
                })
            })
            .await?;
        let (definition, builtin) = (tags.tag(id), Catalogue::builtin());
        let original = builtin.tag(id);
        if definition.is_none() && original.is_none() && versions.is_empty() {
            return Err(TagError::Unknown(short(id)));
        }
        let model = models.into_iter().find(|(tag, _)| tag == id).map(|(_, state)| TagModel {
            model: state.model,
            version: state.version,
            made_at: state.made_at,
            expires_at: state.expires_at,
            uploaded_at: state.uploaded_at,
            uploaded_by: state.uploaded_by,
            weights: state.weights,
        });
        let versions = versions.into_iter().map(|version| TagVersion {
            version: version.catalogue.version,
            definition: version.catalogue.tag(id).cloned(),
            change: version.change,
            changed_at: version.changed_at,
            changed_by: version.changed_by,
        });
        Ok(TagDetail {
            version: tags.version,
            about: definition.map(|definition| tags.about(definition).into()),
            behaviours: definition.map_or(tags.behaviours, |definition| tags.behaviours_of(definition)),
            builtin: original.is_some(),
            changed: original.is_some() && original != definition,
            definition: definition.cloned(),
            model,
            versions: versions.collect(),
        })
    }
}
