//! Sending a message of quarantine again, as it is or mended.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::{QuarantineId, SourceId};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Deserialize;

use super::list::QuarantineItem;
use super::store;
use crate::Collect;
use crate::ingest::refused_problem;
use crate::ingest::take::Received;
use crate::said::hand_on;
use crate::segment::{Arrival, Call, Refused, Taken};
use crate::shops::Platform;
use crate::shops::store::Hook;
use crate::{posthog, segment, sensors};

/// The message to be sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuarantineReplay)]
pub struct Replay {
    /// The message as it was meant; as it is kept, if this is not given.
    #[serde(default)]
    pub body: Option<String>,
}

/// Sends a message of quarantine again, as it is or mended.
///
/// It is read as when it came, by the plan that is in force now. If it is taken it leaves quarantine; else it stays, and
/// the answer says why.
#[utoipa::path(
    post, path = "/api/v1/quarantine/{id}/replay", operation_id = "replay_message", tag = "collect", request_body = Replay,
    params(("id" = String, Path, description = "The message")),
    responses(
        (status = 200, body = Received, description = "It is on disk as an event"),
        (status = 400, body = ProblemBody, description = "invalid_event: it still cannot be taken; or invalid_json"),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "conflict: it came from a file, or only its beginning was kept"),
    ),
    security(("role" = ["operator"])),
)]
pub(crate) async fn replay_message(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<QuarantineId>,
    Body(wanted): Body<Replay>,
) -> Answer<Json<Received>> {
    let key = id.to_string();
    let found = collect.store.read(|tx| Box::pin(async move { store::one(tx, key).await })).await?;
    let item = found.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no message {id} in quarantine")))?;
    let is_whole = wanted.body.is_some() || !item.truncated;
    if item.arrived_by.is_empty() || !is_whole {
        let why = if is_whole { "came from a file: import it again" } else { "is longer than what was kept of it" };
        return Err(Problem::new(Code::Conflict, format!("the message {id} {why}")).into());
    }
    let body = wanted.body.as_deref().unwrap_or(&item.body).trim().to_owned();
    let received = collect.replay(&item, &body).await?;
    let key = id.to_string();
    collect.store.write(move |tx| Box::pin(async move { store::remove(tx, key).await })).await?;
    Ok(Json(received))
}

impl Collect {
    async fn replay(&self, item: &QuarantineItem, body: &str) -> Result<Received, Problem> {
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(body) {
            return Err(refused_problem(&Refused::InvalidJson(error.to_string())));
        }
        let source: SourceId = item.source_id.parse().map_err(|_| {
            Problem::new(Code::Internal, format!("`{}` is not the identifier of a source", item.source_id))
        })?;
        let arrival =
            Arrival { received_at: item.received_at, currency: self.currency(), limits: &self.limits, trusted: false };
        let mut heard = self.heard(&item.arrived_by, item.received_at, true, body.len());
        let hook = self.hooks.of(&source);
        read(&item.arrived_by, body, (&source, hook.as_ref()), &arrival, &mut |taken| heard.take(taken))
            .map_err(|refused| refused_problem(&refused))?;
        heard.insist()?;
        // What tells nothing any more would be gone without a trace.
        if heard.is_nothing() {
            let detail = format!("of the message {} no event is made, as webhooks are read now", item.id);
            return Err(Problem::new(Code::InvalidEvent, detail));
        }
        self.keep(false, heard).await
    }
}

/// Reads a message as one that came by `call`.
fn read<'s>(
    call: &str,
    body: &str,
    (source, hook): (&'s SourceId, Option<&Hook>),
    arrival: &Arrival<'_>,
    each: &mut dyn FnMut(Taken<'_, 's>),
) -> Result<(), Refused> {
    let resolve = |_: &str| Some(source);
    match (call, call.split_once(':')) {
        ("posthog", _) => posthog::decode(body, Some("any"), &resolve, arrival, each),
        ("sensors", _) => sensors::decode(body, "token=any", &resolve, arrival, each),
        (_, Some((platform, topic))) => {
            let platform = Platform::named(platform)
                .ok_or_else(|| Refused::InvalidBody(format!("the platform {platform} is not known")))?;
            // A platform that is known is read alike whether it still sends or not.
            let said = match hook.filter(|hook| hook.platform == platform) {
                Some(hook) => hook.said(topic, body),
                None => platform.said(topic, body),
            };
            for (index, said) in said.into_iter().enumerate() {
                hand_on((source, body, index), said, None, arrival, each);
            }
            Ok(())
        }
        (call, None) => match Call::named(call) {
            Some(Call::Many) | None => {
                let batch = format!("{{\"batch\":[{body}]}}");
                segment::decode(Call::Many, &batch, Some("any"), &resolve, arrival, each)
            }
            Some(one) => segment::decode(one, body, Some("any"), &resolve, arrival, each),
        },
    }
}
