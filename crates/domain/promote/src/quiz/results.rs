//! `GET /api/v1/plays/{play_id}/quiz`: how a quiz goes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::{rules_of, store};
use crate::Promote;
use crate::plays::{Play, PlayError, store as plays};

/// How a quiz goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct QuizResults {
    /// The play.
    pub play_id: String,
    /// Attempts that were begun.
    pub attempts: i64,
    /// Shoppers who began them.
    pub shoppers: i64,
    /// Attempts that were answered in time.
    pub answered: i64,
    /// Right answers of all of them.
    pub correct: i64,
    /// Rewards that were given.
    pub rewarded: i64,
    /// The questions of the latest version, in its order.
    pub questions: Vec<QuestionResult>,
}

/// How a question was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct QuestionResult {
    /// Its identifier.
    pub question_id: String,
    /// What is asked.
    pub text: String,
    /// How often it was asked in an attempt that was answered.
    pub asked: i64,
    /// How often the answer was right.
    pub correct: i64,
}

/// Show how a quiz goes
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/quiz", tag = "promote", operation_id = "show_quiz",
    params(("play_id" = String, Path, description = "The play")),
    responses(
        (status = 200, description = "How it goes", body = QuizResults),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_quiz(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
) -> Answer<Json<QuizResults>> {
    Ok(Json(promote.quiz_results(&play_id).await?))
}

impl Promote {
    /// How a quiz goes.
    pub async fn quiz_results(&self, play_id: &str) -> Result<QuizResults, PlayError> {
        let wanted = play_id.to_owned();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let view = plays::one(tx, &wanted).await?.ok_or(PlayError::Unknown(wanted))?;
                let (sums, marks) = (store::sums(tx, &view.play_id).await?, store::marks(tx, &view.play_id).await?);
                let play = Play { play_id: view.play_id, version: view.version, terms: view.terms };
                let questions = rules_of(&play)?.questions.iter().map(|question| {
                    let (asked, correct) = marks.get(&question.question_id).copied().unwrap_or_default();
                    let (question_id, text) = (question.question_id.clone(), question.text.clone());
                    QuestionResult { question_id, text, asked, correct }
                });
                Ok::<_, PlayError>(QuizResults {
                    questions: questions.collect(),
                    attempts: sums.attempts,
                    shoppers: sums.people,
                    answered: sums.answered,
                    correct: sums.correct,
                    rewarded: sums.rewarded,
                    play_id: play.play_id,
                })
            })
        });
        read.await
    }
}
