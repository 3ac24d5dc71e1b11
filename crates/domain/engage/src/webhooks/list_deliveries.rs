//! `GET /api/v1/webhooks/{webhook_id}/deliveries`: what was sent, what waits, what was given up.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{WebhooksError, store};
use crate::Engage;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits to be sent, for the first time or again.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// It was given up: a dead letter.
    Dead,
}

impl DeliveryState {
    const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    pub(crate) fn code(self) -> i64 {
        Self::ALL.iter().zip(0..).find(|(state, _)| **state == self).map_or(0, |(_, code)| code)
    }

    /// Nothing but this program writes codes.
    pub(crate) fn of_code(code: i64) -> Self {
        usize::try_from(code).ok().and_then(|place| Self::ALL.get(place)).copied().unwrap_or(Self::Dead)
    }
}

/// An event on its way to a receiver.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// Its number.
    pub delivery_id: i64,
    /// The header `webhook-id`, the same each time it is sent.
    pub message_id: String,
    /// The name of the event.
    pub event: String,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was sent.
    pub attempts: i64,
    /// When it came to be.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// When it is sent next, if it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// The last time it was sent.
    pub last: Option<LastAttempt>,
    /// What is sent, as JSON.
    pub body: String,
}

/// The last time a delivery was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastAttempt {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The status of the answer; null if there was none.
    pub status: Option<i64>,
    /// What went wrong; null if nothing did.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

/// Deliveries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryList {
    /// Some of them.
    pub deliveries: Vec<Delivery>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<i64>,
}

/// Which deliveries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// Only those of which this became.
    #[param(inline)]
    pub state: Option<DeliveryState>,
    /// Only those before this number.
    pub before: Option<i64>,
    /// At most this many; 50 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// List a webhook's deliveries
#[utoipa::path(
    get, path = "/api/v1/webhooks/{webhook_id}/deliveries", tag = "engage", operation_id = "list_deliveries",
    params(("webhook_id" = String, Path, description = "The webhook"), DeliveryQuery),
    responses(
        (status = 200, description = "The newest first", body = DeliveryList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_deliveries(
    State(engage): State<Arc<Engage>>,
    Segment(webhook_id): Segment<String>,
    Params(query): Params<DeliveryQuery>,
) -> Answer<Json<DeliveryList>> {
    Ok(Json(engage.deliveries(webhook_id, query).await?))
}

impl Engage {
    /// A page of deliveries.
    pub(crate) async fn deliveries(
        &self,
        webhook_id: String,
        query: DeliveryQuery,
    ) -> Result<DeliveryList, WebhooksError> {
        self.webhook(&webhook_id)?;
        let (before, limit) = (query.before.unwrap_or(i64::MAX), query.limit.unwrap_or(50).clamp(1, 500));
        let read = self
            .store
            .read(|tx| Box::pin(async move { store::deliveries(tx, &webhook_id, query.state, before, limit).await }));
        let deliveries = read.await?;
        let full = deliveries.len() == limit as usize;
        let next = deliveries.last().filter(|_| full).map(|last| last.delivery_id);
        Ok(DeliveryList { deliveries, next })
    }
}
