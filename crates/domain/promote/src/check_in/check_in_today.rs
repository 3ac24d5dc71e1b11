//! `POST /api/v1/plays/{play_id}/check-in`: a shopper checks in for the day.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_ledger::carry_out;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Serialize;

use super::{Day, Whose, keep, rules_of, store};
use crate::Promote;
use crate::campaigns::Grants;
use crate::plays::{PlayError, PlayerForm};

/// A day on which a shopper checked in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CheckedIn {
    /// Who.
    pub shopper_id: String,
    /// Which day of the shop: `2026-11-11`.
    pub day: String,
    /// How many days in a row it makes.
    pub streak: i64,
    /// The points it earned.
    pub points: i64,
    /// Whether it was missed and made up.
    pub made_up: bool,
    /// When it was done.
    #[schema(value_type = String, format = DateTime)]
    pub checked_in_at: Timestamp,
    /// Whether this request did it; not if it had been done before.
    pub now: bool,
}

impl CheckedIn {
    pub(super) fn of(shopper_id: &str, day: Day, now: bool) -> Self {
        let Day { day, streak, points, made_up, at } = day;
        let (shopper_id, day) = (shopper_id.to_owned(), day.to_string());
        Self { shopper_id, day, streak, points, made_up, checked_in_at: at, now }
    }
}

/// Check in
///
/// Once a day of the shop. Again on the same day it changes nothing, and answers that day's.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/check-in", tag = "promote", operation_id = "check_in",
    params(("play_id" = String, Path, description = "The play")),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "The day", body = CheckedIn),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn check_in(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<CheckedIn>> {
    Ok(Json(promote.check_in(&play_id, form).await?))
}

impl Promote {
    /// Checks a shopper in for the day.
    pub async fn check_in(&self, play_id: &str, form: PlayerForm) -> Result<CheckedIn, PlayError> {
        form.check()?;
        let (now, shopper) = (self.clock.now(), form.shopper_id);
        let charge = self.admitted(play_id, &shopper).await?;
        let play = self.playable(play_id, now).await?;
        let rules = rules_of(&play)?.clone();
        let (today, grants) = (self.zone.date_of(now), Grants { rule: self.offers().points().cloned(), charge });
        let checking = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read: of two check-ins at once, one comes second and finds the first.
                carry_out(tx, Vec::new(), now).await?;
                let whose = Whose { play_id: &play.play_id, shopper: &shopper };
                if let Some(done) = store::on(tx, &whose, today).await? {
                    return Ok(CheckedIn::of(&shopper, done, false));
                }
                let yesterday = store::on(tx, &whose, today.plus_days(-1)).await?;
                let streak = yesterday.map_or(1, |day| day.streak + 1);
                let day = Day { day: today, streak, points: rules.earned(streak), made_up: false, at: now };
                keep(tx, &whose, &day, vec![whose.check_in(&day, &grants, now)], now).await?;
                Ok::<_, PlayError>(CheckedIn::of(&shopper, day, true))
            })
        });
        checking.await
    }
}
