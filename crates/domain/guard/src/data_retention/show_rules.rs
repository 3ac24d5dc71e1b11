//! `GET /api/v1/data-retention`: how long events are kept, and what was forgotten when.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::{DataRetention, Rules, Run, store};

/// So many runs are shown.
const RUNS: i64 = 20;

/// How long events are kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DataRetentionShown {
    /// The rules in force.
    pub(super) rules: Rules,
    /// When they were set; null if they never were, and everything is kept for ever.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) set_at: Option<Timestamp>,
    /// By whom.
    pub(super) set_by: Option<String>,
    /// Whether something is to be forgotten still, by these rules.
    pub(super) pending: bool,
    /// The last 20 times that events were forgotten, newest first.
    pub(super) runs: Vec<Run>,
}

/// How long events are kept
///
/// And what was forgotten when, as evidence.
#[utoipa::path(
    get, path = "/api/v1/data-retention", tag = "guard", operation_id = "show_data_retention",
    responses(
        (status = 200, description = "The rules, and the last times that events were forgotten", body = DataRetentionShown),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_data_retention(
    State(retention): State<Arc<DataRetention>>,
) -> Answer<Json<DataRetentionShown>> {
    Ok(Json(retention.shown().await?))
}

impl DataRetention {
    pub(super) async fn shown(&self) -> Result<DataRetentionShown, StoreError> {
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let (rules, set) = store::rules(tx).await?;
                Ok::<_, StoreError>((rules, set, store::last_done(tx).await?, store::runs(tx, RUNS).await?))
            })
        });
        // Of one moment: what is shown as done is among the runs.
        let (rules, set, done, runs) = read.await?;
        let (set_at, set_by) = set.unzip();
        let pending = done.unwrap_or_default() != rules.kept_since(self.clock.now(), self.zone);
        Ok(DataRetentionShown { rules, set_at, set_by, pending, runs })
    }
}
