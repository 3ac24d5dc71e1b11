//! `GET /api/v1/people/{shopper_id}/timeline`: what a person did, the latest first, under all their keys.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_lake::SqlRequest;
use fanvine_web::{Answer, Params, ProblemBody, Refusal, Segment};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::People;
use crate::erasing::quoted;
use crate::shopper_key::ShopperKey;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Which part of the timeline.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    /// Only what comes after this: the `next` of the page before, or a moment, for what happened before it.
    #[param(example = "2026-05-01T12:00:00Z")]
    pub before: Option<String>,
    /// At most this many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
}

/// Something a person did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TimelineEvent {
    /// The sender's name for it.
    pub message_id: String,
    /// What happened.
    pub event: String,
    /// When.
    pub occurred_at: String,
    /// Under which key.
    pub shopper_id: String,
    /// How they came.
    pub channel: Option<String>,
    /// The product it is about.
    pub product_id: Option<String>,
    /// The order it is about.
    pub order_id: Option<String>,
    /// What it brought in, in minor units.
    pub revenue_minor: Option<i64>,
    /// Whose minor units.
    pub currency: Option<String>,
    /// The properties as they were sent.
    #[schema(value_type = Object)]
    pub properties: Value,
}

/// A page of a timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Timeline {
    /// The events, the latest first.
    pub events: Vec<TimelineEvent>,
    /// What to give as `before` for the next page; none on the last.
    pub next: Option<String>,
}

/// Show what a person did
#[utoipa::path(
    get, path = "/api/v1/people/{shopper_id}/timeline", tag = "people", operation_id = "show_timeline",
    params(("shopper_id" = String, Path, description = "A user id or an anonymous id, or `key:` and that"), TimelineQuery),
    responses(
        (status = 200, description = "A page of the timeline", body = Timeline),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_timeline(
    State(people): State<Arc<People>>,
    Segment(ShopperKey(shopper_id)): Segment<ShopperKey>,
    Params(query): Params<TimelineQuery>,
) -> Answer<Json<Timeline>> {
    people.must_know(&shopper_id)?;
    let limit = query.limit.unwrap_or(50).clamp(1, 500) as usize;
    let done = people.done_under(&people.keys_with(&shopper_id));
    let before = query.before.as_deref().map(behind).transpose()?.unwrap_or_default();
    let request = SqlRequest {
        query: format!(
            "SELECT message_id, event, occurred_at, shopper_id, channel, product_id, order_id, revenue_minor, currency,
             properties FROM events WHERE {done} {before} ORDER BY occurred_at DESC, message_id LIMIT {}",
            limit + 1
        ),
        timeout: TIMEOUT,
        max_rows: limit + 1,
    };
    let answer = people.lake.sql(&request).await.map_err(|error| {
        tracing::error!(%error, "a timeline could not be read");
        Refusal(Problem::new(Code::Internal, "the timeline could not be read; the program's log says why"))
    })?;
    let mut events: Vec<TimelineEvent> = answer.rows.into_iter().map(event).collect();
    let more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| more).map(|last| format!("{}/{}", last.occurred_at, last.message_id));
    Ok(Json(Timeline { events, next }))
}

/// The condition for what comes behind a place in the timeline. Much may have happened in one moment, so the place is
/// that of a message.
fn behind(place: &str) -> Result<String, Refusal> {
    let (moment, message) = place.split_once('/').map_or((place, None), |(moment, message)| (moment, Some(message)));
    let moment = Timestamp::parse(moment).map_err(|error| {
        Refusal(Problem::new(Code::InvalidParameter, format!("before is `{place}`: {error}")).at("before"))
    })?;
    let earlier = format!("occurred_at < TIMESTAMP '{moment}'");
    Ok(match message {
        None => format!("AND {earlier}"),
        Some(id) => {
            format!("AND ({earlier} OR (occurred_at = TIMESTAMP '{moment}' AND message_id > {}))", quoted(id))
        }
    })
}

fn event(row: Vec<Value>) -> TimelineEvent {
    let text = |column: usize| row.get(column).and_then(Value::as_str).map(str::to_owned);
    let properties = text(9).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
    TimelineEvent {
        message_id: text(0).unwrap_or_default(),
        event: text(1).unwrap_or_default(),
        occurred_at: text(2).unwrap_or_default(),
        shopper_id: text(3).unwrap_or_default(),
        channel: text(4),
        product_id: text(5),
        order_id: text(6),
        revenue_minor: row.get(7).and_then(Value::as_i64),
        currency: text(8),
        properties,
    }
}
