//! `PUT /api/v1/plays/{play_id}`: sets a play, as a new version.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::event::names;
use fanvine_web::{Answer, Body, ProblemBody, Segment};

use super::list_plays::PlayView;
use super::{Play, PlayError, PlayTerms, store};
use crate::offers::check::check_id;
use crate::{Promote, announce};

/// Set a play
///
/// Makes a new version, unless it is the same. What is published stays published until that version is, and what was opened
/// goes on by the version it was opened with.
#[utoipa::path(
    put, path = "/api/v1/plays/{play_id}", tag = "promote", operation_id = "put_play",
    params(("play_id" = String, Path, description = "Its identifier: letters, digits, `_`, `-`, `.`")),
    request_body = PlayTerms,
    responses(
        (status = 200, description = "The play", body = PlayView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_play(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(play_id): Segment<String>,
    Body(terms): Body<PlayTerms>,
) -> Answer<Json<PlayView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.put_play(play_id, terms, by).await?))
}

impl Promote {
    /// Sets a play.
    pub async fn put_play(&self, play_id: String, terms: PlayTerms, by: String) -> Result<PlayView, PlayError> {
        check_id(&play_id)?;
        terms.check()?;
        let now = self.clock.now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(crate::LOCK).await?;
                    let before = store::one(tx, &play_id).await?;
                    let kind = before.as_ref().map(|before| before.terms.rules.kind());
                    if let Some(kind) = kind.filter(|kind| *kind != terms.rules.kind()) {
                        return Err(PlayError::Kind { play_id, kind, wanted: terms.rules.kind() });
                    }
                    if before.as_ref().is_none_or(|before| before.terms != terms) {
                        let version = before.map_or(1, |before| before.version + 1);
                        let play = Play { play_id: play_id.clone(), version, terms };
                        store::save(tx, &play, now).await?;
                        tx.emit(&announce::play(names::PLAY_CHANGED, &play, &by, now)).await?;
                    }
                    store::one(tx, &play_id).await?.ok_or(PlayError::Unknown(play_id))
                })
            })
            .await
    }
}
