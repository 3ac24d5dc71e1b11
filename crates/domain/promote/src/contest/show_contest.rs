//! `GET /api/v1/contests` and `GET /api/v1/contests/{contest_id}`: the contests, those in flight or all.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::Tx;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::standings::opened;
use super::{Contest, KIND, Open, store};
use crate::Promote;
use crate::plays::PlayError;
use crate::plays::runs::{self, Run};

/// How a contest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContestState {
    /// It has not begun; shoppers may join.
    Upcoming,
    /// What shoppers do counts.
    Open,
    /// It is over, and waits for the day from which goods come back no more.
    Settling,
    /// Places are final, and prizes given.
    Settled,
}

/// A contest as it stands.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ContestView {
    /// Its identifier.
    pub contest_id: String,
    /// The play it is of.
    pub play_id: String,
    /// The version of the play.
    pub version: i64,
    /// What the play is called.
    pub name: String,
    /// How it stands.
    pub state: ContestState,
    /// Its rules.
    pub rules: Contest,
    /// From when on what shoppers do counts.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// From when on places are final.
    #[schema(value_type = String, format = DateTime)]
    pub settles_at: Timestamp,
    /// When they were made final; null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub settled_at: Option<Timestamp>,
    /// The SHA-256 of the final standings, in base 16; null before.
    pub digest: Option<String>,
    /// How many take part.
    pub entrants: i64,
    /// How many of them have the least score, or had when it was settled.
    pub ranked: i64,
    /// The accounts of the ledger in which its prizes stand.
    pub accounts: Vec<String>,
}

/// Contests, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContestList {
    /// Some of them.
    pub contests: Vec<ContestView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which contests.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContestQuery {
    /// Those of this play.
    pub play_id: Option<String>,
    /// Whether only those that are not settled.
    #[serde(default)]
    pub in_flight: bool,
    /// Only those published before this one.
    pub before: Option<String>,
    /// At most this many; 20 if absent, 100 at most.
    pub limit: Option<u32>,
}

/// List contests
#[utoipa::path(
    get, path = "/api/v1/contests", tag = "promote", operation_id = "list_contests",
    params(ContestQuery),
    responses(
        (status = 200, description = "Contests, the latest first", body = ContestList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_contests(
    State(promote): State<Arc<Promote>>,
    Params(wanted): Params<ContestQuery>,
) -> Answer<Json<ContestList>> {
    let (limit, now) = (wanted.limit.unwrap_or(20).clamp(1, 100), promote.clock.now());
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let (play_id, before) = (wanted.play_id.as_deref(), wanted.before.as_deref());
            let runs: Vec<Run> = runs::list(tx, KIND, play_id, wanted.in_flight, before, limit).await?;
            let next = runs.last().filter(|_| runs.len() == limit as usize).map(|run| run.run_id.clone());
            let mut contests = Vec::new();
            for open in runs.into_iter().filter_map(|run| Open::of(run).ok()) {
                contests.push(view(tx, open, now).await?);
            }
            Ok::<_, PlayError>(ContestList { contests, next })
        })
    });
    Ok(Json(read.await?))
}

/// Show a contest
#[utoipa::path(
    get, path = "/api/v1/contests/{contest_id}", tag = "promote", operation_id = "get_contest",
    params(("contest_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The contest", body = ContestView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_contest(
    State(promote): State<Arc<Promote>>,
    Segment(contest_id): Segment<String>,
) -> Answer<Json<ContestView>> {
    Ok(Json(promote.contest_view(&contest_id).await?))
}

impl Promote {
    /// The contest of that identifier.
    pub(crate) async fn contest(&self, contest_id: &str) -> Result<Open, PlayError> {
        let wanted = contest_id.to_owned();
        self.store.read(|tx| Box::pin(async move { opened(tx, &wanted).await })).await
    }

    /// The latest contest of a play, whether or not it is settled.
    pub(crate) async fn contest_of_play(&self, play_id: &str) -> Result<Option<Open>, PlayError> {
        let wanted = play_id.to_owned();
        let read = self.store.read(|tx| {
            Box::pin(async move { runs::list(tx, KIND, Some(&wanted), false, None, 1).await.map_err(PlayError::from) })
        });
        read.await?.into_iter().next().map(Open::of).transpose()
    }

    /// A contest as it stands.
    pub async fn contest_view(&self, contest_id: &str) -> Result<ContestView, PlayError> {
        let (wanted, now) = (contest_id.to_owned(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let open = opened(tx, &wanted).await?;
                view(tx, open, now).await
            })
        });
        read.await
    }
}

async fn view(tx: &mut Tx, open: Open, now: Timestamp) -> Result<ContestView, PlayError> {
    let run = &open.run;
    let settled = store::settled(tx, &run.run_id).await?;
    let (entrants, ranked) = store::turnout(tx, &run.run_id, open.rules.least).await?;
    let (starts_at, ends_at) = (open.starts_at(), run.closes_at);
    Ok(ContestView {
        contest_id: run.run_id.clone(),
        play_id: run.play.play_id.clone(),
        version: run.play.version,
        name: run.play.terms.name.clone(),
        state: match &settled {
            Some(_) => ContestState::Settled,
            None if now < starts_at => ContestState::Upcoming,
            None if now < ends_at => ContestState::Open,
            None => ContestState::Settling,
        },
        starts_at,
        ends_at,
        settles_at: open.settles_at(),
        settled_at: settled.as_ref().map(|settled| settled.at),
        entrants,
        ranked: settled.as_ref().map_or(ranked, |settled| settled.ranked),
        digest: settled.map(|settled| settled.digest),
        accounts: open.accounts(),
        rules: open.rules,
    })
}
