//! `POST /api/v1/plays/{play_id}/quiz-attempts/{attempt_id}/answers`: a shopper answers, and gets what they earned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Event, Timestamp};
use fanvine_ledger::carry_out;
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::show::QuizAttempt;
use super::store;
use super::{Answered, Attempt, Chosen, Question, left};
use crate::plays::promise::Giving;
use crate::plays::{Gift, PlayError, PlayerForm};
use crate::{Promote, announce};

/// What a shopper answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswersForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// For each question, the places of the options that are chosen, from 1, as they were shown. What is left out is not right.
    pub answers: BTreeMap<String, BTreeSet<i64>>,
}

/// Answer a quiz
///
/// All at once, and once: sent again, it gets the same; other answers are refused. The reward comes with it.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/quiz-attempts/{attempt_id}/answers", tag = "promote", operation_id = "answer_quiz",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("attempt_id" = String, Path, description = "The attempt"),
    ),
    request_body = AnswersForm,
    responses(
        (status = 200, description = "How it went", body = QuizAttempt),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn answer_quiz(
    State(promote): State<Arc<Promote>>,
    Segment((play_id, attempt_id)): Segment<(String, String)>,
    Body(form): Body<AnswersForm>,
) -> Answer<Json<QuizAttempt>> {
    Ok(Json(promote.answer_quiz(&play_id, &attempt_id, form).await?))
}

/// How the reward of so many right answers would be given.
type Givings = BTreeMap<i64, Option<Giving>>;

impl Promote {
    /// Answers an attempt.
    pub async fn answer_quiz(
        &self,
        play_id: &str,
        attempt_id: &str,
        form: AnswersForm,
    ) -> Result<QuizAttempt, PlayError> {
        PlayerForm { shopper_id: form.shopper_id.clone() }.check()?;
        let (now, keys) = (self.clock.now(), self.keys_of(&form.shopper_id));
        let attempt = self.attempt_of(play_id, attempt_id, &keys).await?;
        let chosen = chosen(&attempt, &form)?;
        let givings = self.givings_of(&attempt, now)?;
        let attempt_id = attempt.attempt_id.clone();
        let answering = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read: of two requests at once, one comes second and finds the first.
                carry_out(tx, Vec::new(), now).await?;
                let attempts = store::of_keys(tx, &attempt.play.play_id, &keys).await?;
                let stands = attempts.iter().find(|one| one.attempt_id == attempt.attempt_id);
                if let Some(before) = stands.and_then(|one| one.answered.as_ref()) {
                    let why = || format!("attempt {} was answered otherwise", attempt.attempt_id);
                    let play_id = || attempt.play.play_id.clone();
                    return match before.chosen == chosen {
                        true => Ok(()),
                        false => Err(PlayError::Rule { play_id: play_id(), why: why() }),
                    };
                }
                if !attempt.takes_answers(now) {
                    let (run_id, at) = (attempt.attempt_id, attempt.closes_at);
                    return Err(PlayError::Ended { what: "attempt", run_id, became: "ran out", at });
                }
                let others: Vec<Attempt> =
                    attempts.into_iter().filter(|one| one.attempt_id != attempt.attempt_id).collect();
                // Of attempts whose answers are on their way at once, no more are rewarded than a person may be.
                let may_win = left(attempt.rules()?, &others, attempt.day, now).rewards > 0;
                settle(tx, &attempt, chosen, givings, may_win, now).await
            })
        });
        answering.await?;
        self.quiz_attempt(&attempt_id).await
    }

    /// An attempt of a person in a play.
    async fn attempt_of(&self, play_id: &str, attempt_id: &str, keys: &[String]) -> Result<Attempt, PlayError> {
        let wanted = attempt_id.to_owned();
        let found = self.store.read(|tx| Box::pin(async move { store::one(tx, &wanted).await })).await?;
        let theirs = found.filter(|one| one.play.play_id == play_id && keys.contains(&one.shopper_id));
        theirs.ok_or_else(|| PlayError::UnknownRun { what: "attempt", run_id: attempt_id.chars().take(64).collect() })
    }

    /// How each reward that is kept for an attempt would be given now.
    fn givings_of(&self, attempt: &Attempt, now: Timestamp) -> Result<Givings, PlayError> {
        let mut givings = Givings::new();
        for one in attempt.rules()?.rewards.iter().filter(|one| attempt.promised.contains(&one.correct)) {
            let part = one.correct.to_string();
            let giving = self.giving(&attempt.promise(&part, &one.reward), now);
            let giving = giving
                .inspect_err(|error| tracing::warn!(%error, attempt = attempt.attempt_id, "a reward cannot be given"));
            givings.insert(one.correct, giving.ok());
        }
        Ok(givings)
    }
}

/// What was chosen, by the places that options have in the rules.
fn chosen(attempt: &Attempt, form: &AnswersForm) -> Result<Chosen, PlayError> {
    let refuse = |why: String| PlayError::Rule { play_id: attempt.play.play_id.clone(), why };
    let mut chosen = Chosen::new();
    for (question_id, places) in &form.answers {
        let name = || question_id.chars().take(64).collect::<String>();
        let asked = attempt.asked.iter().find(|asked| asked.question_id == *question_id);
        let asked = asked.ok_or_else(|| refuse(format!("question {} was not asked", name())))?;
        let mut options = BTreeSet::new();
        for place in places {
            let at = usize::try_from(*place).ok().and_then(|place| place.checked_sub(1));
            let option = at.and_then(|at| asked.order.get(at)).ok_or_else(|| {
                refuse(format!("question {} has the options 1 to {}, not {place}", name(), asked.order.len()))
            })?;
            options.insert(*option);
        }
        if !options.is_empty() {
            chosen.insert(question_id.clone(), options);
        }
    }
    Ok(chosen)
}

/// Which questions of an attempt were answered right.
fn marks(attempt: &Attempt, chosen: &Chosen) -> Result<BTreeMap<String, bool>, PlayError> {
    let rules = attempt.rules()?;
    let right = |question_id: &str| {
        let is = |question: &&Question| question.question_id == question_id;
        let question = rules.questions.iter().find(is);
        question.is_some_and(|question| chosen.get(question_id) == Some(&question.right))
    };
    Ok(attempt.asked.iter().map(|asked| (asked.question_id.clone(), right(&asked.question_id))).collect())
}

/// Gives what is earned, frees what is not, and writes down how it went.
async fn settle(
    tx: &mut Tx,
    attempt: &Attempt,
    chosen: Chosen,
    mut givings: Givings,
    may_win: bool,
    now: Timestamp,
) -> Result<(), PlayError> {
    let marks = marks(attempt, &chosen)?;
    let correct = marks.values().filter(|right| **right).count() as i64;
    let won = attempt.promised.iter().rev().find(|least| **least <= correct).copied().filter(|_| may_win);
    let given = match won.and_then(|won| givings.remove(&won)).flatten() {
        Some(giving) => giving.carry_out(tx, now).await?,
        None => false,
    };
    let rewards = &attempt.rules()?.rewards;
    for one in rewards.iter().filter(|one| attempt.promised.contains(&one.correct)) {
        if given && won == Some(one.correct) {
            continue;
        }
        let part = one.correct.to_string();
        carry_out(tx, vec![attempt.promise(&part, &one.reward).release()], now).await?;
    }
    let answered = Answered { chosen, correct, won: won.filter(|_| given), given, at: now };
    store::answer(tx, attempt, &answered, &marks).await?;
    let gift = rewards.iter().find(|one| Some(one.correct) == answered.won).map(|one| &one.reward.gives);
    tx.emit(&told(attempt, &answered, gift)).await?;
    Ok(())
}

fn told(attempt: &Attempt, answered: &Answered, gift: Option<&Gift>) -> Event {
    let name = names::QUIZ_COMPLETED;
    let about = json!({
        "play_id": attempt.play.play_id, "name": attempt.play.terms.name, "attempt_id": attempt.attempt_id,
        "asked": attempt.asked.len(), "correct": answered.correct, "reward": gift,
        "took_ms": (answered.at.micros() - attempt.began_at.micros()) / 1_000,
    });
    let event = announce::event(name, format!("{name}/{}", attempt.attempt_id), answered.at, &about);
    Event { user_id: Some(attempt.shopper_id.clone()), ..event }
}
