//! Throwing a message of quarantine away.

use std::sync::Arc;

use axum::extract::State;
use fanvine_kernel::ids::QuarantineId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, ProblemBody, Segment};
use http::StatusCode;

use super::store;
use crate::Collect;

/// Throws a message of quarantine away, for good.
#[utoipa::path(
    delete, path = "/api/v1/quarantine/{id}", operation_id = "discard_message", tag = "collect",
    params(("id" = String, Path, description = "The message")),
    responses((status = 204, description = "It is gone"), (status = 404, body = ProblemBody)),
    security(("role" = ["operator"])),
)]
pub(crate) async fn discard_message(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<QuarantineId>,
) -> Answer<StatusCode> {
    let wanted = id.to_string();
    let removed = collect.store.write(move |tx| Box::pin(async move { store::remove(tx, wanted).await })).await?;
    if !removed {
        return Err(Problem::new(Code::NotFound, format!("there is no message {id} in quarantine")).into());
    }
    Ok(StatusCode::NO_CONTENT)
}
