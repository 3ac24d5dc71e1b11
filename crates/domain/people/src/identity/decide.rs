//! `POST /api/v1/identities/decisions`: an operator says who is who. In force at once, for past events too.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};

use super::decision::{Decided, Decision};
use super::outgoing::Merge;
use super::{Identity, IdentityError, store};

/// Most characters of a note.
const LONGEST_NOTE: usize = 500;

/// A decision to take: `separate` or `join` with `identifiers`; `share`, `block` or `allow` with `identifier`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = IdentityDecisionForm)]
pub struct DecisionForm {
    /// What to decide.
    #[serde(flatten)]
    pub decision: Decision,
    /// Why, for those who come after; up to 500 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// A decision in force, and what it changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityDecisionTaken)]
pub struct DecisionTaken {
    /// The decision.
    pub decision: Decided,
    /// Whose person changed; empty if it was in force before, or only says what holds in any case.
    pub changes: Vec<Merge>,
}

/// Separate, join, share, block or allow identifiers
#[utoipa::path(
    post, path = "/api/v1/identities/decisions", tag = "people", operation_id = "decide_identity",
    request_body = DecisionForm,
    responses(
        (status = 200, description = "The decision is in force", body = DecisionTaken),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn decide(
    State(identity): State<Arc<Identity>>,
    actor: Option<Extension<Actor>>,
    Body(form): Body<DecisionForm>,
) -> Answer<Json<DecisionTaken>> {
    Ok(Json(identity.decide(form.decision, form.note, actor.map(|Extension(actor)| actor.name)).await?))
}

impl Identity {
    /// Puts a decision of somebody in force. The same decision again changes nothing.
    pub async fn decide(
        self: &Arc<Self>,
        decision: Decision,
        note: Option<String>,
        by: Option<String>,
    ) -> Result<DecisionTaken, IdentityError> {
        let characters = note.as_ref().map_or(0, |note| note.chars().count());
        if characters > LONGEST_NOTE {
            let (value, most) = (characters as i64, LONGEST_NOTE as i64);
            return Err(IdentityError::Bounds { field: "note", value, least: 0, most });
        }
        let decision = decision.checked()?;
        let decided = Decided { id: decision.id(), decision, decided_at: self.clock.now(), decided_by: by, note };
        // A task of its own: memory and store must agree even if the caller does not wait for the answer.
        let this = self.clone();
        tokio::spawn(async move { this.put_in_force(decided).await })
            .await
            .map_err(|_| IdentityError::Failed("the decision"))?
    }

    async fn put_in_force(&self, decided: Decided) -> Result<DecisionTaken, IdentityError> {
        let _one_at_a_time = self.changing.lock().await;
        let now = self.clock.now();
        let (before, first, unsaved) = {
            let mut index = self.write();
            let first = index.next_merge();
            let before = index.decisions().get(decided.id.as_str()).cloned();
            index.decide(decided.clone(), now);
            (before, first, index.unsaved(false))
        };
        if let Some(decision) = before {
            return Ok(DecisionTaken { decision, changes: Vec::new() });
        }
        let (row, saving) = (decided.clone(), unsaved.clone());
        let command = self.store.write(move |tx| {
            Box::pin(async move {
                store::insert_decision(tx, &row).await?;
                store::take_in(tx, &saving).await
            })
        });
        if let Err(error) = command.await {
            self.write().undo(&decided.id, None, now);
            return Err(IdentityError::Store(error));
        }
        self.write().saved(&unsaved);
        let changes = unsaved.merges.into_iter().filter(|merge| merge.id >= first).collect();
        Ok(DecisionTaken { decision: decided, changes })
    }
}
