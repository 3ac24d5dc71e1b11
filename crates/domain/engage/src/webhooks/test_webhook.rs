//! `POST /api/v1/webhooks/{webhook_id}/test`: sends one message at once and tells what was answered.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;
use serde_json::json;

use super::WebhooksError;
use crate::Engage;

/// What came of a test.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookTried {
    /// Whether the receiver took it.
    pub delivered: bool,
    /// The status it answered with; null if it did not answer.
    pub status: Option<u16>,
    /// The beginning of what it answered, or why there was no answer.
    pub text: String,
    /// How long that took, in milliseconds.
    pub took_ms: i64,
}

/// Test a webhook
///
/// Sends a message of type `Webhook Tested` at once, paused or not, and tells what was answered. It is not sent again.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/test", tag = "engage", operation_id = "test_webhook",
    params(("webhook_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "What was answered", body = WebhookTried),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn test_webhook(
    State(engage): State<Arc<Engage>>,
    Segment(webhook_id): Segment<String>,
) -> Answer<Json<WebhookTried>> {
    Ok(Json(engage.test_webhook(&webhook_id).await?))
}

impl Engage {
    /// Sends a message to see whether it is taken.
    pub(crate) async fn test_webhook(&self, webhook_id: &str) -> Result<WebhookTried, WebhooksError> {
        let webhook = self.webhook(webhook_id)?;
        let begun = self.clock.now();
        let message_id = format!("msg_test_{:016x}", begun.micros());
        let body = json!({ "type": "Webhook Tested", "timestamp": begun, "data": { "webhook_id": webhook_id } });
        let answer = self.send(&webhook, &message_id, &body.to_string()).await;
        let took_ms = self.clock.now().micros().saturating_sub(begun.micros()) / 1_000;
        Ok(match answer {
            Ok(answer) => WebhookTried {
                delivered: answer.status.is_success(),
                status: Some(answer.status.as_u16()),
                text: answer.text,
                took_ms,
            },
            Err(reason) => WebhookTried { delivered: false, status: None, text: reason, took_ms },
        })
    }
}
