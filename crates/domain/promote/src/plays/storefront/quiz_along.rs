//! `GET /v1/quizzes/{play_id}`, `POST /v1/quizzes/begin` and `POST /v1/quizzes/answer`: a shopper answers a quiz on a page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::Promote;
use crate::plays::{PlayError, PlayerForm, store as plays};
use crate::quiz::show::{PromisedReward, view};
use crate::quiz::{AnswersForm, QuizAttempt, left, rules_of, store};
use crate::wallet::storefront::Storefront;

/// A quiz to be begun.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuizForm {
    /// The play.
    pub play_id: String,
}

/// What is answered.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageAnswersForm {
    /// The play.
    pub play_id: String,
    /// The attempt.
    pub attempt_id: String,
    /// For each question, the places of the options that are chosen, from 1, as they were shown.
    pub answers: BTreeMap<String, BTreeSet<i64>>,
}

/// A quiz as its page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownQuiz {
    /// The play.
    pub play_id: String,
    /// What it is called.
    pub name: String,
    /// Until when attempts begin.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// How many questions an attempt is asked.
    pub asks: i64,
    /// For how many seconds it is open.
    pub seconds: i64,
    /// How many attempts a person has a day of the shop.
    pub per_day: i64,
    /// What is promised for how many right answers, the fewest first.
    pub rewards: Vec<PromisedReward>,
    /// What the shopper did; null for nobody.
    pub mine: Option<MyQuiz>,
    /// The moment of the answer, by which the page counts down.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// How a shopper stands with a quiz.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MyQuiz {
    /// Attempts that are left today.
    pub left_today: i64,
    /// Rewards that can still be earned; without, an attempt is for practice.
    pub left_rewards: i64,
    /// The latest attempt.
    pub attempt: Option<QuizAttempt>,
}

/// Show a quiz on a page
///
/// Whoever has its link may see it. `Authorization: Bearer <token>`, as for `GET /v1/profile`, shows what the shopper did besides.
#[utoipa::path(
    get, path = "/v1/quizzes/{play_id}", tag = "promote", operation_id = "page_quiz",
    params(("play_id" = String, Path, description = "The play")),
    responses(
        (status = 200, description = "The quiz", body = ShownQuiz),
        (status = 401, description = "A token that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_quiz(
    State(storefront): State<Arc<Storefront>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<ShownQuiz>> {
    let shopper = storefront.shopper_if_told(&headers)?;
    Ok(Json(storefront.promote.shown_quiz(&play_id, shopper.as_deref()).await?))
}

/// Begin an attempt from a page
///
/// As for `GET /v1/quizzes/{play_id}`. A person has one open at a time: begun again meanwhile, it is the same.
#[utoipa::path(
    post, path = "/v1/quizzes/begin", tag = "promote", operation_id = "page_begin_quiz",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same attempt")),
    request_body = PageQuizForm,
    responses(
        (status = 200, description = "The attempt", body = QuizAttempt),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_begin_quiz(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageQuizForm>,
) -> Answer<Json<QuizAttempt>> {
    let (shopper_id, key) = storefront.asks(&headers)?;
    Ok(Json(storefront.promote.begin_quiz(&form.play_id, key, PlayerForm { shopper_id }).await?))
}

/// Answer a quiz from a page
///
/// As for `GET /v1/quizzes/{play_id}`. All at once, and once: sent again, it gets the same.
#[utoipa::path(
    post, path = "/v1/quizzes/answer", tag = "promote", operation_id = "page_answer_quiz",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageAnswersForm,
    responses(
        (status = 200, description = "How it went", body = QuizAttempt),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_answer_quiz(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageAnswersForm>,
) -> Answer<Json<QuizAttempt>> {
    let (shopper_id, _) = storefront.asks(&headers)?;
    let PageAnswersForm { play_id, attempt_id, answers } = form;
    Ok(Json(storefront.promote.answer_quiz(&play_id, &attempt_id, AnswersForm { shopper_id, answers }).await?))
}

impl Promote {
    /// A quiz as its page shows it to a shopper, or to anybody.
    pub async fn shown_quiz(&self, play_id: &str, shopper: Option<&str>) -> Result<ShownQuiz, PlayError> {
        let (wanted, now) = (play_id.to_owned(), self.clock.now());
        let keys = shopper.map(|shopper| self.keys_of(shopper));
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let play = plays::published(tx, &wanted).await?;
                let play = play.ok_or_else(|| PlayError::Unpublished(wanted.clone()))?;
                let theirs = match keys {
                    Some(keys) => Some(store::of_keys(tx, &wanted, &keys).await?),
                    None => None,
                };
                Ok::<_, PlayError>((play, theirs))
            })
        });
        let (play, theirs) = read.await?;
        let (rules, today) = (rules_of(&play)?, self.zone.date_of(now));
        let mine = match theirs {
            None => None,
            Some(attempts) => {
                let left = left(rules, &attempts, today, now);
                let attempt = attempts.into_iter().next().map(|one| view(one, now)).transpose()?;
                Some(MyQuiz { left_today: left.today, left_rewards: left.rewards, attempt })
            }
        };
        let promised =
            |one: &crate::quiz::QuizReward| PromisedReward { correct: one.correct, gives: one.reward.gives.clone() };
        Ok(ShownQuiz {
            name: play.terms.name.clone(),
            ends_at: play.terms.ends_at,
            asks: rules.asks(),
            seconds: rules.seconds,
            per_day: rules.per_day,
            rewards: rules.rewards.iter().map(promised).collect(),
            play_id: play.play_id,
            mine,
            now,
        })
    }
}
