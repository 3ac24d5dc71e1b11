//! What is kept of questions and done with their answers: saved insights, dashboards, goals, alerts, reports.

use std::sync::Arc;

use axum::Extension;
use fanvine_contracts::access::{Actor, Means, Role};
use fanvine_contracts::mail::Mailer;
use fanvine_kernel::{Code, Entropy, Problem, Timestamp};
use fanvine_store::{Migration, Store};
use utoipa_axum::router::OpenApiRouter;

use crate::Measure;
use crate::saved::answers::Answers;

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "measure/0001_saved", sql: include_str!("../migrations/0001_saved.sql") },
    Migration { name: "measure/0002_alerts", sql: include_str!("../migrations/0002_alerts.sql") },
    Migration { name: "measure/0003_reports", sql: include_str!("../migrations/0003_reports.sql") },
];

/// What is kept of questions, and whom to tell of their answers.
pub struct Reporting {
    /// Who answers.
    pub measure: Arc<Measure>,
    /// Where it is kept. It holds [`MIGRATIONS`].
    pub store: Store,
    /// Randomness for identifiers and secrets.
    pub entropy: Arc<dyn Entropy>,
    /// Who sends e-mail.
    pub mailer: Arc<dyn Mailer>,
    /// The shop's name, for mails and reports.
    pub shop: String,
    /// Answers given a moment ago.
    pub answers: Answers,
}

impl Reporting {
    pub(crate) fn now(&self) -> Timestamp {
        self.measure.clock.now()
    }
}

/// The addresses of what is kept.
pub fn router(state: Arc<Reporting>) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(crate::saved::routes::router(state.clone()))
        .merge(crate::dashboards::routes::router(state.clone()))
        .merge(crate::forecast::routes::router(state.clone()))
        .merge(crate::goals::routes::router(state.clone()))
        .merge(crate::alerts::routes::router(state.clone()))
        .merge(crate::reports::routes::router(state))
}

/// Who asks; an analyst without a name where nobody guards the door.
pub(crate) fn asking(actor: Option<Extension<Actor>>) -> Actor {
    actor.map_or_else(
        || Actor { id: String::new(), name: String::new(), role: Role::Analyst, means: Means::ServerKey },
        |Extension(actor)| actor,
    )
}

/// Whose a kept thing is, and who else sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The account or key that made it.
    pub owner: String,
    /// What that is called.
    pub owner_name: String,
    /// Whether others see it.
    pub shared: bool,
}

impl Ownership {
    /// Of something that `actor` makes.
    pub(crate) fn of(actor: &Actor, shared: bool) -> Self {
        Self { owner: actor.id.clone(), owner_name: actor.name.clone(), shared }
    }

    /// Its maker, and everybody if it is shared.
    pub(crate) fn is_seen_by(&self, actor: &Actor) -> bool {
        self.shared || self.owner == actor.id
    }

    /// Its maker; what is shared, operators too.
    pub(crate) fn is_changed_by(&self, actor: &Actor) -> bool {
        self.owner == actor.id || (self.shared && actor.role >= Role::Operator)
    }
}

pub(crate) fn wrong(text: impl Into<String>, at: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidParameter, text.into()).at(at.into())
}

/// Plain data: writing it as JSON cannot fail.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

const LONGEST_NAME: usize = 200;
const LONGEST_DESCRIPTION: usize = 2_000;

/// A name and a description without blanks around them, if they are not too short or too long.
pub(crate) fn named(name: &str, description: &str) -> Result<(String, String), Problem> {
    let (name, description) = (name.trim(), description.trim());
    let letters = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&letters) {
        return Err(wrong(format!("a name has 1 to {LONGEST_NAME} characters, not {letters}"), "name"));
    }
    let letters = description.chars().count();
    if letters > LONGEST_DESCRIPTION {
        let text = format!("a description has at most {LONGEST_DESCRIPTION} characters, not {letters}");
        return Err(wrong(text, "description"));
    }
    Ok((name.to_owned(), description.to_owned()))
}
