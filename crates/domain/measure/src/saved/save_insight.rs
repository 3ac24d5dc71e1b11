//! `POST /api/v1/saved-insights`: saves a question with a name.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::InsightId;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_web::{Answer, Body, ProblemBody};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::question::{Kind, Question};
use super::show_insight::SavedInsight;
use super::{Insight, no_insight, store};
use crate::reporting::{Ownership, Reporting, asking, named};
use crate::walks::period::AskedPeriod;

/// The most insights that are kept.
const MOST_INSIGHTS: usize = 2_000;

/// A question to be saved.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InsightForm {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// What it is for, up to 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// Whether others see it; by default not.
    #[serde(default)]
    pub shared: bool,
    /// What kind of question.
    pub kind: Kind,
    /// The question, as it is asked at the address of its kind. It is asked once before it is saved.
    #[schema(value_type = Object)]
    pub question: Value,
    /// About the last so many days, today included, 1 to 1500; otherwise the question's own `from` and `to`, or 30 days.
    #[serde(default)]
    pub days: Option<u32>,
}

impl Reporting {
    /// What a form asks to save, after it was asked: so it is never one that is refused.
    pub(super) async fn draft(
        &self,
        form: InsightForm,
        id: InsightId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Insight, Problem> {
        let (name, description) = named(&form.name, &form.description)?;
        let question = Question::read(form.kind, form.question)?.into_kept(form.days)?;
        self.answer(&question, form.days, &AskedPeriod::default()).await.map_err(|problem| {
            let pointer = problem.pointer.as_deref().map_or_else(|| "question".into(), |at| format!("question.{at}"));
            Problem { pointer: Some(pointer), ..problem }
        })?;
        let ownership = Ownership::of(actor, form.shared);
        Ok(Insight { id, name, description, ownership, question, days: form.days, created_at: now, updated_at: now })
    }
}

/// Save a question
///
/// It is asked once first: what is refused is not saved.
#[utoipa::path(
    post, path = "/api/v1/saved-insights", tag = "measure", request_body = InsightForm,
    security(("role" = ["analyst"])),
    responses(
        (status = 201, body = SavedInsight),
        (status = 400, description = "The question is refused, and why", body = ProblemBody),
        (status = 409, description = "As many are kept as may be", body = ProblemBody)
    )
)]
pub(crate) async fn save_insight(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Body(form): Body<InsightForm>,
) -> Answer<(StatusCode, Json<SavedInsight>)> {
    let actor = asking(actor);
    let now = reporting.now();
    let id = InsightId::new(now, &*reporting.entropy);
    let insight = reporting.draft(form, id, &actor, now).await?;
    let kept = insight.clone();
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                if store::all(tx).await?.len() >= MOST_INSIGHTS {
                    let text = format!("{MOST_INSIGHTS} insights are kept; delete some first");
                    return Err(Problem::new(Code::Conflict, text));
                }
                Ok(store::save(tx, &kept).await?)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(SavedInsight::of(insight, &actor))))
}

/// What may be changed, if `actor` may.
pub(super) fn changeable(found: Option<Insight>, id: &InsightId, actor: &Actor) -> Result<Insight, Problem> {
    let found = found.filter(|insight| insight.ownership.is_seen_by(actor)).ok_or_else(|| no_insight(id))?;
    if !found.ownership.is_changed_by(actor) {
        let owner = &found.ownership.owner_name;
        return Err(Problem::new(Code::Forbidden, format!("insight {id} is {owner}'s; an operator may change it too")));
    }
    Ok(found)
}
