//! A draft of the plan, from the latest events.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::TrackingPlan;
use super::infer::Observed;
use crate::Collect;

const READ_BYTES: usize = 4 << 20;

/// From how many events.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InferParams {
    /// How many of the latest events are looked at, 1 to 100000; 20000 if it is not given.
    pub events: Option<u64>,
}

/// A draft of a plan. Nothing is saved.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InferredPlan {
    /// How many events it was made from.
    pub events: u64,
    /// The plan by which all of them would be as planned.
    pub plan: TrackingPlan,
}

/// Makes a draft of a tracking plan from the latest events.
#[utoipa::path(
    get, path = "/api/v1/tracking-plan/inferred", operation_id = "infer_tracking_plan", tag = "collect", params(InferParams),
    responses((status = 200, body = InferredPlan), (status = 400, body = ProblemBody)),
    security(("role" = ["analyst"])),
)]
pub(crate) async fn infer_tracking_plan(
    State(collect): State<Arc<Collect>>,
    Params(wanted): Params<InferParams>,
) -> Answer<Json<InferredPlan>> {
    let most = wanted.events.unwrap_or(20_000).clamp(1, 100_000);
    let log = collect.log.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let (mut observed, end) = (Observed::default(), log.end());
        let mut at = end.saturating_sub(most).max(log.start());
        while at < end {
            let batch = log.read(at, READ_BYTES)?;
            if batch.is_empty() {
                break;
            }
            at = batch.next;
            batch
                .records()
                .filter_map(|(_, bytes)| EventRef::decode(bytes).ok())
                .for_each(|event| observed.see(&event));
        }
        Ok::<_, fanvine_stream::LogError>(observed)
    });
    let failed = |error: String| Problem::new(Code::Internal, format!("the event log could not be read: {error}"));
    let observed =
        looked.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    Ok(Json(InferredPlan { events: observed.count, plan: observed.plan() }))
}
