//! `PUT /api/v1/identities/policy`: another policy; everybody is settled by it at once.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, Body, ProblemBody};

use super::policy::Policy;
use super::{Identity, IdentityError, store};

/// Set the identity policy
#[utoipa::path(
    put, path = "/api/v1/identities/policy", tag = "people", operation_id = "put_identity_policy",
    request_body = Policy,
    responses(
        (status = 200, description = "The policy now in force", body = Policy),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_policy(
    State(identity): State<Arc<Identity>>,
    actor: Option<Extension<Actor>>,
    Body(policy): Body<Policy>,
) -> Answer<Json<Policy>> {
    let policy = identity.change_policy(policy, actor.map(|Extension(actor)| actor.name)).await?;
    Ok(Json(Policy::clone(&policy)))
}

impl Identity {
    /// Puts a policy in force.
    pub async fn change_policy(
        self: &Arc<Self>,
        policy: Policy,
        by: Option<String>,
    ) -> Result<Arc<Policy>, IdentityError> {
        let (this, policy) = (self.clone(), Arc::new(policy.checked()?));
        // A task of its own: memory and store must agree even if the caller does not wait for the answer.
        tokio::spawn(async move { this.put_policy_in_force(policy, by).await })
            .await
            .map_err(|_| IdentityError::Failed("the policy"))?
    }

    async fn put_policy_in_force(
        self: Arc<Self>,
        policy: Arc<Policy>,
        by: Option<String>,
    ) -> Result<Arc<Policy>, IdentityError> {
        let _one_at_a_time = self.changing.lock().await;
        let now = self.clock.now();
        if *self.read().policy() == policy {
            return Ok(policy);
        }
        // Everybody is settled again: work, not waiting.
        let (this, new) = (self.clone(), policy.clone());
        let settled = tokio::task::spawn_blocking(move || {
            let mut index = this.write();
            let before = index.change_policy(new, by, now);
            (before, index.unsaved(false))
        });
        let (before, unsaved) = settled.await.map_err(|_| IdentityError::Failed("the policy"))?;
        let (row, saving) = (policy.clone(), unsaved.clone());
        let command = self.store.write(move |tx| {
            Box::pin(async move {
                store::set_policy(tx, &row, now).await?;
                store::take_in(tx, &saving).await
            })
        });
        if let Err(error) = command.await {
            self.write().change_policy(before, None, now);
            return Err(IdentityError::Store(error));
        }
        self.write().saved(&unsaved);
        Ok(policy)
    }
}
