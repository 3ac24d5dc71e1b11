//! `POST /api/v1/sources/{id}/webhook/preview`: what a mapping would make of a body, without keeping anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::SourceId;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::custom::Custom;
use crate::Collect;
use crate::said::hand_on;
use crate::segment::{Arrival, Fault, Limits};

/// A mapping and a body to try it on.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookToPreview {
    /// The mapping.
    custom: Custom,
    /// A body as the platform sends it.
    #[schema(value_type = Object)]
    sample: Value,
}

/// What a mapping makes of a body.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WebhookPreview {
    /// The events, in the order of the rules; none if no rule is about the body.
    events: Vec<PreviewedEvent>,
    /// The paths at which there was nothing.
    missing: Vec<String>,
}

/// An event that a mapping makes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PreviewedEvent {
    /// In the words of the Segment API.
    #[schema(value_type = Object)]
    message: Value,
    /// Why it would be refused; none if it would be taken.
    reason: Option<String>,
    /// The same in Simplified Chinese.
    reason_zh: Option<String>,
}

/// Tries a mapping of webhooks on a body.
///
/// Nothing is kept, and the signature is not looked at.
#[utoipa::path(
    post, path = "/api/v1/sources/{id}/webhook/preview", operation_id = "preview_shop_webhook", tag = "collect",
    request_body = WebhookToPreview, params(("id" = String, Path, description = "The source")),
    responses((status = 200, body = WebhookPreview), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)),
    security(("role" = ["operator"])),
)]
pub(crate) async fn preview_webhook(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
    Body(WebhookToPreview { custom, sample }): Body<WebhookToPreview>,
) -> Answer<Json<WebhookPreview>> {
    custom.check("custom")?;
    let source = collect.source_view(&id).await?.id;
    let text = sample.to_string();
    let (said, missing) = custom.said(&text);
    let limits = Limits { event_bytes: collect.limits.batch_bytes, ..collect.limits };
    let received_at = collect.clock.now();
    let arrival = Arrival { received_at, currency: collect.currency(), limits: &limits, trusted: false };
    let mut events = Vec::new();
    for (index, said) in said.into_iter().enumerate() {
        let message = said.as_ref().ok().and_then(|said| serde_json::from_str(&said.text).ok()).unwrap_or_default();
        let mut fault = None;
        hand_on((&source, &text, index), said, None, &arrival, &mut |taken| {
            fault = taken.outcome.err().map(|rejection| rejection.fault);
        });
        let (reason, reason_zh) = (fault.as_ref().map(Fault::to_string), fault.as_ref().map(Fault::in_chinese));
        events.push(PreviewedEvent { message, reason, reason_zh });
    }
    Ok(Json(WebhookPreview { events, missing }))
}
