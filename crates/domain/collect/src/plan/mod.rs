//! The tracking plan: which events the shop means to send, and of which form their properties are.
//!
//! [`schema`] is the part of JSON Schema it is written in, [`judge`] holds an event against it, [`infer`] writes one from
//! events that were observed. Saving never changes a version: it adds one ([`put_plan`]). Without a plan nothing is looked
//! at, and taking events in costs nothing more.

pub mod departure;
pub mod infer;
pub mod infer_plan;
pub mod judge;
pub mod list_plans;
pub mod put_plan;
pub mod schema;
pub mod show_plan;
pub mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use serde::{Deserialize, Serialize};

use self::schema::{Schema, SchemaError};

/// What becomes of an event that is not as planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PlanAction)]
pub enum Action {
    /// It is taken, and nothing is said.
    Allow,
    /// It is taken and counted under data quality.
    #[default]
    Warn,
    /// It is kept in quarantine, to be mended and taken then; the sender is answered as if all were well.
    Quarantine,
    /// It is refused, and kept in quarantine like anything that is refused.
    Reject,
}

/// What is planned for one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedEvent {
    /// What it means, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What becomes of one that is not of this form.
    #[serde(default)]
    pub on_violation: Action,
    /// The form of its properties, in JSON Schema (see the book for the keywords that are understood).
    #[serde(default = "anything")]
    #[schema(value_type = Object)]
    pub schema: serde_json::Value,
}

fn anything() -> serde_json::Value {
    serde_json::json!({"type": "object"})
}

fn yes() -> bool {
    true
}

/// A tracking plan as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackingPlan {
    /// What becomes of an event that the plan does not name.
    #[serde(default)]
    pub unknown_events: Action,
    /// Whether blanks around the texts of planned properties are taken off.
    #[serde(default = "yes")]
    pub trim: bool,
    /// Whether `"19.90"` becomes a number where one is planned, and the like.
    #[serde(default = "yes")]
    pub coerce: bool,
    /// The events, by name.
    #[serde(default)]
    pub events: BTreeMap<String, PlannedEvent>,
}

/// Why a plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// More than a plan may hold.
    #[error("the plan names {0} events; the limit is 1000")]
    TooManyEvents(usize),
    /// A name no event can have.
    #[error("`{0}` cannot be the name of an event: it has 1 to 200 characters")]
    Name(String),
    /// A schema that cannot be read.
    #[error("the schema of `{event}`: {source}")]
    Schema {
        /// Of which event.
        event: String,
        /// What is wrong.
        source: SchemaError,
    },
    /// Somebody else saved in between.
    #[error("the plan was changed to version {now} since version {based_on} was read")]
    Changed {
        /// What was read.
        based_on: i64,
        /// What it is now.
        now: i64,
    },
    /// A plan in the store that this program cannot read.
    #[error("version {0} of the tracking plan cannot be read")]
    Unreadable(i64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        let (detail, chinese) = (error.to_string(), error.in_chinese());
        let problem: Self = match error {
            PlanError::TooManyEvents(_) | PlanError::Name(_) => {
                Problem::new(Code::InvalidBody, detail).at("plan.events")
            }
            PlanError::Schema { event, .. } => {
                Problem::new(Code::InvalidBody, detail).at(format!("plan.events.{event}.schema"))
            }
            PlanError::Changed { .. } => Problem::new(Code::Conflict, detail),
            PlanError::Unreadable(_) => Problem::new(Code::Internal, detail),
            PlanError::Store(error) => error.into(),
        };
        problem.in_chinese(chinese)
    }
}

impl PlanError {
    /// The same in Simplified Chinese; empty of the store's.
    fn in_chinese(&self) -> String {
        match self {
            Self::TooManyEvents(events) => format!("方案列出了 {events} 个事件，上限为 1000"),
            Self::Name(name) => format!("`{name}` 不能作为事件名：应为 1 至 200 个字符"),
            Self::Schema { event, source } => format!("`{event}` 的 schema：{}", source.in_chinese()),
            Self::Changed { based_on, now } => {
                format!("读取第 {based_on} 版之后，方案已改为第 {now} 版")
            }
            Self::Unreadable(version) => format!("埋点方案第 {version} 版无法读取"),
            Self::Store(_) => String::new(),
        }
    }
}

/// A plan that is ready to be held against events.
#[derive(Debug)]
pub struct Plan {
    unknown_events: Action,
    trim: bool,
    coerce: bool,
    events: BTreeMap<String, (Action, Schema)>,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// It names too many events, or one that cannot be, or holds a schema that is not understood.
    pub fn read(written: &TrackingPlan) -> Result<Self, PlanError> {
        if written.events.len() > 1_000 {
            return Err(PlanError::TooManyEvents(written.events.len()));
        }
        let mut events = BTreeMap::new();
        for (name, planned) in &written.events {
            if name.trim().is_empty() || name.chars().count() > 200 {
                return Err(PlanError::Name(name.chars().take(80).collect()));
            }
            let schema =
                Schema::read(&planned.schema).map_err(|source| PlanError::Schema { event: name.clone(), source })?;
            events.insert(name.clone(), (planned.on_violation, schema));
        }
        let TrackingPlan { unknown_events, trim, coerce, .. } = *written;
        Ok(Self { unknown_events, trim, coerce, events })
    }
}

/// One version of the plan.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PlanVersion {
    /// Its number, from 1.
    pub version: i64,
    /// The plan.
    pub plan: TrackingPlan,
    /// Who saved it.
    pub saved_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub saved_at: Timestamp,
}

/// The plan that is in force, for those who take events in.
#[derive(Debug, Default)]
pub(crate) struct InForce(RwLock<Option<Arc<Plan>>>);

impl InForce {
    pub(crate) fn now(&self) -> Option<Arc<Plan>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A plan that changes nothing is as good as none.
    pub(crate) fn set(&self, plan: Option<Plan>) {
        let idle = |plan: &Plan| plan.events.is_empty() && plan.unknown_events == Action::Allow;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = plan.filter(|plan| !idle(plan)).map(Arc::new);
    }
}
