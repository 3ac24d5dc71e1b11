//! `GET /api/v1/plays/{play_id}/tasks/{shopper_id}`: how a shopper stands; `GET /api/v1/plays/{play_id}/tasks`: everybody's.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::{StoreError, Tx};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{ALL, TaskRun, WHAT, store};
use crate::Promote;
use crate::plays::{Gift, PlayError};

/// Tasks that a shopper took on, and how they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TaskRunView {
    /// The play.
    pub play_id: String,
    /// In which version they were taken on.
    pub version: i64,
    /// What it is called.
    pub name: String,
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// The day of the shop they are for; null if they are not daily.
    pub day: Option<String>,
    /// When they were taken on.
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Timestamp,
    /// Until when what is done counts, that moment excluded.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// The steps.
    pub steps: Vec<TaskProgress>,
    /// When all were done; null if they are not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
    /// What is promised for all of them; null if nothing is.
    pub reward: Option<Gift>,
    /// Whether that was given.
    pub given: bool,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TaskProgress {
    /// Which.
    pub step_id: String,
    /// What people call it.
    pub name: String,
    /// How many counted.
    pub done: i64,
    /// How many it takes.
    pub of: i64,
    /// When it was done; null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
    /// What is promised for it; null if nothing is.
    pub reward: Option<Gift>,
    /// Whether that was given.
    pub given: bool,
}

/// Tasks that shoppers took on, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TaskRunList {
    /// Some of them.
    pub runs: Vec<TaskRunView>,
    /// Ask again with this as `before` for more; null if there are none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next: Option<Timestamp>,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Only those taken on before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    pub before: Option<Timestamp>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// Show how a shopper stands with tasks
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/tasks/{shopper_id}", tag = "promote", operation_id = "show_tasks",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("shopper_id" = String, Path, description = "The shop's number for the shopper"),
    ),
    responses(
        (status = 200, description = "How they stand", body = TaskRunView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_tasks(
    State(promote): State<Arc<Promote>>,
    Segment((play_id, shopper_id)): Segment<(String, String)>,
) -> Answer<Json<TaskRunView>> {
    Ok(Json(promote.tasks_of(&play_id, &shopper_id).await?))
}

/// List tasks that shoppers took on
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/tasks", tag = "promote", operation_id = "list_tasks",
    params(("play_id" = String, Path, description = "The play"), TaskQuery),
    responses(
        (status = 200, description = "Tasks taken on, the latest first", body = TaskRunList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_tasks(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Params(wanted): Params<TaskQuery>,
) -> Answer<Json<TaskRunList>> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 200);
    let before = wanted.before.unwrap_or(Timestamp::from_micros(i64::MAX));
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let mut views = Vec::new();
            for run in store::latest(tx, &play_id, before, limit).await? {
                views.push(view(tx, run).await?);
            }
            Ok::<_, StoreError>(views)
        })
    });
    let runs = read.await.map_err(PlayError::from)?;
    let next = runs.last().filter(|_| runs.len() == limit as usize).map(|run| run.joined_at);
    Ok(Json(TaskRunList { runs, next }))
}

impl Promote {
    /// How a shopper stands with the tasks of this period.
    pub(crate) async fn tasks_of(&self, play_id: &str, shopper_id: &str) -> Result<TaskRunView, PlayError> {
        let now = self.clock.now();
        let wanted = play_id.to_owned();
        let found = self.store.read(|tx| Box::pin(async move { crate::plays::store::one(tx, &wanted).await })).await?;
        let play = found.ok_or_else(|| PlayError::Unknown(play_id.chars().take(100).collect()))?;
        let play = crate::plays::Play { play_id: play.play_id, version: play.version, terms: play.terms };
        let run_id = self.task_run(play, shopper_id, now)?.run_id;
        let none = || PlayError::UnknownRun { what: WHAT, run_id: format!("{play_id} of {shopper_id}") };
        self.task_run_view(&run_id).await?.ok_or_else(none)
    }

    pub(crate) async fn task_run_view(&self, run_id: &str) -> Result<Option<TaskRunView>, PlayError> {
        let wanted = run_id.to_owned();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                match store::one(tx, &wanted).await? {
                    Some(run) => Ok::<_, StoreError>(Some(view(tx, run).await?)),
                    None => Ok(None),
                }
            })
        });
        Ok(read.await?)
    }
}

async fn view(tx: &mut Tx, run: TaskRun) -> Result<TaskRunView, StoreError> {
    let (counts, done) = (store::counts(tx, &run.run_id).await?, store::all_done(tx, &run.run_id).await?);
    let rules = run.rules().cloned();
    let steps = rules.as_ref().map(|rules| rules.steps.as_slice()).unwrap_or_default();
    let steps = steps.iter().map(|step| TaskProgress {
        step_id: step.step_id.clone(),
        name: step.name.clone(),
        done: counts.get(&step.step_id).copied().unwrap_or_default(),
        of: step.count,
        completed_at: done.get(&step.step_id).map(|(at, _)| *at),
        reward: step.reward.as_ref().map(|reward| reward.gives.clone()),
        given: done.get(&step.step_id).is_some_and(|(_, given)| *given),
    });
    let steps = steps.collect();
    let all = done.get(ALL);
    Ok(TaskRunView {
        play_id: run.play.play_id,
        version: run.play.version,
        name: run.play.terms.name,
        shopper_id: run.shopper_id,
        day: run.day,
        joined_at: run.joined_at,
        closes_at: run.closes_at,
        steps,
        completed_at: all.map(|(at, _)| *at),
        reward: rules.and_then(|rules| rules.completed).map(|reward| reward.gives),
        given: all.is_some_and(|(_, given)| *given),
    })
}
