//! `POST /api/v1/plays/{play_id}/tasks`: a shopper takes tasks on, and what they promise is kept for them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Event, Timestamp};
use fanvine_ledger::{LedgerError, Refusal};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde_json::json;

use super::show::TaskRunView;
use super::{TaskRun, Tasks, WHAT, other_kind, rules_of, store};
use crate::campaigns::{Grants, used_up};
use crate::plays::{Play, PlayError, PlayerForm};
use crate::wallet::Source;
use crate::wallet::receive::{WalletError, receipt_key};
use crate::{Promote, announce};

/// Take tasks on
///
/// From now on what the shopper does counts, and what is promised is reserved for them until a day after the tasks close.
/// Again in the same period, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/tasks", tag = "promote", operation_id = "take_tasks_on",
    params(("play_id" = String, Path, description = "The play")),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "How they stand", body = TaskRunView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn take_tasks_on(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<TaskRunView>> {
    Ok(Json(promote.take_tasks_on(&play_id, form).await?))
}

impl Promote {
    /// The tasks of a shopper as they would be taken on now.
    pub(crate) fn task_run(&self, play: Play, shopper: &str, now: Timestamp) -> Result<TaskRun, PlayError> {
        let rules = rules_of(&play).ok_or_else(|| other_kind(&play))?;
        let today = self.zone.date_of(now);
        let day = rules.daily.then(|| today.to_string());
        let midnight = rules.daily.then(|| self.zone.start_of(today.plus_days(1)));
        let closes_at = midnight.into_iter().chain(play.terms.ends_at).min().unwrap_or(now);
        // One for each shopper and period, whoever asks and however often.
        let run_id = receipt_key(Source::Auto, &["tasks", &play.play_id, shopper, day.as_deref().unwrap_or_default()]);
        let shopper_id = shopper.to_owned();
        Ok(TaskRun { run_id, play, shopper_id, day, joined_at: now, closes_at })
    }

    /// Takes tasks on.
    pub async fn take_tasks_on(&self, play_id: &str, form: PlayerForm) -> Result<TaskRunView, PlayError> {
        form.check()?;
        let (now, shopper) = (self.clock.now(), form.shopper_id);
        let grants = Grants { charge: self.admitted(play_id, &shopper).await?, rule: self.offers().points().cloned() };
        let run = self.task_run(self.playable(play_id, now).await?, &shopper, now)?;
        if let Some(taken) = self.task_run_view(&run.run_id).await? {
            return Ok(taken);
        }
        let full = |limit: String| PlayError::Full { what: WHAT, id: play_id.to_owned(), limit };
        let rewards = run.rules().into_iter().flat_map(Tasks::rewards);
        let reserved = rewards.map(|(step_id, reward)| self.reservation(&run.promise(step_id, reward), &grants));
        let reservations = reserved.collect::<Result<Vec<_>, _>>().map_err(|error| match error {
            WalletError::Checkout(error) => PlayError::Checkout(error),
            WalletError::Ledger(error) => PlayError::Ledger(error),
            WalletError::Store(error) => PlayError::Store(error),
            other => full(other.to_string()),
        })?;
        let told = joined(&run);
        match self.lane.carry_out_and_tell(reservations, vec![store::row(&run)], vec![told]).await {
            // Somebody may have asked the same at the same time.
            Ok(_) | Err(LedgerError::Refused(Refusal::KeyReused { .. })) => {}
            Err(LedgerError::Refused(Refusal::Full { account, .. })) => {
                let left = || full(format!("nothing is left of what it promises ({account})"));
                return Err(used_up(&account, play_id).unwrap_or_else(left));
            }
            Err(error) => return Err(error.into()),
        }
        self.task_run_view(&run.run_id).await?.ok_or(PlayError::GivenUp)
    }
}

fn joined(run: &TaskRun) -> Event {
    let name = names::TASKS_JOINED;
    let about = json!({
        "play_id": run.play.play_id, "version": run.play.version, "name": run.play.terms.name, "day": run.day,
        "closes_at": run.closes_at,
    });
    let event = announce::event(name, format!("{name}/{}", run.run_id), run.joined_at, &about);
    Event { user_id: Some(run.shopper_id.clone()), ..event }
}
