//! Growth reports: what changed, where and why, in sentences with charts, when it is due and whenever somebody asks.
//!
//! A report is worked out once (`facts` gathers every figure, `tell` puts them into words: [`content::Content`]) and kept as plain
//! data in both languages; `html` and `pdf` draw it in the one somebody reads. A plan says when one is due and who gets it.

pub mod content;
pub mod delete_plan;
pub mod delete_report;
pub mod drawing;
pub mod due;
mod facts;
mod figures;
mod font;
pub mod html;
pub mod list_plans;
pub mod list_reports;
pub mod make_report;
pub mod page;
pub mod pdf;
pub mod preview_report;
pub mod read_report;
pub mod routes;
pub mod save_plan;
pub mod show_report;
pub mod store;
mod tell;
mod where_it_changed;

use fanvine_kernel::ids::{ReportId, ReportPlanId};
use fanvine_kernel::{Code, LocalDate, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::alerts::judge::addresses;
use crate::alerts::schedule::{Every, Schedule};
use crate::dashboards::adopt_template::Language;
use crate::overview::Period;
use crate::reporting::{Ownership, Reporting, named, wrong};
use content::Content;

/// The most segments that a report tells apart.
const MOST_SEGMENTS: usize = 20;
/// The most reports that are kept; the oldest makes room.
pub(crate) const MOST_REPORTS: i64 = 1_000;

/// A segment that a report tells apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportSegment {
    /// Its identifier.
    pub segment_id: String,
    /// What the report calls it.
    pub name: String,
}

/// When a report is due, and who gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportTerms {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// Every day, week or month; it tells of the last that was over. By default every Monday at 8.
    #[serde(default = "weekly")]
    pub schedule: Schedule,
    /// Who gets it by e-mail, at most 20.
    #[serde(default)]
    pub emails: Vec<String>,
    /// In which language the e-mails are; by default English.
    #[serde(default)]
    pub language: Language,
    /// Segments that it tells apart, at most 20.
    #[serde(default)]
    pub segments: Vec<ReportSegment>,
    /// Whether it is made at all; by default yes.
    #[serde(default = "yes")]
    pub active: bool,
}

fn weekly() -> Schedule {
    Schedule { every: Every::Week, ..Schedule::default() }
}

fn yes() -> bool {
    true
}

/// A report that is due again and again.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its identifier.
    pub id: ReportPlanId,
    /// Who changed it last.
    pub ownership: Ownership,
    /// When, and for whom.
    pub terms: ReportTerms,
    /// When it is due next; none while it is switched off.
    pub due_at: Option<Timestamp>,
    /// When it was made last.
    pub made_at: Option<Timestamp>,
    /// Why it could not be made, if it could not. Then it is tried again soon.
    pub fault: Option<String>,
    /// When the plan was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A report that was made.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its identifier.
    pub id: ReportId,
    /// By which plan; none if somebody asked for it.
    pub plan_id: Option<ReportPlanId>,
    /// What people call it.
    pub name: String,
    /// In which language it was sent.
    pub language: Language,
    /// Who asked for it, or whose plan it was.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
    /// What it says.
    pub content: Content,
}

impl ReportTerms {
    /// The same without blanks around the name, if all of it can be.
    ///
    /// # Errors
    /// What cannot, and where it stands.
    pub fn checked(mut self) -> Result<Self, Problem> {
        self.name = named(&self.name, "")?.0;
        if self.schedule.every == Every::Hour {
            return Err(wrong("a report is due every day, week or month, not every hour", "schedule.every"));
        }
        self.schedule.check("schedule")?;
        self.emails = addresses(self.emails)?;
        Ok(self)
    }

    /// The days it tells of when it is made on `today`: the last day, week or month that was over.
    pub(crate) fn period(&self, today: LocalDate) -> Period {
        let to = match self.schedule.every {
            Every::Hour | Every::Day => today.plus_days(-1),
            Every::Week => today.week_start().plus_days(-1),
            Every::Month => today.month_start().plus_days(-1),
        };
        let from = match self.schedule.every {
            Every::Hour | Every::Day => to,
            Every::Week => to.week_start(),
            Every::Month => to.month_start(),
        };
        Period { from, to }
    }
}

impl Reporting {
    /// Segments to tell apart, if there are such.
    pub(crate) fn checked_segments(&self, segments: &[ReportSegment]) -> Result<(), Problem> {
        if segments.len() > MOST_SEGMENTS {
            let text = format!("a report tells at most {MOST_SEGMENTS} segments apart, not {}", segments.len());
            return Err(wrong(text, "segments"));
        }
        for (place, one) in segments.iter().enumerate() {
            if !self.measure.audience.has_segment(&one.segment_id) {
                let text = format!("there is no segment `{}`", one.segment_id);
                return Err(wrong(text, format!("segments.{place}.segment_id")));
            }
        }
        Ok(())
    }

    /// Works out what a report about these days says.
    ///
    /// # Errors
    /// Its figures cannot be read, or take too long.
    pub(crate) async fn tell(&self, period: Period, segments: &[ReportSegment]) -> Result<Content, Problem> {
        Ok(tell::content(&self.facts(period, segments).await?))
    }
}

pub(super) fn no_report(id: &ReportId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no report {id}"))
}

pub(super) fn no_plan(id: &ReportPlanId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no report plan {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn terms(every: &str) -> ReportTerms {
        serde_json::from_value(json!({ "name": " Growth ", "schedule": { "every": every } })).unwrap()
    }

    #[test]
    fn a_report_tells_of_the_last_day_week_or_month_that_was_over() {
        // A Wednesday.
        let today = "2026-11-25".parse().unwrap();
        let days = |every| {
            let period = terms(every).period(today);
            [period.from.to_string(), period.to.to_string()]
        };
        assert_eq!(days("day"), ["2026-11-24", "2026-11-24"]);
        assert_eq!(days("week"), ["2026-11-16", "2026-11-22"]);
        assert_eq!(days("month"), ["2026-10-01", "2026-10-31"]);
    }

    #[test]
    fn terms_that_cannot_be_are_refused_by_name() {
        assert_eq!(terms("week").checked().unwrap().name, "Growth");
        assert_eq!(terms("hour").checked().unwrap_err().pointer.as_deref(), Some("schedule.every"));
        let nobody = ReportTerms { emails: vec!["nobody".into()], ..terms("week") };
        assert_eq!(nobody.checked().unwrap_err().pointer.as_deref(), Some("emails.0"));
    }
}
