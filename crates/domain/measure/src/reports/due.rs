//! Making what is due: each plan's report once for each time that it is due, kept and on its way in one transaction.

use fanvine_kernel::ids::ReportId;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::StoreError;

use super::content::Content;
use super::{Plan, Report, store};
use crate::alerts::mails::Outgoing;
use crate::alerts::store::keep_mails;
use crate::reporting::Reporting;

/// After so long a report that could not be made is tried again.
const AGAIN: i64 = 600_000_000;

impl Reporting {
    /// Makes all reports that are due. How many plans were.
    ///
    /// A crash before a report is kept leaves it due, and nobody was sent anything.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn make_reports(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let due = self.store.read(move |tx| Box::pin(async move { store::due(tx, now).await })).await?;
        let made = due.len();
        for plan in due {
            let period = plan.terms.period(self.measure.zone.date_of(now));
            let told = self.tell(period, &plan.terms.segments).await;
            self.keep_due(plan, told).await?;
        }
        Ok(made)
    }

    /// Keeps what a plan made, unless the plan was changed or somebody else was faster.
    async fn keep_due(&self, read: Plan, told: Result<Content, Problem>) -> Result<(), StoreError> {
        let (now, zone) = (self.now(), self.measure.zone);
        let (id, shop) = (ReportId::new(now, &*self.entropy), self.shop.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock("reports").await?;
                    let Some(mut plan) = store::one_plan(tx, &read.id).await? else { return Ok(()) };
                    if plan.due_at != read.due_at || plan.updated_at != read.updated_at {
                        return Ok(());
                    }
                    match told {
                        Ok(content) => {
                            plan.due_at = Some(plan.terms.schedule.after(now, zone));
                            (plan.made_at, plan.fault) = (Some(now), None);
                            let report = Report {
                                id,
                                plan_id: Some(plan.id.clone()),
                                name: plan.terms.name.clone(),
                                language: plan.terms.language,
                                made_by: plan.ownership.owner_name.clone(),
                                made_at: now,
                                content,
                            };
                            store::keep(tx, &report).await?;
                            keep_mails(tx, &mails(&report, &plan.terms.emails, &shop, now)).await?;
                        }
                        Err(problem) => {
                            plan.due_at = Some(now.plus_micros(AGAIN));
                            plan.fault = Some(problem.detail);
                        }
                    }
                    store::save_plan(tx, &plan).await
                })
            })
            .await
    }
}

/// A report on its way to everybody who gets it. The files are made when it is sent.
pub(super) fn mails(report: &Report, emails: &[String], shop: &str, now: Timestamp) -> Vec<Outgoing> {
    let content = &report.content;
    let subject = format!("{}: {} - {} ({shop})", report.name, content.from, content.to);
    let said = report.language.of([&content.headline.en, &content.headline.zh]);
    let more = report.language.of(["The whole report is attached.", "完整报告见附件。"]);
    let mail = |to: &String| Outgoing {
        id: format!("{}:{to}", report.id),
        to: to.clone(),
        subject: subject.clone(),
        text: format!("{said}\n\n{more}\n"),
        html: None,
        report: Some(report.id.clone()),
        due_at: now,
        tries: 0,
    };
    emails.iter().map(mail).collect()
}
