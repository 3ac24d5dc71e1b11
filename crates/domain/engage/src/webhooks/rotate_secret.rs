//! `POST /api/v1/webhooks/{webhook_id}/rotate-secret`: a new secret. For a day messages are signed with both, so that the
//! receiver may take its time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody, Segment};

use super::create_webhook::WebhookSecret;
use super::{SECOND, WebhooksError, sign};
use crate::Engage;

const BOTH_FOR_S: i64 = 86_400;

/// Rotate a webhook's secret
///
/// The new one is shown this once. For a day messages are signed with the one before, too.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/rotate-secret", tag = "engage", operation_id = "rotate_webhook_secret",
    params(("webhook_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The webhook and its new secret", body = WebhookSecret),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn rotate_webhook_secret(
    State(engage): State<Arc<Engage>>,
    Segment(webhook_id): Segment<String>,
) -> Answer<Json<WebhookSecret>> {
    Ok(Json(engage.rotate_webhook_secret(&webhook_id).await?))
}

impl Engage {
    /// Gives a subscription a new secret.
    pub(crate) async fn rotate_webhook_secret(&self, webhook_id: &str) -> Result<WebhookSecret, WebhooksError> {
        let _turn = self.changing_webhooks().await;
        let mut webhook = self.webhook(webhook_id)?;
        let now = self.clock.now();
        let secret = sign::new_secret(self.entropy.as_ref());
        let before = std::mem::replace(&mut webhook.secret, secret.clone());
        webhook.before = Some((before, now.plus_micros(BOTH_FOR_S * SECOND)));
        webhook.updated_at = now;
        Ok(WebhookSecret { webhook: self.save_webhook(webhook).await?, secret })
    }
}
