//! `GET /api/v1/saved-insights/{id}/answer`: asks a saved insight.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::InsightId;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answers::{Answered, Asked};
use super::csv::csv_of;
use super::question::{Kind, Question};
use crate::reporting::{Reporting, asking, json};
use crate::walks::period::AskedPeriod;

/// Other days than the saved ones.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InsteadParams {
    /// First day, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Last day, included.
    pub to: Option<String>,
}

impl From<InsteadParams> for AskedPeriod {
    fn from(params: InsteadParams) -> Self {
        Self { from: params.from, to: params.to }
    }
}

/// What a saved insight says now.
#[derive(Debug, Serialize, ToSchema)]
pub struct InsightAnswer {
    /// What kind of question it is.
    pub kind: Kind,
    /// First day asked about.
    pub from: String,
    /// Last day asked about, included.
    pub to: String,
    /// When the answer was worked out: at most a minute ago, and nothing has come in since.
    #[schema(value_type = String, format = DateTime)]
    pub computed_at: Timestamp,
    /// What the address of its kind answers.
    #[schema(value_type = Object)]
    pub answer: Value,
}

impl Reporting {
    /// Answers a question that is kept, about its own days or those of `instead`: from memory if the same was asked a
    /// moment ago and nothing has come in since.
    pub(crate) async fn answer(
        &self,
        question: &Question,
        days: Option<u32>,
        instead: &AskedPeriod,
    ) -> Result<InsightAnswer, Problem> {
        let question = question.clone().on(&self.measure, days, instead)?;
        let (kind, period) = (question.kind(), question.period().clone());
        let asked = Asked {
            question: format!("{} {}", kind.as_str(), json(&question.json())),
            // Read before the question is asked: what comes in meanwhile is asked about anew.
            lake: self.measure.lake.next_offset(),
            persons: self.measure.identity.version(),
        };
        let answered = match self.answers.recent(&asked, self.now()) {
            Some(answered) => answered,
            None => {
                let answer = Arc::new(question.ask(&self.measure).await?);
                let answered = Answered { answer, computed_at: self.now() };
                self.answers.remember(asked, answered.clone());
                answered
            }
        };
        Ok(InsightAnswer {
            kind,
            from: period.from.unwrap_or_default(),
            to: period.to.unwrap_or_default(),
            computed_at: answered.computed_at,
            answer: Arc::unwrap_or_clone(answered.answer),
        })
    }
}

/// Ask a saved insight
///
/// By the same way as at the address of its kind; as CSV where the request accepts that.
#[utoipa::path(
    get, path = "/api/v1/saved-insights/{id}/answer", tag = "measure",
    params(("id" = String, Path, description = "The insight's id"), InsteadParams),
    security(("role" = ["analyst"])),
    responses(
        (status = 200, description = "The answer; its rows as text/csv where the request accepts that", body = InsightAnswer),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)
    )
)]
pub(crate) async fn answer_insight(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    headers: HeaderMap,
    Segment(id): Segment<InsightId>,
    Params(instead): Params<InsteadParams>,
) -> Answer<Response> {
    let insight = reporting.insight(id, &asking(actor)).await?;
    let answer = reporting.answer(&insight.question, insight.days, &instead.into()).await?;
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.trim_start().starts_with("text/csv") {
        let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
        return Ok((kind, csv_of(answer.kind, &answer.answer)).into_response());
    }
    Ok(Json(answer).into_response())
}
