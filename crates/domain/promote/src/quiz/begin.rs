//! `POST /api/v1/plays/{play_id}/quiz-attempts`: a shopper begins an attempt, and is asked.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::ids::AttemptId;
use fanvine_kernel::{Event, Timestamp};
use fanvine_ledger::{LedgerError, Refusal, carry_out};
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde_json::json;

use super::show::QuizAttempt;
use super::store;
use super::{Attempt, Left, SECOND, WHAT, left, rules_of};
use crate::campaigns::{Grants, used_up};
use crate::checkout::reserve::{check_key, key_of};
use crate::offers::store::json as text_of;
use crate::plays::{Play, PlayError, PlayerForm, requests};
use crate::{Promote, announce};

/// Begin an attempt at a quiz
///
/// The questions are drawn, the time runs, and every reward that can still be earned is kept for the attempt. A person has one open at
/// a time: begun again meanwhile, it is the same. The same key with the same request answers the same attempt, as it stands.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/quiz-attempts", tag = "promote", operation_id = "begin_quiz",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same attempt"),
    ),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "The attempt", body = QuizAttempt),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn begin_quiz(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<QuizAttempt>> {
    Ok(Json(promote.begin_quiz(&play_id, key_of(&headers), form).await?))
}

impl Promote {
    /// Begins an attempt.
    pub async fn begin_quiz(&self, play_id: &str, key: String, form: PlayerForm) -> Result<QuizAttempt, PlayError> {
        check_key(&key)?;
        form.check()?;
        let (now, request) = (self.clock.now(), text_of(&("quiz", play_id, &form)));
        // What was begun stands, whatever became of the play since.
        if let Some(before) = self.answered(&key, &request).await? {
            return self.quiz_attempt(&before).await;
        }
        let grants =
            Grants { charge: self.admitted(play_id, &form.shopper_id).await?, rule: self.offers().points().cloned() };
        let play = self.playable(play_id, now).await?;
        let fresh = self.fresh_attempt(play, form.shopper_id, now)?;
        let keys = self.keys_of(&fresh.shopper_id);
        let commands = self.promises(&fresh, &grants)?;
        let beginning = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read: of two requests at once, one comes second and finds the first.
                carry_out(tx, Vec::new(), now).await?;
                if let Some(before) = requests::answered(tx, &key, &request).await? {
                    return Ok(before);
                }
                let attempts = store::of_keys(tx, &fresh.play.play_id, &keys).await?;
                let open = attempts.iter().find(|one| one.answered.is_none() && now < one.closes_at);
                if let Some(open) = open {
                    requests::keep(tx, vec![requests::row(&key, &request, &open.attempt_id)]).await?;
                    return Ok(open.attempt_id.clone());
                }
                let left = left(fresh.rules()?, &attempts, fresh.day, now);
                let begun = begun(tx, fresh, commands, left, now).await?;
                requests::keep(tx, vec![requests::row(&key, &request, &begun.attempt_id)]).await?;
                Ok::<_, PlayError>(begun.attempt_id)
            })
        });
        let attempt_id = beginning.await?;
        self.quiz_attempt(&attempt_id).await
    }

    /// An attempt as it would begin now, with nothing promised.
    fn fresh_attempt(&self, play: Play, shopper_id: String, now: Timestamp) -> Result<Attempt, PlayError> {
        let rules = rules_of(&play)?;
        let asked = rules.draw(self.entropy.as_ref());
        let closes_at = now.plus_micros(rules.seconds.saturating_mul(SECOND));
        let attempt_id = AttemptId::new(now, self.entropy.as_ref()).to_string();
        let (day, promised) = (self.zone.date_of(now), Default::default());
        Ok(Attempt { attempt_id, play, shopper_id, day, asked, promised, began_at: now, closes_at, answered: None })
    }

    /// How each reward is set aside, by the right answers it is for. Without those that are not to be had any more.
    fn promises(&self, attempt: &Attempt, grants: &Grants) -> Result<Vec<(i64, fanvine_ledger::Command)>, PlayError> {
        let mut commands = Vec::new();
        for one in &attempt.rules()?.rewards {
            let part = one.correct.to_string();
            match self.reservation(&attempt.promise(&part, &one.reward), grants) {
                Ok(command) => commands.push((one.correct, command)),
                Err(error) => {
                    tracing::warn!(%error, play = attempt.play.play_id, "a reward of a quiz is not to be had")
                }
            }
        }
        Ok(commands)
    }
}

/// Begins an attempt, with whatever can still be promised.
async fn begun(
    tx: &mut Tx,
    mut fresh: Attempt,
    commands: Vec<(i64, fanvine_ledger::Command)>,
    left: Left,
    now: Timestamp,
) -> Result<Attempt, PlayError> {
    let play_id = fresh.play.play_id.clone();
    let full = |limit: String| PlayError::Full { what: WHAT, id: play_id.clone(), limit };
    if left.today == 0 {
        let (who, per_day) = (&fresh.shopper_id, fresh.rules()?.per_day);
        return Err(full(format!("{who} has no attempt left, of {per_day} a day")));
    }
    let mut why = None;
    for (correct, command) in commands.into_iter().filter(|_| left.rewards > 0) {
        match carry_out(tx, vec![command], now).await {
            Ok(_) => {
                fresh.promised.insert(correct);
            }
            // Nothing of it was done; what is gone is not promised.
            Err(LedgerError::Refused(Refusal::Full { account, .. })) => why = Some(account),
            Err(error) => return Err(error.into()),
        }
    }
    // Whoever could be rewarded does not play for nothing without knowing.
    if left.rewards > 0 && fresh.promised.is_empty() && !fresh.rules()?.rewards.is_empty() {
        let gone = || full("nothing is left of what it promises".to_owned());
        return Err(why.and_then(|account| used_up(&account, &fresh.play.play_id)).unwrap_or_else(gone));
    }
    store::begin(tx, &fresh).await?;
    tx.emit(&told(&fresh)).await?;
    Ok(fresh)
}

fn told(attempt: &Attempt) -> Event {
    let name = names::QUIZ_STARTED;
    let about = json!({
        "play_id": attempt.play.play_id, "version": attempt.play.version, "name": attempt.play.terms.name,
        "attempt_id": attempt.attempt_id, "asked": attempt.asked.len(), "closes_at": attempt.closes_at,
        "practice": attempt.promised.is_empty(),
    });
    let event = announce::event(name, format!("{name}/{}", attempt.attempt_id), attempt.began_at, &about);
    Event { user_id: Some(attempt.shopper_id.clone()), ..event }
}
