//! `GET /api/v1/plays/{play_id}/quiz-attempts`: what shoppers attempted; `GET …/quiz-attempts/{attempt_id}`: one of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::{Asked, Attempt, Question, store};
use crate::Promote;
use crate::plays::{Gift, PlayError};

/// How an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// It can be answered.
    Open,
    /// It was.
    Answered,
    /// It was not, and its time is over.
    RanOut,
}

/// An attempt at a quiz. What is right, it tells whoever has answered, where the rules say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct QuizAttempt {
    /// Its identifier.
    pub attempt_id: String,
    /// The play.
    pub play_id: String,
    /// In which version it was begun.
    pub version: i64,
    /// What it is called.
    pub name: String,
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// How it stands.
    pub state: AttemptState,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
    /// Until when it is open, that moment excluded.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// What is asked, in the order of this attempt.
    pub questions: Vec<AskedQuestion>,
    /// What is kept for it, for how many right answers, the fewest first. If nothing is, it is for practice.
    pub promised: Vec<PromisedReward>,
    /// When it was answered; null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Timestamp>,
    /// How many answers are right; null before.
    pub correct: Option<i64>,
    /// What it earned; null for nothing.
    pub reward: Option<Gift>,
}

/// A question as a shopper is asked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AskedQuestion {
    /// Its identifier.
    pub question_id: String,
    /// What is asked.
    pub text: String,
    /// A picture of it.
    pub image_url: Option<String>,
    /// What may be answered, in the order of this attempt. An answer names places in it, from 1.
    pub options: Vec<String>,
    /// Whether several options are right.
    pub several: bool,
    /// What was chosen; null before it was answered.
    pub chosen: Option<BTreeSet<i64>>,
    /// What is right; null before it was answered, and where the rules keep it to themselves.
    pub right: Option<BTreeSet<i64>>,
    /// What is to be said of it; as `right`.
    pub about: Option<String>,
}

/// A reward that is kept for an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PromisedReward {
    /// For how many right answers.
    pub correct: i64,
    /// What it is.
    pub gives: Gift,
}

/// Attempts, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QuizAttemptList {
    /// Some of them.
    pub attempts: Vec<QuizAttempt>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which attempts.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AttemptsQuery {
    /// Only those before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// List attempts at a quiz
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/quiz-attempts", tag = "promote", operation_id = "list_quiz_attempts",
    params(("play_id" = String, Path, description = "The play"), AttemptsQuery),
    responses(
        (status = 200, description = "Attempts, the latest first", body = QuizAttemptList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_quiz_attempts(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Params(wanted): Params<AttemptsQuery>,
) -> Answer<Json<QuizAttemptList>> {
    let (limit, now) = (wanted.limit.unwrap_or(50).clamp(1, 200), promote.clock.now());
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let before = wanted.before.as_deref().unwrap_or(store::BEHIND_ALL);
            store::latest(tx, &play_id, before, limit).await
        })
    });
    let found: Result<Vec<Attempt>, StoreError> = read.await;
    let found = found.map_err(PlayError::from)?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(|one| one.attempt_id.clone());
    let attempts = found.into_iter().map(|one| view(one, now)).collect::<Result<_, _>>()?;
    Ok(Json(QuizAttemptList { attempts, next }))
}

/// Show an attempt at a quiz
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/quiz-attempts/{attempt_id}", tag = "promote", operation_id = "show_quiz_attempt",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("attempt_id" = String, Path, description = "The attempt"),
    ),
    responses(
        (status = 200, description = "The attempt", body = QuizAttempt),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_quiz_attempt(
    State(promote): State<Arc<Promote>>,
    Segment((play_id, attempt_id)): Segment<(String, String)>,
) -> Answer<Json<QuizAttempt>> {
    let attempt = promote.quiz_attempt(&attempt_id).await?;
    if attempt.play_id != play_id {
        return Err(unknown(&attempt_id).into());
    }
    Ok(Json(attempt))
}

fn unknown(attempt_id: &str) -> PlayError {
    PlayError::UnknownRun { what: "attempt", run_id: attempt_id.chars().take(64).collect() }
}

impl Promote {
    /// An attempt as it stands now.
    pub(crate) async fn quiz_attempt(&self, attempt_id: &str) -> Result<QuizAttempt, PlayError> {
        let wanted = attempt_id.to_owned();
        let found = self.store.read(|tx| Box::pin(async move { store::one(tx, &wanted).await })).await?;
        view(found.ok_or_else(|| unknown(attempt_id))?, self.clock.now())
    }
}

/// What may be shown of an attempt to whoever made it.
pub(crate) fn view(one: Attempt, now: Timestamp) -> Result<QuizAttempt, PlayError> {
    let rules = one.rules()?;
    let state = match &one.answered {
        Some(_) => AttemptState::Answered,
        None if now < one.closes_at => AttemptState::Open,
        None => AttemptState::RanOut,
    };
    let promised = rules.rewards.iter().filter(|reward| one.promised.contains(&reward.correct));
    let promised: Vec<PromisedReward> =
        promised.map(|reward| PromisedReward { correct: reward.correct, gives: reward.reward.gives.clone() }).collect();
    let answered = one.answered.as_ref();
    let won = answered.and_then(|answered| answered.won);
    let questions = one.asked.iter().filter_map(|asked| {
        let question = rules.questions.iter().find(|question| question.question_id == asked.question_id)?;
        Some(shown(&one, question, asked, rules.reveal))
    });
    Ok(QuizAttempt {
        state,
        questions: questions.collect(),
        reward: promised.iter().find(|reward| Some(reward.correct) == won).map(|reward| reward.gives.clone()),
        promised,
        answered_at: answered.map(|answered| answered.at),
        correct: answered.map(|answered| answered.correct),
        began_at: one.began_at,
        closes_at: one.closes_at,
        version: one.play.version,
        name: one.play.terms.name.clone(),
        play_id: one.play.play_id.clone(),
        shopper_id: one.shopper_id.clone(),
        attempt_id: one.attempt_id.clone(),
    })
}

fn shown(attempt: &Attempt, question: &Question, asked: &Asked, reveal: bool) -> AskedQuestion {
    let option = |place: &i64| {
        let at = usize::try_from(*place).ok().and_then(|place| place.checked_sub(1));
        at.and_then(|at| question.options.get(at)).cloned().unwrap_or_default()
    };
    // From the places that options have in the rules to those in which they are shown.
    let places = |of: &BTreeSet<i64>| {
        let shown = (1..).zip(&asked.order).filter(|(_, in_rules)| of.contains(in_rules));
        shown.map(|(place, _)| place).collect::<BTreeSet<i64>>()
    };
    let answered = attempt.answered.as_ref();
    let told = answered.is_some() && reveal;
    AskedQuestion {
        question_id: question.question_id.clone(),
        text: question.text.clone(),
        image_url: question.image_url.clone(),
        options: asked.order.iter().map(option).collect(),
        several: question.right.len() > 1,
        chosen: answered.map(|answered| answered.chosen.get(&question.question_id).map(&places).unwrap_or_default()),
        right: told.then(|| places(&question.right)),
        about: told.then(|| question.about.clone()),
    }
}
