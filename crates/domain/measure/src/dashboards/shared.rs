//! `/api/v1/shared-dashboard`: a dashboard as those see it who have a link to it and nothing else.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::InsightId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::share::link_of;
use super::show_dashboard::insights_of;
use super::{Dashboard, Tile, store};
use crate::reporting::Reporting;
use crate::saved::Insight;
use crate::saved::answer_insight::{InsightAnswer, InsteadParams};
use crate::saved::no_insight;
use crate::saved::question::Kind;

/// In which a request carries the link's token: not in the address, which proxies write down.
const HEADER: &str = "x-share-token";

/// An insight on a shared dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct SharedInsight {
    /// Its identifier.
    #[schema(value_type = String)]
    pub insight_id: InsightId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What kind of question.
    pub kind: Kind,
    /// The last so many days, if it is about the last days.
    pub days: Option<u32>,
}

/// A dashboard by its link.
#[derive(Debug, Serialize, ToSchema)]
pub struct SharedDashboard {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The zone in which its days begin.
    pub time_zone: String,
    /// In the order in which they stand.
    pub tiles: Vec<Tile>,
    /// Its insights, in the same order.
    pub insights: Vec<SharedInsight>,
}

fn closed() -> Problem {
    Problem::new(Code::NotFound, "the link opens nothing: it was taken back, is over, or was never given out")
}

impl Reporting {
    /// The dashboard that the request's token opens. Why a token does not is not told apart.
    async fn opened(&self, headers: &HeaderMap) -> Result<(Dashboard, Vec<Insight>), Problem> {
        let token = headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let link = link_of(&token).ok_or_else(closed)?;
        let now = self.now();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let share = store::one_share(tx, &link).await?.filter(|share| share.opens_with(&token, now));
                    let share = share.ok_or_else(closed)?;
                    let dashboard = store::one(tx, &share.dashboard).await?.ok_or_else(closed)?;
                    let insights = insights_of(tx, &dashboard).await?;
                    Ok((dashboard, insights))
                })
            })
            .await
    }
}

/// A dashboard by its link
#[utoipa::path(
    get, path = "/api/v1/shared-dashboard", tag = "measure", security(()),
    params(("x-share-token" = String, Header, description = "The link's token")),
    responses((status = 200, body = SharedDashboard), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show_shared(
    State(reporting): State<Arc<Reporting>>,
    headers: HeaderMap,
) -> Answer<Json<SharedDashboard>> {
    let (dashboard, insights) = reporting.opened(&headers).await?;
    let shown = insights.into_iter().map(|insight| SharedInsight {
        kind: insight.question.kind(),
        insight_id: insight.id,
        name: insight.name,
        description: insight.description,
        days: insight.days,
    });
    Ok(Json(SharedDashboard {
        name: dashboard.name,
        description: dashboard.description,
        time_zone: reporting.measure.zone.name().to_owned(),
        tiles: dashboard.tiles,
        insights: shown.collect(),
    }))
}

/// Ask an insight of a shared dashboard
#[utoipa::path(
    get, path = "/api/v1/shared-dashboard/insights/{id}/answer", tag = "measure", security(()),
    params(
        ("id" = String, Path, description = "The insight's id"), InsteadParams,
        ("x-share-token" = String, Header, description = "The link's token")
    ),
    responses((status = 200, body = InsightAnswer), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn answer_shared(
    State(reporting): State<Arc<Reporting>>,
    headers: HeaderMap,
    Segment(id): Segment<InsightId>,
    Params(instead): Params<InsteadParams>,
) -> Answer<Json<InsightAnswer>> {
    let (_, insights) = reporting.opened(&headers).await?;
    let insight = insights.into_iter().find(|insight| insight.id == id).ok_or_else(|| no_insight(&id))?;
    Ok(Json(reporting.answer(&insight.question, insight.days, &instead.into()).await?))
}
