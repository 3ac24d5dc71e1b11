//! `GET /api/v1/points/{shopper_id}`: the points of a shopper, by when they open and expire.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_ledger::{Lot, lots_of, standings};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::points_account;
use crate::Promote;
use crate::checkout::realm::Realm;

/// The points of a shopper.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct PointsView {
    /// All of them; below zero if points were spent that were taken back later.
    pub balance: i64,
    /// Those that may be spent now.
    pub spendable: i64,
    /// Those set aside for orders that are not redeemed yet.
    pub reserved: i64,
    /// Where they come from, in the order they came.
    pub lots: Vec<PointsLot>,
}

/// Points that came in together.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PointsLot {
    /// What is left of them.
    pub points: i64,
    /// From when on they may be spent; at once if null.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opens_at: Option<Timestamp>,
    /// When they expire; never if null.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Show the points of a shopper
#[utoipa::path(
    get, path = "/api/v1/points/{shopper_id}", tag = "promote", operation_id = "show_points",
    params(("shopper_id" = String, Path, description = "The shop's number for the shopper")),
    responses(
        (status = 200, description = "Their points; none for somebody nobody heard of", body = PointsView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_points(
    State(promote): State<Arc<Promote>>,
    Segment(shopper_id): Segment<String>,
) -> Answer<Json<PointsView>> {
    Ok(Json(promote.points_of(&shopper_id).await?))
}

impl Promote {
    pub(crate) async fn points_of(&self, shopper_id: &str) -> Result<PointsView, Problem> {
        let (name, now) = (points_account(&Realm::default(), shopper_id).name, self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let standing = standings(tx, [name.as_str()], now).await?.remove(&name);
                Ok::<_, StoreError>((standing, lots_of(tx, &name).await?))
            })
        });
        let (standing, lots) = read.await.map_err(Problem::from)?;
        let Some(standing) = standing else { return Ok(PointsView::default()) };
        let open: i64 = lots.iter().filter(|lot| lot.is_spendable(now)).map(|lot| lot.remaining).sum();
        let past = |lot: &Lot| lot.expires_at.is_some_and(|expires| expires <= now);
        let expired: i64 = lots.iter().filter(|lot| past(lot)).map(|lot| lot.remaining).sum();
        let shown = lots.into_iter().filter(|lot| !past(lot));
        Ok(PointsView {
            balance: standing.balance - expired,
            spendable: (open - standing.held_out).max(0),
            reserved: standing.held_out,
            lots: shown
                .map(|lot| PointsLot { points: lot.remaining, opens_at: lot.opens_at, expires_at: lot.expires_at })
                .collect(),
        })
    }
}
