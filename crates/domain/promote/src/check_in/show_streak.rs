//! `GET /api/v1/plays/{play_id}/check-ins/{shopper_id}`: how a shopper's check-ins stand.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::make_up::missed;
use super::{CheckedIn, Day, Whose, rules_of, store};
use crate::Promote;
use crate::plays::PlayError;

/// Days that are shown.
const DAYS: u32 = 62;

/// How a shopper's check-ins stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StreakView {
    /// The day of the shop it is: `2026-11-11`.
    pub today: String,
    /// Whether the shopper has checked in today.
    pub checked_in: bool,
    /// Days in a row, up to today or yesterday; 0 if both were missed.
    pub streak: i64,
    /// What the next check-in earns, in points.
    pub next_points: i64,
    /// The missed day that may be made up now, before checking in today.
    pub may_make_up: Option<String>,
    /// What that costs in points.
    pub make_up_points: Option<i64>,
    /// The latest 62 days, the latest first.
    pub days: Vec<CheckedIn>,
}

/// Show a shopper's check-ins
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/check-ins/{shopper_id}", tag = "promote", operation_id = "show_streak",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("shopper_id" = String, Path, description = "The shop's number for the shopper"),
    ),
    responses(
        (status = 200, description = "How they stand", body = StreakView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_streak(
    State(promote): State<Arc<Promote>>,
    Segment((play_id, shopper_id)): Segment<(String, String)>,
) -> Answer<Json<StreakView>> {
    Ok(Json(promote.streak_of(&play_id, &shopper_id).await?))
}

impl Promote {
    /// How a shopper's check-ins stand.
    pub async fn streak_of(&self, play_id: &str, shopper_id: &str) -> Result<StreakView, PlayError> {
        let now = self.clock.now();
        let play = self.playable(play_id, now).await?;
        let rules = rules_of(&play)?;
        let (wanted, shopper) = (play_id.to_owned(), shopper_id.to_owned());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let whose = Whose { play_id: &wanted, shopper: &shopper };
                store::of_shopper(tx, &whose, DAYS).await
            })
        });
        let days: Result<Vec<Day>, StoreError> = read.await;
        let (days, today) = (days?, self.zone.date_of(now));
        let last = days.first().filter(|last| last.day.plus_days(1) >= today);
        let streak = last.map_or(0, |last| last.streak);
        let may_make_up = missed(&days, rules, today).ok().map(|(day, _)| day.to_string());
        Ok(StreakView {
            today: today.to_string(),
            checked_in: last.is_some_and(|last| last.day == today),
            streak,
            next_points: rules.earned(streak + 1),
            make_up_points: may_make_up.as_ref().and(rules.make_up).map(|make_up| make_up.points),
            may_make_up,
            days: days.into_iter().map(|day| CheckedIn::of(shopper_id, day, false)).collect(),
        })
    }
}
