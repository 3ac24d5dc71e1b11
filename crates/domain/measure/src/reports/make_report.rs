//! `POST /api/v1/reports`: makes a report now.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::Problem;
use fanvine_kernel::ids::ReportId;
use fanvine_web::{Answer, Body, ProblemBody};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::due::mails;
use super::list_reports::ReportView;
use super::{Report, ReportSegment, store};
use crate::alerts::judge::addresses;
use crate::alerts::store::keep_mails;
use crate::dashboards::adopt_template::Language;
use crate::overview::{Interval, Period};
use crate::reporting::{Reporting, asking, named, wrong};
use crate::walks::period::day;

/// The most days that a report tells of.
const MOST_DAYS: i64 = 400;

/// A report that is wanted now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportOrder {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// First day, `YYYY-MM-DD`; by default six days before `to`.
    #[serde(default)]
    pub from: Option<String>,
    /// Last day, included; by default yesterday.
    #[serde(default)]
    pub to: Option<String>,
    /// In which language it is sent; by default English.
    #[serde(default)]
    pub language: Language,
    /// Who gets it by e-mail, at most 20.
    #[serde(default)]
    pub emails: Vec<String>,
    /// Segments that it tells apart, at most 20.
    #[serde(default)]
    pub segments: Vec<ReportSegment>,
}

impl ReportOrder {
    /// The same without blanks around the name, and its days, if all of it can be.
    ///
    /// # Errors
    /// What cannot, and where it stands.
    pub(super) fn checked(mut self, reporting: &Reporting) -> Result<(Self, Period), Problem> {
        self.name = named(&self.name, "")?.0;
        self.emails = addresses(self.emails)?;
        reporting.checked_segments(&self.segments)?;
        let today = reporting.measure.zone.date_of(reporting.now());
        let to = day("to", self.to.as_deref())?.unwrap_or(today.plus_days(-1));
        let from = day("from", self.from.as_deref())?.unwrap_or(to.plus_days(-6));
        let days = to.days_since(from) + 1;
        if days > MOST_DAYS {
            let text = format!("{from} to {to} are {days} days; a report tells of at most {MOST_DAYS}");
            return Err(wrong(text, "from"));
        }
        Ok((self, Period::new(from, to, Interval::Day)?))
    }
}

/// Make a report now
///
/// It is kept, and sent to whoever is to get it.
#[utoipa::path(
    post, path = "/api/v1/reports", tag = "measure", request_body = ReportOrder,
    security(("role" = ["operator"])),
    responses(
        (status = 201, body = ReportView), (status = 400, body = ProblemBody),
        (status = 503, description = "Longer than it may take", body = ProblemBody)
    )
)]
pub(crate) async fn make_report(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Body(order): Body<ReportOrder>,
) -> Answer<(StatusCode, Json<ReportView>)> {
    let (order, period) = order.checked(&reporting)?;
    let content = reporting.tell(period, &order.segments).await?;
    let now = reporting.now();
    let report = Report {
        id: ReportId::new(now, &*reporting.entropy),
        plan_id: None,
        name: order.name,
        language: order.language,
        made_by: asking(actor).name,
        made_at: now,
        content,
    };
    let view = ReportView::from(&report);
    let sent = mails(&report, &order.emails, &reporting.shop, now);
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::keep(tx, &report).await?;
                keep_mails(tx, &sent).await
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(view)))
}
