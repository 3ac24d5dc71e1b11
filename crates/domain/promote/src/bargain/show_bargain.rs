//! `GET /api/v1/bargains` and `GET /api/v1/bargains/{bargain_id}`: the bargains, those in flight or all, and who helped.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{Cut, KIND, Open, OrderAt, cut_of, store};
use crate::Promote;
use crate::plays::PlayError;
use crate::plays::runs::{self, Became, Run};

/// How a bargain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BargainState {
    /// It may be helped with, while its price is above the floor, and ordered.
    Open,
    /// An order of it waits for its payment.
    Ordered,
    /// It was paid.
    Completed,
    /// It was not paid in time.
    Failed,
}

/// A bargain as it stands.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BargainView {
    /// Its identifier.
    pub bargain_id: String,
    /// The play it is of.
    pub play_id: String,
    /// The version of the play it was opened with.
    pub version: i64,
    /// The product.
    pub product_id: String,
    /// Who opened it.
    pub shopper_id: String,
    /// How it stands.
    pub state: BargainState,
    /// What a unit cost before anybody helped, in minor units.
    pub start_minor: i64,
    /// What it costs after all helps, in minor units.
    pub floor_minor: i64,
    /// What it costs now, in minor units.
    pub price_minor: i64,
    /// Helps so far.
    pub helped: i64,
    /// Helps that bring it to the floor.
    pub helps: i64,
    /// At which price it may be ordered.
    pub order_at: OrderAt,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// Until when it may be paid.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// When it was paid or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// The digest by which all its cuts were fixed when it was opened.
    pub commitment: String,
    /// The seed of its cuts, once no more of them can come.
    pub seed: Option<String>,
}

/// A help with a bargain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BargainHelp {
    /// Which it was, from 1.
    pub number: i64,
    /// Who helped.
    pub shopper_id: String,
    /// What it cut off the price, in minor units.
    pub cut_minor: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub helped_at: Timestamp,
}

/// A bargain with its helps.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BargainDetail {
    /// The bargain.
    #[serde(flatten)]
    pub bargain: BargainView,
    /// The helps, in the order they came.
    pub helpers: Vec<BargainHelp>,
    /// The accounts of the ledger in which its price stands.
    pub accounts: Vec<String>,
}

/// Bargains, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BargainList {
    /// Some of them.
    pub bargains: Vec<BargainView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which bargains.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BargainQuery {
    /// Those of this play.
    pub play_id: Option<String>,
    /// Whether only those that have not ended.
    #[serde(default)]
    pub in_flight: bool,
    /// Only those opened before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// List bargains
#[utoipa::path(
    get, path = "/api/v1/bargains", tag = "promote", operation_id = "list_bargains",
    params(BargainQuery),
    responses(
        (status = 200, description = "Bargains, the latest first", body = BargainList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_bargains(
    State(promote): State<Arc<Promote>>,
    Params(wanted): Params<BargainQuery>,
) -> Answer<Json<BargainList>> {
    let (limit, now) = (wanted.limit.unwrap_or(50).clamp(1, 200), promote.clock.now());
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let (play_id, before) = (wanted.play_id.as_deref(), wanted.before.as_deref());
            let runs: Vec<Run> = runs::list(tx, KIND, play_id, wanted.in_flight, before, limit).await?;
            let next = runs.last().filter(|_| runs.len() == limit as usize).map(|run| run.run_id.clone());
            let open: Vec<Open> = runs.into_iter().filter_map(|run| Open::of(run).ok()).collect();
            let cut = cut_of(tx, &open, now).await?;
            let cut = |one: &Open| cut.get(&one.run.run_id).copied().unwrap_or_default();
            let bargains = open.iter().map(|one| view(one, cut(one))).collect();
            Ok::<_, PlayError>(BargainList { bargains, next })
        })
    });
    Ok(Json(read.await?))
}

/// Show a bargain
#[utoipa::path(
    get, path = "/api/v1/bargains/{bargain_id}", tag = "promote", operation_id = "get_bargain",
    params(("bargain_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The bargain and its helps", body = BargainDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_bargain(
    State(promote): State<Arc<Promote>>,
    Segment(bargain_id): Segment<String>,
) -> Answer<Json<BargainDetail>> {
    Ok(Json(promote.show_bargain(&bargain_id).await?))
}

impl Promote {
    /// A bargain with its helps.
    pub async fn show_bargain(&self, bargain_id: &str) -> Result<BargainDetail, PlayError> {
        let (open, cut) = self.bargain(bargain_id).await?;
        let helpers = self.helps_with(bargain_id).await?;
        let accounts = [open.helps_left(), open.helped(), open.to_cut(), open.cut_off(), open.uncut()];
        let accounts = accounts.map(|account| account.name).to_vec();
        Ok(BargainDetail { bargain: view(&open, cut), helpers, accounts })
    }

    /// The helps with a bargain.
    pub(super) async fn helps_with(&self, bargain_id: &str) -> Result<Vec<BargainHelp>, PlayError> {
        let wanted = bargain_id.to_owned();
        Ok(self.store.read(|tx| Box::pin(async move { store::helps(tx, &wanted).await })).await?)
    }

    /// A bargain as it stands.
    pub(crate) async fn bargain_view(&self, bargain_id: &str) -> Result<BargainView, PlayError> {
        let (open, cut) = self.bargain(bargain_id).await?;
        Ok(view(&open, cut))
    }
}

/// Whether the seed may be told: no cut of it can come any more.
pub(super) fn is_told(open: &Open, cut: Cut) -> bool {
    open.run.ended.is_some() || cut.helps >= open.rules.helps
}

fn view(open: &Open, cut: Cut) -> BargainView {
    let (run, rules) = (&open.run, &open.rules);
    BargainView {
        bargain_id: run.run_id.clone(),
        play_id: run.play.play_id.clone(),
        version: run.play.version,
        product_id: rules.product_id.clone(),
        shopper_id: run.shopper_id.clone(),
        state: match run.ended {
            Some((Became::Completed, _)) => BargainState::Completed,
            Some((Became::Failed, _)) => BargainState::Failed,
            None if cut.ordered => BargainState::Ordered,
            None => BargainState::Open,
        },
        start_minor: rules.start_minor,
        floor_minor: rules.floor_minor,
        price_minor: open.price_minor(cut),
        helped: cut.helps,
        helps: rules.helps,
        order_at: rules.order_at,
        opened_at: run.opened_at,
        closes_at: run.closes_at,
        ended_at: run.ended.map(|(_, at)| at),
        commitment: open.commitment(),
        seed: is_told(open, cut).then(|| open.seed.as_str().to_owned()),
    }
}
