//! `GET /api/v1/levels/members/{shopper_id}`: the level of a shopper, what it is worth to them, and what is missing to the next.
//! `GET /v1/level` tells a shopper so by themselves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_web::{Answer, ProblemBody, Segment};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::decide::{Grown, Version};
use super::put_ladder::LevelOffer;
use super::{Level, Member, none};
use crate::Promote;
use crate::wallet::storefront::Storefront;

/// Most entries of growth that are shown.
const MOST_SHOWN: usize = 100;

/// The level of a shopper.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MemberView {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// The level they hold; null below the lowest.
    pub held: Option<HeldView>,
    /// How much counts now.
    pub growth: i64,
    /// How much will count later, when goods can come back no more.
    pub waiting: i64,
    /// The next level up; null at the highest.
    pub next: Option<NextLevel>,
    /// What they grew by, the latest first.
    pub grown: Vec<GrownView>,
}

/// A level that is held.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HeldView {
    /// The level, with its rights.
    pub level: Level,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it is asked whether they keep it.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// The published offers that ask for it.
    pub offers: Vec<LevelOffer>,
}

/// The next level up.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NextLevel {
    /// The level, with its rights.
    pub level: Level,
    /// How much more must grow.
    pub missing: i64,
}

/// What a shopper grew by at once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GrownView {
    /// The order's redemption, or `given/` and the request's key.
    pub source: String,
    /// For what it was given.
    pub note: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// By how much, with what came back taken off.
    pub growth: i64,
    /// From when on it counts.
    #[schema(value_type = String, format = DateTime)]
    pub counts_from: Timestamp,
    /// Until when, that moment excluded.
    #[schema(value_type = String, format = DateTime)]
    pub counts_until: Timestamp,
}

/// Show the level of a shopper
#[utoipa::path(
    get, path = "/api/v1/levels/members/{shopper_id}", tag = "promote", operation_id = "show_level_member",
    params(("shopper_id" = String, Path, description = "The shop's number for the shopper")),
    responses(
        (status = 200, description = "Where they stand; below the lowest level for somebody nobody heard of", body = MemberView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_level_member(
    State(promote): State<Arc<Promote>>,
    Segment(shopper_id): Segment<String>,
) -> Answer<Json<MemberView>> {
    Ok(Json(promote.show_member(shopper_id).await?))
}

/// What a shopper is shown of their level.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MyLevel {
    /// The level they hold; null below the lowest.
    pub held: Option<HeldView>,
    /// How much counts now.
    pub growth: i64,
    /// How much will count later.
    pub waiting: i64,
    /// The next level up; null at the highest.
    pub next: Option<NextLevel>,
}

/// Show my level
///
/// As for `GET /v1/coupons`.
#[utoipa::path(
    get, path = "/v1/level", tag = "promote", operation_id = "my_level",
    responses(
        (status = 200, description = "The shopper's level", body = MyLevel),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn my_level(State(storefront): State<Arc<Storefront>>, headers: HeaderMap) -> Answer<Json<MyLevel>> {
    let shopper = storefront.shopper(&headers)?;
    let MemberView { held, growth, waiting, next, .. } = storefront.promote.show_member(shopper).await?;
    Ok(Json(MyLevel { held, growth, waiting, next }))
}

/// Answers a browser's preflight request for the level.
#[utoipa::path(
    options, path = "/v1/level", operation_id = "preflight_level", tag = "promote",
    responses((status = 204, description = "It may be asked for")),
    security(()),
)]
pub(crate) async fn preflight_level() -> StatusCode {
    StatusCode::NO_CONTENT
}

impl Promote {
    /// Shows where a shopper stands.
    pub async fn show_member(&self, shopper_id: String) -> Result<MemberView, Problem> {
        let now = self.clock.now();
        let Member { ladders, grown, standing } = self.member(&shopper_id, now).await?;
        let version = ladders.in_force(now).ok_or_else(none)?;
        let growth = ladders.growth(&grown, now);
        let number = standing.held.map_or(0, |held| held.number + 1);
        let next = version.ladder.levels.get(number).cloned();
        let next = next.map(|level| NextLevel { missing: level.needs.saturating_sub(growth).max(0), level });
        let held = standing.held.zip(ladders.level(&standing)).map(|(held, level)| HeldView {
            offers: self.offers_for(&level.level),
            level: level.clone(),
            since: held.since,
            until: held.until,
        });
        let mut shown: Vec<GrownView> = grown.iter().filter_map(|one| GrownView::of(one, version)).collect();
        let waiting =
            shown.iter().filter(|one| one.counts_from > now).map(|one| one.growth).fold(0, i64::saturating_add);
        shown.sort_by(|a, b| (b.at, &a.source).cmp(&(a.at, &b.source)));
        shown.truncate(MOST_SHOWN);
        Ok(MemberView { shopper_id, held, growth, waiting, next, grown: shown })
    }
}

impl GrownView {
    fn of(one: &Grown, version: &Version) -> Option<Self> {
        let (first, last) = (one.left.first()?, one.left.last()?);
        Some(Self {
            source: one.source.clone(),
            note: one.note.clone(),
            at: first.at,
            growth: version.ladder.worth(last.amount, one.currency.as_deref()),
            counts_from: version.ladder.opens(first.at),
            counts_until: version.ladder.closes(first.at),
        })
    }
}
