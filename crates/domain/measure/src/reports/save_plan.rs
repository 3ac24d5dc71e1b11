//! `POST /api/v1/report-plans` and `PUT /api/v1/report-plans/{id}`: says when a report is due and who gets it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::ReportPlanId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::StatusCode;

use super::list_plans::ReportPlanView;
use super::{Plan, ReportTerms, no_plan, store};
use crate::reporting::{Ownership, Reporting, asking};

/// The most plans that are kept.
const MOST_PLANS: usize = 100;

/// Have a report made again and again
///
/// The first is made when it is due; `POST /api/v1/reports` makes one at once.
#[utoipa::path(
    post, path = "/api/v1/report-plans", tag = "measure", request_body = ReportTerms,
    security(("role" = ["operator"])),
    responses((status = 201, body = ReportPlanView), (status = 400, body = ProblemBody), (status = 409, body = ProblemBody))
)]
pub(crate) async fn save_report_plan(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Body(terms): Body<ReportTerms>,
) -> Answer<(StatusCode, Json<ReportPlanView>)> {
    let terms = terms.checked()?;
    reporting.checked_segments(&terms.segments)?;
    let now = reporting.now();
    let plan = Plan {
        id: ReportPlanId::new(now, &*reporting.entropy),
        ownership: Ownership::of(&asking(actor), true),
        due_at: terms.active.then(|| terms.schedule.after(now, reporting.measure.zone)),
        terms,
        made_at: None,
        fault: None,
        created_at: now,
        updated_at: now,
    };
    let kept = plan.clone();
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("reports").await?;
                if store::plans(tx).await?.len() >= MOST_PLANS {
                    let text = format!("{MOST_PLANS} report plans are kept; delete some first");
                    return Err(Problem::new(Code::Conflict, text));
                }
                Ok(store::save_plan(tx, &kept).await?)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(plan.into())))
}

/// Change when a report is due, or who gets it
#[utoipa::path(
    put, path = "/api/v1/report-plans/{id}", tag = "measure", request_body = ReportTerms,
    params(("id" = String, Path, description = "The plan's id")),
    security(("role" = ["operator"])),
    responses((status = 200, body = ReportPlanView), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn put_report_plan(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<ReportPlanId>,
    Body(terms): Body<ReportTerms>,
) -> Answer<Json<ReportPlanView>> {
    let terms = terms.checked()?;
    reporting.checked_segments(&terms.segments)?;
    let (now, zone, actor) = (reporting.now(), reporting.measure.zone, asking(actor));
    let saved = reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("reports").await?;
                let mut plan = store::one_plan(tx, &id).await?.ok_or_else(|| no_plan(&id))?;
                plan.due_at = terms.active.then(|| terms.schedule.after(now, zone));
                plan.terms = terms;
                plan.ownership = Ownership::of(&actor, true);
                plan.fault = None;
                plan.updated_at = now;
                store::save_plan(tx, &plan).await?;
                Ok::<_, Problem>(plan)
            })
        })
        .await?;
    Ok(Json(saved.into()))
}
