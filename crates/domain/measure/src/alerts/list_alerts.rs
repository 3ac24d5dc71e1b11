//! `GET /api/v1/alerts`: every figure that is watched, and how it stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Of;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::AlertId;
use fanvine_store::StoreError;
use fanvine_web::Answer;
use serde::Serialize;
use utoipa::ToSchema;

use super::check::Alert;
use super::{AlertTerms, State, store};
use crate::reporting::Reporting;

/// A figure that is watched.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertView {
    /// Its identifier.
    #[schema(value_type = String)]
    pub alert_id: AlertId,
    /// Who changed it last. Insights are asked as they may.
    pub owner: String,
    /// What is watched.
    pub terms: AlertTerms,
    /// How it stands.
    pub state: State,
    /// When it is checked next; none while it is switched off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When it was checked last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub checked_at: Option<Timestamp>,
    /// Why the last check came to nothing, if it did.
    pub fault: Option<String>,
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        Self {
            alert_id: alert.id,
            owner: alert.ownership.owner_name,
            terms: alert.terms,
            state: alert.state,
            due_at: alert.due_at,
            checked_at: alert.checked_at,
            fault: alert.fault,
        }
    }
}

/// An e-mail that was not sent and never will be.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailFailure {
    /// For whom it was.
    pub to: String,
    /// What it was about.
    pub subject: String,
    /// Why.
    pub why: String,
}

/// Figures that are watched.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertList {
    /// All of them, by name.
    pub alerts: Vec<AlertView>,
    /// Whether e-mail can be sent: a mail server is set.
    pub can_email: bool,
    /// The latest e-mails, of alerts and reports, that were not sent and never will be.
    pub failures: Vec<MailFailure>,
}

/// The figures that are watched
#[utoipa::path(
    get, path = "/api/v1/alerts", tag = "measure", security(("role" = ["analyst"])),
    responses((status = 200, body = AlertList))
)]
pub(crate) async fn list_alerts(Of(reporting): Of<Arc<Reporting>>) -> Answer<Json<AlertList>> {
    let (alerts, failures) = reporting
        .store
        .read(|tx| Box::pin(async move { Ok::<_, StoreError>((store::all(tx).await?, store::failures(tx).await?)) }))
        .await?;
    Ok(Json(AlertList {
        alerts: alerts.into_iter().map(AlertView::from).collect(),
        can_email: reporting.mailer.is_set(),
        failures: failures.into_iter().map(|[to, subject, why]| MailFailure { to, subject, why }).collect(),
    }))
}
