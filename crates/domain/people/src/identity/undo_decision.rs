//! `DELETE /api/v1/identities/decisions/{id}`: a decision is taken back; people are as if it had never been.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, ProblemBody, Segment};

use super::decide::DecisionTaken;
use super::decision::DecisionError;
use super::{Identity, IdentityError, store};

/// Undo a decision
#[utoipa::path(
    delete, path = "/api/v1/identities/decisions/{id}", tag = "people", operation_id = "undo_identity_decision",
    params(("id" = String, Path, description = "The name of the decision")),
    responses(
        (status = 200, description = "The decision that was undone, and what that changed", body = DecisionTaken),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn undo_decision(
    State(identity): State<Arc<Identity>>,
    Segment(id): Segment<String>,
    actor: Option<Extension<Actor>>,
) -> Answer<Json<DecisionTaken>> {
    Ok(Json(identity.undo(&id, actor.map(|Extension(actor)| actor.name)).await?))
}

impl Identity {
    /// Takes a decision back.
    pub async fn undo(self: &Arc<Self>, id: &str, by: Option<String>) -> Result<DecisionTaken, IdentityError> {
        let (this, id) = (self.clone(), id.to_owned());
        // A task of its own: memory and store must agree even if the caller does not wait for the answer.
        tokio::spawn(async move { this.take_back(id, by).await })
            .await
            .map_err(|_| IdentityError::Failed("the decision"))?
    }

    async fn take_back(&self, id: String, by: Option<String>) -> Result<DecisionTaken, IdentityError> {
        let _one_at_a_time = self.changing.lock().await;
        let now = self.clock.now();
        let (decided, first, unsaved) = {
            let mut index = self.write();
            let known = index.decisions().get(&id).map(|decided| decided.id.clone());
            let first = index.next_merge();
            let undone = known.and_then(|id| index.undo(&id, by, now));
            let decided = undone.ok_or_else(|| DecisionError::Unknown(id.chars().take(64).collect()))?;
            (decided, first, index.unsaved(false))
        };
        let (gone, saving) = (decided.id.clone(), unsaved.clone());
        let command = self.store.write(move |tx| {
            Box::pin(async move {
                store::delete_decision(tx, &gone).await?;
                store::take_in(tx, &saving).await
            })
        });
        if let Err(error) = command.await {
            self.write().decide(decided, now);
            return Err(IdentityError::Store(error));
        }
        self.write().saved(&unsaved);
        let changes = unsaved.merges.into_iter().filter(|merge| merge.id >= first).collect();
        Ok(DecisionTaken { decision: decided, changes })
    }
}
