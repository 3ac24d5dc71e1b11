//! `POST /api/v1/vote-entries/{entry_id}/decide`: an operator shows an entry, or hides it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_ledger::carry_out;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::show_votes::{EntryState, EntryView};
use super::store;
use crate::Promote;
use crate::plays::PlayError;

/// Whether an entry is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryDecision {
    /// Whether it may be seen and voted for. The votes of one that is hidden are kept, and count again when it is shown.
    pub show: bool,
}

/// Show or hide an entry
///
/// Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/vote-entries/{entry_id}/decide", tag = "promote", operation_id = "decide_vote_entry",
    params(("entry_id" = String, Path, description = "Its identifier")),
    request_body = EntryDecision,
    responses(
        (status = 200, description = "The entry", body = EntryView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn decide_vote_entry(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(entry_id): Segment<String>,
    Body(form): Body<EntryDecision>,
) -> Answer<Json<EntryView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.decide_vote_entry(&entry_id, form.show, by).await?))
}

impl Promote {
    /// Shows an entry, or hides it.
    pub async fn decide_vote_entry(&self, entry_id: &str, show: bool, by: String) -> Result<EntryView, PlayError> {
        let (id, now) = (entry_id.to_owned(), self.clock.now());
        let deciding = self.store.write(move |tx| {
            Box::pin(async move {
                // Whoever votes or puts something up at the same time comes before or after.
                carry_out(tx, Vec::new(), now).await?;
                let unknown = || PlayError::UnknownRun { what: "entry", run_id: id.chars().take(64).collect() };
                let before = store::one(tx, &id).await?.ok_or_else(unknown)?;
                let state = if show { EntryState::Shown } else { EntryState::Hidden };
                if before.state == state {
                    return Ok(before);
                }
                store::decide(tx, &id, state, &by, now).await?;
                store::one(tx, &id).await?.ok_or_else(unknown)
            })
        });
        let entry = deciding.await?;
        self.count_votes_for(&entry).await?;
        Ok(entry)
    }
}
