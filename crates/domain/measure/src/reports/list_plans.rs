//! `GET /api/v1/report-plans`: when reports are due, and who gets them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::ReportPlanId;
use fanvine_web::Answer;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Plan, ReportTerms, store};
use crate::reporting::Reporting;

/// A report that is due again and again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportPlan)]
pub struct ReportPlanView {
    /// Its identifier.
    #[schema(value_type = String)]
    pub plan_id: ReportPlanId,
    /// Who changed it last.
    pub owner: String,
    /// When, and for whom.
    pub terms: ReportTerms,
    /// When it is due next; none while it is switched off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When it was made last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub made_at: Option<Timestamp>,
    /// Why it could not be made, if it could not; it is tried again soon.
    pub fault: Option<String>,
}

impl From<Plan> for ReportPlanView {
    fn from(plan: Plan) -> Self {
        let Plan { id, ownership, terms, due_at, made_at, fault, .. } = plan;
        Self { plan_id: id, owner: ownership.owner_name, terms, due_at, made_at, fault }
    }
}

/// Reports that are due again and again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportPlanList {
    /// All of them, by name.
    pub plans: Vec<ReportPlanView>,
    /// Whether e-mail can be sent: a mail server is set.
    pub can_email: bool,
}

/// When reports are due
#[utoipa::path(
    get, path = "/api/v1/report-plans", tag = "measure", security(("role" = ["analyst"])),
    responses((status = 200, body = ReportPlanList))
)]
pub(crate) async fn list_report_plans(State(reporting): State<Arc<Reporting>>) -> Answer<Json<ReportPlanList>> {
    let plans = reporting.store.read(|tx| Box::pin(async move { store::plans(tx).await })).await?;
    let plans = plans.into_iter().map(ReportPlanView::from).collect();
    Ok(Json(ReportPlanList { plans, can_email: reporting.mailer.is_set() }))
}
