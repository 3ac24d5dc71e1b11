//! `POST /api/v1/import`: a running server takes in what `fanvine import` read elsewhere.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use fanvine_kernel::{Code, Event, Problem};
use fanvine_stream::{Appended, Records};
use fanvine_web::{Answer, ProblemBody};
use serde::{Deserialize, Serialize};

use crate::Collect;
use crate::ingest::{append_problem, record};
use crate::quarantine::{Quarantined, store};
use crate::segment::clock;

/// The most bytes one request may hold.
const BODY_BYTES: usize = 16 << 20;

/// What an import hands on at once. The events are in the form the log keeps.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImportRequest {
    /// Events, in the order they are to be kept.
    pub events: Vec<Event>,
    /// Rows that are no events.
    pub quarantined: Vec<Quarantined>,
}

/// What became of them. All are on disk, but those that are too old.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportReceived {
    /// Events that were not known before.
    pub new: u64,
    /// Events that were known before.
    pub duplicate: u64,
    /// Events that are older than they are kept: they were passed over.
    #[serde(default)]
    pub too_old: u64,
}

/// Takes in what an import read: events and refused rows.
///
/// `fanvine import` uses it while the server runs. The sources must exist.
#[utoipa::path(
    post, path = "/api/v1/import", operation_id = "receive_import", tag = "collect",
    request_body(content = Object, description = "`{\"events\": […], \"quarantined\": […]}` in the form the log keeps"),
    responses(
        (status = 200, body = ImportReceived),
        (status = 400, body = ProblemBody), (status = 413, body = ProblemBody), (status = 429, body = ProblemBody),
    ),
    security(("role" = ["operator"])),
)]
pub(crate) async fn receive_import(State(collect): State<Arc<Collect>>, body: Body) -> Answer<Json<ImportReceived>> {
    let bytes = axum::body::to_bytes(body, BODY_BYTES)
        .await
        .map_err(|_| Problem::new(Code::PayloadTooLarge, format!("the body holds more than {BODY_BYTES} bytes")))?;
    let request: ImportRequest =
        serde_json::from_slice(&bytes).map_err(|error| Problem::new(Code::InvalidBody, error.to_string()))?;
    collect.check_import(&request).await?;
    let mut records = Records::default();
    let kept = collect.kept_since();
    let events = request.events.iter().filter(|event| kept.keeps(&event.name, event.occurred_at));
    events.for_each(|event| record(&mut records, &event.borrowed()));
    let too_old = (request.events.len() - records.len()) as u64;
    let appended = collect.log.append(records).await.map_err(|error| append_problem(&error))?;
    let now = collect.clock.now();
    store::keep(&collect.store, &request.quarantined, now, &*collect.entropy).await?;
    let new = appended.iter().filter(|one| matches!(one, Appended::New { .. })).count() as u64;
    Ok(Json(ImportReceived { new, duplicate: appended.len() as u64 - new, too_old }))
}

impl Collect {
    async fn check_import(&self, request: &ImportRequest) -> Result<(), Problem> {
        let sources = self.reload_sources().await?;
        let asked = request.events.iter().map(|event| &event.source);
        let unknown = asked
            .chain(request.quarantined.iter().map(|row| &row.source))
            .find(|source| !sources.iter().any(|known| known.id == **source));
        if let Some(source) = unknown {
            return Err(Problem::new(Code::InvalidBody, format!("there is no source {source}")).at("events"));
        }
        let odd = request
            .events
            .iter()
            .find(|event| event.message_id.is_empty() || event.name.is_empty() || !clock::plausible(event.occurred_at));
        match odd {
            Some(event) => Err(Problem::new(
                Code::InvalidEvent,
                format!("the event `{}` has no id, no name or a time outside 1970 to 2105", event.message_id),
            )),
            None => Ok(()),
        }
    }
}
