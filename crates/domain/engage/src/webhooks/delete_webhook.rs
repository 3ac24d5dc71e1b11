//! `DELETE /api/v1/webhooks/{webhook_id}`: nobody is told there any more, and what waits is forgotten.

use std::sync::Arc;

use axum::extract::State;
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::{WebhooksError, store};
use crate::Engage;

/// Delete a webhook
///
/// With its deliveries and dead letters.
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{webhook_id}", tag = "engage", operation_id = "delete_webhook",
    params(("webhook_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 204, description = "It is gone"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn delete_webhook(
    State(engage): State<Arc<Engage>>,
    Segment(webhook_id): Segment<String>,
) -> Answer<StatusCode> {
    engage.delete_webhook(webhook_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Engage {
    /// Deletes a subscription.
    pub(crate) async fn delete_webhook(&self, webhook_id: String) -> Result<(), WebhooksError> {
        let _turn = self.changing_webhooks().await;
        self.webhook(&webhook_id)?;
        self.store.write(move |tx| Box::pin(async move { store::delete(tx, &webhook_id).await })).await?;
        self.read_webhooks().await
    }
}
