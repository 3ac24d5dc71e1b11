//! `POST /api/v1/dashboard-templates/{id}/adopt`: makes a dashboard of a ready-made one.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::{DashboardId, InsightId};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list_templates::Said;
use super::save_dashboard::save;
use super::show_dashboard::DashboardView;
use super::templates::{self, ReadyInsight};
use super::{Dashboard, Tile};
use crate::reporting::{Ownership, Reporting, asking};
use crate::saved::question::Question;
use crate::saved::{Insight, store as insights};
use crate::walks::period::AskedPeriod;

/// In which language names are given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Language {
    /// Of two texts, the one in this language.
    pub(crate) fn of<T>(self, [en, zh]: [T; 2]) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// How a ready-made dashboard is adopted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptDashboard {
    /// In which language its names are; by default English.
    #[serde(default)]
    pub language: Language,
    /// Whether others see it and its insights; by default not.
    #[serde(default)]
    pub shared: bool,
}

/// What was left out of a dashboard, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TemplateLeftOut)]
pub struct LeftOut {
    /// The insight.
    pub name: Said,
    /// Why it cannot be asked here yet, such as that its event never occurred.
    pub why: String,
}

/// The dashboard that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdoptedDashboard {
    /// The dashboard.
    pub dashboard: DashboardView,
    /// What could not be asked here and is not on it.
    pub left_out: Vec<LeftOut>,
}

impl Reporting {
    /// Asks a ready-made question; what of it is to be kept.
    async fn try_ready(&self, ready: &ReadyInsight, form: &AdoptDashboard, actor: &Actor) -> Result<Insight, Problem> {
        let question = Question::read(ready.kind, ready.question.clone())?.into_kept(Some(ready.days))?;
        self.answer(&question, Some(ready.days), &AskedPeriod::default()).await?;
        let now = self.now();
        Ok(Insight {
            id: InsightId::new(now, &*self.entropy),
            name: form.language.of(ready.name).to_owned(),
            description: String::new(),
            ownership: Ownership::of(actor, form.shared),
            question,
            days: Some(ready.days),
            created_at: now,
            updated_at: now,
        })
    }
}

/// Adopt a ready-made dashboard
///
/// Its questions are saved as insights. What cannot be asked yet, because an event never occurred, is left out and told.
#[utoipa::path(
    post, path = "/api/v1/dashboard-templates/{id}/adopt", tag = "measure", request_body = AdoptDashboard,
    params(("id" = String, Path, description = "`growth`, `retention` or `social`")),
    security(("role" = ["analyst"])),
    responses(
        (status = 201, body = AdoptedDashboard), (status = 404, body = ProblemBody),
        (status = 409, description = "Nothing of it can be asked here yet", body = ProblemBody)
    )
)]
pub(crate) async fn adopt_template(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<String>,
    Body(form): Body<AdoptDashboard>,
) -> Answer<(StatusCode, Json<AdoptedDashboard>)> {
    let actor = asking(actor);
    let Some(template) = templates::all().into_iter().find(|template| template.id == id) else {
        let known: Vec<&str> = templates::all().iter().map(|template| template.id).collect();
        let text = format!("there is no ready-made dashboard `{id}`; there are {}", known.join(", "));
        return Err(Problem::new(Code::NotFound, text).into());
    };
    let (mut kept, mut tiles, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for ready in &template.insights {
        match reporting.try_ready(ready, &form, &actor).await {
            Ok(insight) => {
                let [width, height] = ready.size;
                tiles.push(Tile { insight_id: insight.id.clone(), width, height });
                kept.push(insight);
            }
            Err(problem) if problem.code.status() < 500 => {
                left_out.push(LeftOut { name: ready.name.into(), why: problem.detail });
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    if kept.is_empty() {
        let why = left_out.first().map(|one| one.why.as_str()).unwrap_or_default();
        return Err(Problem::new(Code::Conflict, format!("nothing of `{id}` can be asked here yet: {why}")).into());
    }
    let now = reporting.now();
    let dashboard = Dashboard {
        id: DashboardId::new(now, &*reporting.entropy),
        name: form.language.of(template.name).to_owned(),
        description: form.language.of(template.about).to_owned(),
        ownership: Ownership::of(&actor, form.shared),
        tiles,
        created_at: now,
        updated_at: now,
    };
    let by = actor.clone();
    let saved = reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("dashboards").await?;
                for insight in &kept {
                    insights::save(tx, insight).await?;
                }
                save(tx, &dashboard, &by).await?;
                Ok::<_, Problem>(dashboard)
            })
        })
        .await?;
    let dashboard = DashboardView::of(saved, &actor);
    Ok((StatusCode::CREATED, Json(AdoptedDashboard { dashboard, left_out })))
}
