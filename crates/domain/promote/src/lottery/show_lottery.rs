//! `GET /api/v1/lotteries` and `GET /api/v1/lotteries/{lottery_id}`: lotteries that were opened, and what is left of their prizes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_ledger::{Standing, standings};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{KIND, Open, Prize, WHAT};
use crate::Promote;
use crate::plays::PlayError;
use crate::plays::runs::{self, Run};

/// A prize as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PrizeView {
    /// What it is, with its odds and its stock.
    #[serde(flatten)]
    pub prize: Prize,
    /// How many may still be won.
    pub left: i64,
    /// How many were won, claimed or not.
    pub won: i64,
    /// How many of those were claimed, where they are goods.
    pub claimed: i64,
}

/// A lottery that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LotteryView {
    /// Its identifier.
    pub lottery_id: String,
    /// The play it is of.
    pub play_id: String,
    /// The version of the play: its prizes, odds and stock.
    pub version: i64,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// Until when it can be drawn, while the play is published.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// The prizes.
    pub prizes: Vec<PrizeView>,
    /// Draws so far.
    pub draws: i64,
    /// The digest by which all its draws were fixed when it was opened.
    pub commitment: String,
    /// The seed of its draws, once it has ended.
    pub seed: Option<String>,
}

/// Lotteries, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LotteryList {
    /// Some of them.
    pub lotteries: Vec<LotteryView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which lotteries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LotteryQuery {
    /// Those of this play.
    pub play_id: Option<String>,
    /// Whether only those that have not ended.
    #[serde(default)]
    pub in_flight: bool,
    /// Only those opened before this one.
    pub before: Option<String>,
    /// At most this many; 20 if absent, 100 at most.
    pub limit: Option<u32>,
}

/// List lotteries
#[utoipa::path(
    get, path = "/api/v1/lotteries", tag = "promote", operation_id = "list_lotteries",
    params(LotteryQuery),
    responses(
        (status = 200, description = "Lotteries, the latest first", body = LotteryList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_lotteries(
    State(promote): State<Arc<Promote>>,
    Params(wanted): Params<LotteryQuery>,
) -> Answer<Json<LotteryList>> {
    let (limit, now) = (wanted.limit.unwrap_or(20).clamp(1, 100), promote.clock.now());
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let (play_id, before) = (wanted.play_id.as_deref(), wanted.before.as_deref());
            let runs: Vec<Run> = runs::list(tx, KIND, play_id, wanted.in_flight, before, limit).await?;
            let next = runs.last().filter(|_| runs.len() == limit as usize).map(|run| run.run_id.clone());
            let mut lotteries = Vec::new();
            for open in runs.into_iter().filter_map(|run| Open::of(run).ok()) {
                let names = names(&open);
                let standing = standings(tx, names.iter().map(String::as_str), now).await?;
                lotteries.push(view(&open, &standing));
            }
            Ok::<_, PlayError>(LotteryList { lotteries, next })
        })
    });
    Ok(Json(read.await?))
}

/// Show a lottery
#[utoipa::path(
    get, path = "/api/v1/lotteries/{lottery_id}", tag = "promote", operation_id = "get_lottery",
    params(("lottery_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The lottery and its prizes", body = LotteryView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_lottery(
    State(promote): State<Arc<Promote>>,
    Segment(lottery_id): Segment<String>,
) -> Answer<Json<LotteryView>> {
    let open = promote.lottery(&lottery_id).await?;
    Ok(Json(promote.lottery_view(open).await?))
}

impl Promote {
    /// The lottery of that identifier.
    pub(crate) async fn lottery(&self, lottery_id: &str) -> Result<Open, PlayError> {
        let wanted = lottery_id.to_owned();
        let found = self.store.read(|tx| Box::pin(async move { runs::one(tx, &wanted).await })).await?;
        Open::of(found.ok_or(PlayError::UnknownRun { what: WHAT, run_id: lottery_id.to_owned() })?)
    }

    /// A lottery as it stands.
    pub(crate) async fn lottery_view(&self, open: Open) -> Result<LotteryView, PlayError> {
        let (names, now) = (names(&open), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move { standings(tx, names.iter().map(String::as_str), now).await.map_err(PlayError::from) })
        });
        Ok(view(&open, &read.await?))
    }
}

/// The accounts in which a lottery stands.
fn names(open: &Open) -> Vec<String> {
    let prizes = open.rules.prizes.iter().flat_map(|one| [open.left(one), open.won(one), open.claimed(one)]);
    prizes.chain([open.draws()]).map(|account| account.name).collect()
}

fn view(open: &Open, standing: &BTreeMap<String, Standing>) -> LotteryView {
    let run = &open.run;
    let balance = |name: String| standing.get(&name).map_or(0, |account| account.balance);
    let prize = |prize: &Prize| {
        let claimed = balance(open.claimed(prize).name);
        let (left, won) = (balance(open.left(prize).name), balance(open.won(prize).name) + claimed);
        PrizeView { prize: prize.clone(), left, won, claimed }
    };
    LotteryView {
        lottery_id: run.run_id.clone(),
        play_id: run.play.play_id.clone(),
        version: run.play.version,
        opened_at: run.opened_at,
        closes_at: run.closes_at,
        ended_at: run.ended.map(|(_, at)| at),
        prizes: open.rules.prizes.iter().map(prize).collect(),
        draws: balance(open.draws().name),
        commitment: open.commitment(),
        seed: run.ended.is_some().then(|| open.seed.as_str().to_owned()),
    }
}
