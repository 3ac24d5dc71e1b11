//! `POST /api/v1/plays/{play_id}/check-in/make-up`: a shopper makes up for the first day they missed, for points.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::LocalDate;
use fanvine_ledger::carry_out;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{CheckIn, CheckedIn, Day, Whose, keep, rules_of, store};
use crate::Promote;
use crate::campaigns::Grants;
use crate::plays::{PlayError, PlayerForm};

/// A day to make up for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeUpForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// The first day they missed since they last checked in: `2026-11-11`.
    pub day: String,
}

/// Make up for a missed day
///
/// Before the shopper checks in today, for the points the rules say. The streak goes on as if they had checked in, and the day earns
/// what it would have. Again for the same day, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/check-in/make-up", tag = "promote", operation_id = "make_up_check_in",
    params(("play_id" = String, Path, description = "The play")),
    request_body = MakeUpForm,
    responses(
        (status = 200, description = "The day", body = CheckedIn),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn make_up_check_in(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Body(form): Body<MakeUpForm>,
) -> Answer<Json<CheckedIn>> {
    Ok(Json(promote.make_up_check_in(&play_id, form).await?))
}

impl Promote {
    /// Makes up for the first day a shopper missed.
    pub async fn make_up_check_in(&self, play_id: &str, form: MakeUpForm) -> Result<CheckedIn, PlayError> {
        PlayerForm { shopper_id: form.shopper_id.clone() }.check()?;
        let (now, shopper, wanted) = (self.clock.now(), form.shopper_id, form.day);
        let charge = self.admitted(play_id, &shopper).await?;
        let play = self.playable(play_id, now).await?;
        let rules = rules_of(&play)?.clone();
        let refused = {
            let play_id = play.play_id.clone();
            move |why: String| PlayError::Rule { play_id: play_id.clone(), why }
        };
        let Some(make_up) = rules.make_up else { return Err(refused("missed days are not made up".to_owned())) };
        let (today, grants) = (self.zone.date_of(now), Grants { rule: self.offers().points().cloned(), charge });
        let making = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read, as for a check-in.
                carry_out(tx, Vec::new(), now).await?;
                let whose = Whose { play_id: &play.play_id, shopper: &shopper };
                let days = store::of_shopper(tx, &whose, MOST_BACK).await?;
                if let Some(done) = days.iter().find(|day| day.made_up && day.day.to_string() == wanted) {
                    return Ok(CheckedIn::of(&shopper, *done, false));
                }
                let (missed, streak) = missed(&days, &rules, today).map_err(&refused)?;
                if missed.to_string() != wanted {
                    return Err(refused(format!("{missed} is the first day that was missed, not {wanted}")));
                }
                let day = Day { day: missed, streak, points: rules.earned(streak), made_up: true, at: now };
                let commands = vec![whose.make_up(missed, &make_up, today), whose.check_in(&day, &grants, now)];
                keep(tx, &whose, &day, commands, now).await?;
                Ok::<_, PlayError>(CheckedIn::of(&shopper, day, true))
            })
        });
        making.await
    }
}

/// How far back a day may be that was made up before.
const MOST_BACK: u32 = 64;

/// The day a shopper may make up for, and the streak it would make; or why there is none.
pub(super) fn missed(days: &[Day], rules: &CheckIn, today: LocalDate) -> Result<(LocalDate, i64), String> {
    let Some(make_up) = &rules.make_up else { return Err("missed days are not made up".to_owned()) };
    let Some(last) = days.first() else { return Err("nothing was missed: there was no check-in yet".to_owned()) };
    let missed = last.day.plus_days(1);
    let ago = today.days_since(missed);
    match ago {
        ..=0 => Err(format!("nothing was missed: the last check-in was on {}", last.day)),
        _ if ago > make_up.within_days => {
            Err(format!("{missed} was {ago} days ago, and {} can be made up", make_up.within_days))
        }
        _ => Ok((missed, last.streak + 1)),
    }
}
