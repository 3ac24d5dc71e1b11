//! Giving a source a new write key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::SourceId;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Deserialize;

use super::{SourceError, SourceView, new_write_key, store};
use crate::Collect;

/// Longest the old key may go on, in seconds.
const MOST_OVERLAP_S: u32 = 30 * 86_400;
const SECOND: i64 = 1_000_000;

/// How a write key is replaced.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteKeyRotation {
    /// How long the old key still works, in seconds: at most 30 days; a day if absent. With 0 neither it nor any that was
    /// replaced before works any more.
    #[serde(default = "a_day")]
    #[schema(maximum = 2_592_000)]
    overlap_s: u32,
}

fn a_day() -> u32 {
    86_400
}

/// Gives a source a new write key.
///
/// The old one works for a while longer, so that pages and apps that have it can be changed without losing an event.
#[utoipa::path(
    post, path = "/api/v1/sources/{id}/rotate", operation_id = "rotate_source", tag = "collect",
    params(("id" = String, Path, description = "The source")), request_body = WriteKeyRotation,
    responses((status = 200, body = SourceView), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)),
    security(("role" = ["operator"])),
)]
pub(crate) async fn rotate_source(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
    Body(form): Body<WriteKeyRotation>,
) -> Answer<Json<SourceView>> {
    Ok(Json(collect.rotate_source(&id, form.overlap_s).await?))
}

impl Collect {
    async fn rotate_source(&self, id: &SourceId, overlap_s: u32) -> Result<SourceView, SourceError> {
        if overlap_s > MOST_OVERLAP_S {
            return Err(SourceError::Overlap { seconds: overlap_s, most: MOST_OVERLAP_S });
        }
        let now = self.clock.now();
        let (key, ends_at) = (new_write_key(&*self.entropy), now.plus_micros(i64::from(overlap_s) * SECOND));
        let wanted = id.clone();
        let rotating = self.store.write(move |tx| {
            Box::pin(async move {
                let source = store::all(tx).await?.into_iter().find(|source| source.id == wanted);
                let source = source.ok_or_else(|| SourceError::NotFound(wanted.to_string()))?;
                store::replace_key(tx, &source, &key, now, ends_at).await?;
                Ok::<_, SourceError>(())
            })
        });
        rotating.await?;
        self.reload_sources().await?;
        self.source_view(id).await
    }
}
