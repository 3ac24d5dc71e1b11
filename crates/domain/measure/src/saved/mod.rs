//! Saved insights: questions with a name. A saved question is one that was answered when it was saved, and is asked the same
//! way as any other.

pub mod answer_insight;
pub mod answers;
pub(crate) mod as_csv;
pub mod csv;
pub mod delete_insight;
pub mod list_insights;
pub mod question;
pub mod routes;
pub mod save_insight;
pub mod show_insight;
pub mod store;
pub mod update_insight;

use fanvine_kernel::ids::InsightId;
use fanvine_kernel::{Code, Problem, Timestamp};

use crate::reporting::Ownership;
use question::Question;

/// A saved question.
#[derive(Debug, Clone)]
pub struct Insight {
    /// Its identifier.
    pub id: InsightId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whose it is.
    pub ownership: Ownership,
    /// What is asked; without days where `days` says how many.
    pub question: Question,
    /// The last so many days, today included.
    pub days: Option<u32>,
    /// When it was saved first.
    pub created_at: Timestamp,
    /// When it was saved last.
    pub updated_at: Timestamp,
}

/// That there is no such insight, or none that the caller sees.
pub(crate) fn no_insight(id: &InsightId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no insight {id}"))
}
