//! `PUT /api/v1/data-retention`: says how long events are kept.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, Body, ProblemBody};

use super::show_rules::DataRetentionShown;
use super::{DataRetention, Rules, store};

/// Say how long events are kept
///
/// These rules take the place of those before. What is older is forgotten within minutes, for good: it leaves the event
/// store and the event log, and nothing that old is taken in any more. Ask `/api/v1/data-retention/preview` first how much
/// that is. What was computed of it (profiles, orders, segments) stays.
#[utoipa::path(
    put, path = "/api/v1/data-retention", tag = "guard", operation_id = "put_data_retention",
    request_body = Rules,
    responses(
        (status = 200, description = "The rules in force now", body = DataRetentionShown),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn put_data_retention(
    State(retention): State<Arc<DataRetention>>,
    Extension(actor): Extension<Actor>,
    Body(rules): Body<Rules>,
) -> Answer<Json<DataRetentionShown>> {
    rules.check()?;
    let now = retention.clock.now();
    retention
        .store
        .write(move |tx| {
            let (rules, by) = (rules.clone(), actor.name.clone());
            Box::pin(async move { store::put(tx, &rules, now, &by).await })
        })
        .await?;
    retention.changed.notify_one();
    Ok(Json(retention.shown().await?))
}
