//! `GET /api/v1/webhooks` and `GET /api/v1/webhooks/{webhook_id}`: who is told of which events.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::{WebhookView, WebhooksError, store};
use crate::Engage;

/// All webhooks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookList {
    /// In the order they were made.
    pub webhooks: Vec<WebhookView>,
}

/// List webhooks
#[utoipa::path(
    get, path = "/api/v1/webhooks", tag = "engage", operation_id = "list_webhooks",
    responses(
        (status = 200, description = "All of them", body = WebhookList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_webhooks(State(engage): State<Arc<Engage>>) -> Answer<Json<WebhookList>> {
    Ok(Json(WebhookList { webhooks: engage.webhook_views().await? }))
}

/// Show a webhook
#[utoipa::path(
    get, path = "/api/v1/webhooks/{webhook_id}", tag = "engage", operation_id = "show_webhook",
    params(("webhook_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The webhook", body = WebhookView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_webhook(
    State(engage): State<Arc<Engage>>,
    Segment(webhook_id): Segment<String>,
) -> Answer<Json<WebhookView>> {
    Ok(Json(engage.view(&webhook_id).await?))
}

impl Engage {
    async fn webhook_views(&self) -> Result<Vec<WebhookView>, WebhooksError> {
        let all = self.webhooks.all();
        let views = self.store.read(|tx| {
            Box::pin(async move {
                let mut views = Vec::with_capacity(all.len());
                for webhook in all.iter() {
                    let counts = store::counts(tx, &webhook.webhook_id).await?;
                    views.push(webhook.view(counts));
                }
                Ok::<_, WebhooksError>(views)
            })
        });
        views.await
    }
}
