//! What was counted of each source.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::Counted;
use crate::Collect;
use crate::sources::SourceError;
use crate::sources::store;

/// How late the events of a source were: the time they arrived less the time they happened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LatenessView {
    /// Up to a minute.
    pub within_minute: u64,
    /// Up to an hour.
    pub within_hour: u64,
    /// Up to a day.
    pub within_day: u64,
    /// Up to a week.
    pub within_week: u64,
    /// More than a week.
    pub later: u64,
    /// More than a minute ahead of the program's clock.
    pub from_future: u64,
}

/// Messages that were refused or held.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RefusedView {
    /// Why, in one word.
    pub reason: String,
    /// How many.
    pub times: u64,
}

/// Events that were taken though they are not as planned.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ViolationView {
    /// The event.
    pub event: String,
    /// Where in it.
    pub path: String,
    /// What was wrong the last time.
    pub problem: String,
    /// The same in Simplified Chinese.
    pub problem_zh: String,
    /// How often.
    pub times: u64,
}

/// What was counted of one source.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SourceQuality {
    /// The source.
    pub source_id: String,
    /// What the shop calls it.
    pub name: String,
    /// How many messages came.
    pub received: u64,
    /// How many of them had come before.
    pub duplicates: u64,
    /// How many were refused or held, by reason.
    pub refused: Vec<RefusedView>,
    /// How late they were.
    pub lateness: LatenessView,
    /// What was not as planned and taken all the same, the most frequent first.
    pub violations: Vec<ViolationView>,
    /// When the last message came.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_at: Option<Timestamp>,
}

/// What was counted since the program started.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QualityView {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// By source.
    pub sources: Vec<SourceQuality>,
}

/// Shows what was counted of each source since the program started.
#[utoipa::path(
    get, path = "/api/v1/quality", operation_id = "show_quality", tag = "collect",
    responses((status = 200, body = QualityView), (status = 503, body = ProblemBody)),
    security(("role" = ["analyst"])),
)]
pub(crate) async fn show_quality(State(collect): State<Arc<Collect>>) -> Answer<Json<QualityView>> {
    let sources = collect.store.read(|tx| Box::pin(async move { Ok::<_, SourceError>(store::all(tx).await?) })).await?;
    let sources = sources.into_iter().map(|source| view(&source.id, source.name, collect.quality.of(&source.id)));
    Ok(Json(QualityView { since: collect.quality.since, sources: sources.collect() }))
}

fn view(id: &fanvine_kernel::ids::SourceId, name: String, counted: Counted) -> SourceQuality {
    let [within_minute, within_hour, within_day, within_week, later, from_future] = counted.lateness;
    let mut violations: Vec<_> = counted
        .violations
        .into_iter()
        .map(|((event, path), (times, problem))| {
            let (problem, problem_zh) = (problem.to_string(), problem.in_chinese());
            ViolationView { event, path, problem, problem_zh, times }
        })
        .collect();
    violations.sort_by_key(|one| std::cmp::Reverse(one.times));
    SourceQuality {
        source_id: id.to_string(),
        name,
        received: counted.received,
        duplicates: counted.duplicates,
        refused: counted
            .refused
            .into_iter()
            .map(|(reason, times)| RefusedView { reason: reason.into(), times })
            .collect(),
        lateness: LatenessView { within_minute, within_hour, within_day, within_week, later, from_future },
        violations,
        last_at: counted.last_at,
    }
}
