//! `PATCH /api/v1/webhooks/{webhook_id}`: changes where messages go, of what they tell, or whether they go at all.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Deserialize;

use super::filter::Filters;
use super::{Paused, PausedWhy, WebhookView, WebhooksError, address, check_description};
use crate::Engage;

/// What is to be changed; what is absent stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookChange {
    /// Where messages go. What waits goes there too.
    pub url: Option<String>,
    /// Of which events, from now on.
    pub events: Option<Vec<String>>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is also told of what clients and servers send by a write key.
    pub clients_too: Option<bool>,
    /// True: nothing is sent, and what happens meanwhile is never told. False: what waited is sent.
    pub paused: Option<bool>,
}

/// Change a webhook
#[utoipa::path(
    patch, path = "/api/v1/webhooks/{webhook_id}", tag = "engage", operation_id = "update_webhook",
    params(("webhook_id" = String, Path, description = "Its identifier")),
    request_body = WebhookChange,
    responses(
        (status = 200, description = "The webhook", body = WebhookView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn update_webhook(
    State(engage): State<Arc<Engage>>,
    Segment(webhook_id): Segment<String>,
    Body(change): Body<WebhookChange>,
) -> Answer<Json<WebhookView>> {
    Ok(Json(engage.update_webhook(&webhook_id, change).await?))
}

impl Engage {
    /// Changes a subscription.
    pub(crate) async fn update_webhook(
        &self,
        webhook_id: &str,
        change: WebhookChange,
    ) -> Result<WebhookView, WebhooksError> {
        let _turn = self.changing_webhooks().await;
        let mut webhook = self.webhook(webhook_id)?;
        let now = self.clock.now();
        if let Some(url) = change.url {
            webhook.url = address::read(&url, self.webhooks.sender.private_too())?.to_string();
        }
        if let Some(events) = change.events {
            webhook.filters = Filters::read(&events)?;
        }
        if let Some(description) = change.description {
            check_description(&description)?;
            webhook.description = description;
        }
        webhook.clients_too = change.clients_too.unwrap_or(webhook.clients_too);
        webhook.paused = match change.paused {
            None => webhook.paused,
            Some(false) => None,
            Some(true) => webhook.paused.or(Some(Paused { at: now, why: PausedWhy::Asked })),
        };
        webhook.updated_at = now;
        self.save_webhook(webhook).await
    }
}
