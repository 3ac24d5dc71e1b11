//! `POST /api/v1/webhooks/{webhook_id}/replay` and `…/deliveries/{delivery_id}/replay`: dead letters are sent again, all of
//! them or one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::list_deliveries::Delivery;
use super::{WebhooksError, store};
use crate::Engage;

/// How many dead letters are sent again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Replayed {
    /// How many.
    pub replayed: u64,
}

/// Send all dead letters of a webhook again
///
/// Under the message ids they had. A paused webhook sends them once it is not.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/replay", tag = "engage", operation_id = "replay_dead_letters",
    params(("webhook_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "How many", body = Replayed),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn replay_dead_letters(
    State(engage): State<Arc<Engage>>,
    Segment(webhook_id): Segment<String>,
) -> Answer<Json<Replayed>> {
    Ok(Json(engage.replay_dead_letters(webhook_id).await?))
}

/// Send a delivery again
///
/// One that was given up, or that was taken and got lost behind the receiver, or that waits too long. Under the message id
/// it had.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", tag = "engage",
    operation_id = "replay_delivery",
    params(
        ("webhook_id" = String, Path, description = "The webhook"),
        ("delivery_id" = i64, Path, description = "The delivery's number"),
    ),
    responses(
        (status = 200, description = "The delivery, waiting", body = Delivery),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn replay_delivery(
    State(engage): State<Arc<Engage>>,
    Segment((webhook_id, delivery_id)): Segment<(String, i64)>,
) -> Answer<Json<Delivery>> {
    Ok(Json(engage.replay_delivery(webhook_id, delivery_id).await?))
}

impl Engage {
    async fn replay_dead_letters(&self, webhook_id: String) -> Result<Replayed, WebhooksError> {
        self.webhook(&webhook_id)?;
        let now = self.clock.now();
        let again = self.store.write(move |tx| Box::pin(async move { store::all_again(tx, &webhook_id, now).await }));
        let replayed = again.await?;
        self.webhooks.bell.notify_one();
        Ok(Replayed { replayed })
    }

    async fn replay_delivery(&self, webhook_id: String, delivery_id: i64) -> Result<Delivery, WebhooksError> {
        self.webhook(&webhook_id)?;
        let now = self.clock.now();
        let again = self.store.write(move |tx| {
            Box::pin(async move {
                store::again(tx, &webhook_id, delivery_id, now).await?;
                let found = store::one(tx, &webhook_id, delivery_id).await?;
                found.ok_or(WebhooksError::UnknownDelivery { webhook_id, delivery_id })
            })
        });
        let delivery = again.await?;
        self.webhooks.bell.notify_one();
        Ok(delivery)
    }
}
