//! `POST /api/v1/webhooks`: somebody wants to be told of events from now on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::WebhookId;
use fanvine_web::{Answer, Body, ProblemBody};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::filter::Filters;
use super::{MOST_WEBHOOKS, Webhook, WebhookView, WebhooksError, address, check_description, sign};
use crate::Engage;

/// Who wants to be told of what.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookForm {
    /// Where messages go: `https://…`, or `http://…` within a network that is trusted.
    pub url: String,
    /// Of which events: names, beginnings of names such as `Redemption *`, or `*` for all.
    pub events: Vec<String>,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Whether it is also told of what clients and servers send by a write key. A browser's write key is public, so anybody
    /// can send such an event under any name; Fanvine's own cannot be forged.
    #[serde(default)]
    pub clients_too: bool,
}

/// A webhook and its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookSecret {
    /// The webhook.
    pub webhook: WebhookView,
    /// By which its messages are signed: `whsec_` and bytes in base 64. It cannot be shown again.
    pub secret: String,
}

/// Make a webhook
///
/// It is told of what happens from now on. Its secret is shown this once.
#[utoipa::path(
    post, path = "/api/v1/webhooks", tag = "engage", operation_id = "create_webhook",
    request_body = WebhookForm,
    responses(
        (status = 201, description = "The webhook and its secret", body = WebhookSecret),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn create_webhook(
    State(engage): State<Arc<Engage>>,
    Body(form): Body<WebhookForm>,
) -> Answer<(StatusCode, Json<WebhookSecret>)> {
    Ok((StatusCode::CREATED, Json(engage.create_webhook(form).await?)))
}

impl Engage {
    /// Makes a subscription.
    pub(crate) async fn create_webhook(&self, form: WebhookForm) -> Result<WebhookSecret, WebhooksError> {
        check_description(&form.description)?;
        let filters = Filters::read(&form.events)?;
        let url = address::read(&form.url, self.webhooks.sender.private_too())?;
        let now = self.clock.now();
        let secret = sign::new_secret(self.entropy.as_ref());
        let webhook = Webhook {
            webhook_id: WebhookId::new(now, self.entropy.as_ref()).to_string(),
            url: url.to_string(),
            description: form.description,
            filters,
            clients_too: form.clients_too,
            secret: secret.clone(),
            before: None,
            paused: None,
            created_at: now,
            updated_at: now,
        };
        let _turn = self.changing_webhooks().await;
        if self.webhooks.all().len() >= MOST_WEBHOOKS {
            return Err(WebhooksError::TooMany);
        }
        Ok(WebhookSecret { webhook: self.save_webhook(webhook).await?, secret })
    }
}
