//! E-mails on their way: kept with what they tell of, sent until the mail server takes them or will never do so.

use fanvine_contracts::mail::{Attachment, Mail};
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::{RaisingId, ReportId};
use fanvine_store::{StoreError, Tx};

use super::check::Alert;
use super::{Found, store};
use crate::reporting::Reporting;
use crate::reports;

/// After so many tries nobody waits for the news any more: by then it is three days old.
const MOST_TRIES: u32 = 12;
/// The pause after the first try; each is twice the one before, up to twelve hours.
const FIRST_PAUSE: i64 = 60_000_000;
const LONGEST_PAUSE: i64 = 12 * 3_600_000_000;

/// An e-mail that is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    /// What it tells of and to whom: nothing is sent twice under one.
    pub id: String,
    /// Whose it is.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// A report that it brings.
    pub report: Option<ReportId>,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
}

impl Outgoing {
    /// That an alert was raised, or resolved, to all who are to know.
    pub(crate) fn of_alert(
        alert: &Alert,
        raising: &RaisingId,
        found: &Found,
        raised: bool,
        shop: &str,
        now: Timestamp,
    ) -> Vec<Self> {
        let terms = &alert.terms;
        let [en, zh] = if raised { ["Alert", "预警"] } else { ["Resolved", "预警解除"] };
        let word = terms.language.of([en, zh]);
        let said = terms.language.of([&found.said.en, &found.said.zh]);
        let mail = |to: &String| Self {
            id: format!("{raising}:{raised}:{to}"),
            to: to.clone(),
            subject: format!("{word}: {} ({shop})", terms.name),
            text: format!("{said}\n"),
            html: None,
            report: None,
            due_at: now,
            tries: 0,
        };
        terms.emails.iter().map(mail).collect()
    }

    /// As it is sent: with the report that it brings, if nobody has deleted that since.
    async fn mail(self, tx: &mut Tx) -> Result<Mail, StoreError> {
        let report = match &self.report {
            Some(id) => reports::store::one(tx, id).await?,
            None => None,
        };
        let attachment = report.as_ref().map(|report| Attachment {
            name: format!("{}.pdf", report.file_name()),
            content_type: "application/pdf",
            bytes: report.pdf(None),
        });
        let html = self.html.or_else(|| report.map(|report| report.html(None)));
        Ok(Mail { to: self.to, subject: self.subject, text: self.text, html, attachment })
    }
}

impl Reporting {
    /// Sends the e-mails that are to be sent. How many were tried.
    ///
    /// A crash between the mail server's answer and its being saved sends one of them again.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn send_mails(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let due = self.store.read(move |tx| Box::pin(async move { store::due_mails(tx, now).await })).await?;
        let tried = due.len();
        for outgoing in due {
            let (id, tries) = (outgoing.id.clone(), outgoing.tries + 1);
            let mail = self.store.read(move |tx| Box::pin(async move { outgoing.mail(tx).await })).await?;
            let sent = self.mailer.send(mail).await;
            let again = self.now().plus_micros(FIRST_PAUSE.saturating_mul(1 << tries.min(20)).min(LONGEST_PAUSE));
            self.store
                .write(move |tx| {
                    Box::pin(async move {
                        match sent {
                            Ok(()) => store::sent(tx, &id).await,
                            Err(error) if error.is_worth_trying_again() && tries < MOST_TRIES => {
                                store::try_again(tx, &id, tries, again).await
                            }
                            Err(error) => {
                                tracing::warn!(mail = id, %error, "an e-mail was not sent");
                                store::failed(tx, &id, &error.to_string()).await
                            }
                        }
                    })
                })
                .await?;
        }
        Ok(tried)
    }
}
