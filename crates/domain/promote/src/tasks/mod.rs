//! Tasks 任务: a shopper takes them on, does what each step says, and is rewarded for a step, or for all of them.
//!
//! What is promised is reserved in the ledger when the tasks are taken on, until a day after they close: whoever does them
//! gets it, however many others come meanwhile. The log is followed for what was done; each fact counts once for a step. The
//! count, the end of a step and what it gives are one transaction. Daily tasks are taken on anew each day of the shop.

pub(crate) mod follow;
pub(crate) mod join;
pub(crate) mod show;
pub(crate) mod store;

use std::collections::BTreeSet;

use fanvine_kernel::Timestamp;
use fanvine_kernel::event::filter::{Field, Filter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::earning::happening;
use crate::offers::TermsError;
use crate::offers::check::check_id;
use crate::plays::promise::Promise;
use crate::plays::{Play, PlayError, Rules, StockedGift, range, text};

pub use show::{TaskProgress, TaskRunList, TaskRunView};

const MOST_STEPS: i64 = 20;
const MOST_COUNT: i64 = 10_000;
const MOST_FILTERS: i64 = 20;
const MOST_SOURCES: i64 = 50;
/// Longest name, in bytes.
const LONGEST: usize = 200;
/// For so long after tasks close what was promised is kept: what reached us in time may be read later.
const GRACE: i64 = 86_400_000_000;
/// What it is called in sentences.
pub(crate) const WHAT: &str = "tasks";
/// In the place of a step: all of them.
pub(crate) const ALL: &str = "";

/// The rules of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tasks {
    /// What is to be done, in any order.
    pub steps: Vec<TaskStep>,
    /// Whether they are taken on anew each day of the shop, and what was done the day before counts no more. Otherwise once,
    /// until the play ends.
    #[serde(default)]
    pub daily: bool,
    /// What whoever has done every step is given besides.
    #[serde(default)]
    pub completed: Option<StockedGift>,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskStep {
    /// Its identifier.
    pub step_id: String,
    /// What people call it.
    pub name: String,
    /// The event's name: `Review Submitted`.
    pub event: String,
    /// What its fields must be, as in segments and funnels.
    #[serde(default, rename = "where")]
    #[schema(value_type = Vec<Object>)]
    pub filters: Filters,
    /// Only events from these sources. From any if empty.
    #[serde(default)]
    pub sources: BTreeSet<String>,
    /// How many such events it takes.
    #[serde(default = "one")]
    pub count: i64,
    /// The property whose values are counted, each once: `product_id` for so many different products. If absent, events are.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub once_per: Option<Field>,
    /// What whoever has done it is given.
    #[serde(default)]
    pub reward: Option<StockedGift>,
}

/// What fields must be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filters(pub Vec<Filter>);

/// Their numbers come from JSON, in which there is none that differs from itself.
impl Eq for Filters {}

fn one() -> i64 {
    1
}

impl Tasks {
    /// Refuses rules that could not be held.
    pub(crate) fn check(&self, ends_at: Option<Timestamp>) -> Result<(), TermsError> {
        range("the number of rules.steps", self.steps.len() as i64, 1, MOST_STEPS)?;
        let mut ids = BTreeSet::new();
        for step in &self.steps {
            step.check()?;
            if !ids.insert(&step.step_id) {
                return Err(TermsError::Again { field: "rules.steps.step_id", text: step.step_id.clone() });
            }
        }
        self.completed.iter().try_for_each(StockedGift::check)?;
        if self.rewards().next().is_none() {
            return Err(TermsError::Rule("neither a step of the tasks nor all of them give anything".to_owned()));
        }
        if !self.daily && ends_at.is_none() {
            let why = "tasks that are not daily need ends_at: what they promise is kept for shoppers until then";
            return Err(TermsError::Rule(why.to_owned()));
        }
        Ok(())
    }

    /// What is promised, by step and for all of them.
    pub(crate) fn rewards(&self) -> impl Iterator<Item = (&str, &StockedGift)> {
        let of_steps = self.steps.iter().filter_map(|step| Some((step.step_id.as_str(), step.reward.as_ref()?)));
        of_steps.chain(self.completed.as_ref().map(|reward| (ALL, reward)))
    }

    /// What is promised for a step, or for all.
    pub(crate) fn reward(&self, step_id: &str) -> Option<&StockedGift> {
        self.rewards().find(|(of, _)| *of == step_id).map(|(_, reward)| reward)
    }
}

impl TaskStep {
    fn check(&self) -> Result<(), TermsError> {
        check_id(&self.step_id)?;
        text("rules.steps.name", &self.name, LONGEST)?;
        text("rules.steps.event", &self.event, LONGEST)?;
        range("the number of rules.steps.where", self.filters.0.len() as i64, 0, MOST_FILTERS)?;
        range("the number of rules.steps.sources", self.sources.len() as i64, 0, MOST_SOURCES)?;
        self.sources.iter().try_for_each(|source| text("rules.steps.sources", source, LONGEST))?;
        range("rules.steps.count", self.count, 1, MOST_COUNT)?;
        if let Some(field) = &self.once_per {
            let name = String::from(field.clone());
            text("rules.steps.once_per", &name, LONGEST)?;
            if !field.is_in_properties() {
                return Err(TermsError::Unknown { field: "rules.steps.once_per", text: name });
            }
        }
        if let Some(why) = happening::refused(&self.event) {
            return Err(TermsError::Rule(format!("event `{}` of step {} {why}", self.event, self.step_id)));
        }
        self.reward.iter().try_for_each(StockedGift::check)
    }
}

/// Tasks that a shopper took on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskRun {
    pub run_id: String,
    /// The play in the version in which they were taken on.
    pub play: Play,
    pub shopper_id: String,
    /// The day they are for, if they are daily.
    pub day: Option<String>,
    pub joined_at: Timestamp,
    /// Until when what is done counts, that moment excluded.
    pub closes_at: Timestamp,
}

impl TaskRun {
    pub fn rules(&self) -> Option<&Tasks> {
        rules_of(&self.play)
    }

    /// The reward of a step, or of all, as it is promised.
    pub fn promise<'r>(&'r self, step_id: &'r str, reward: &'r StockedGift) -> Promise<'r> {
        let until = self.closes_at.plus_micros(GRACE);
        let (play_id, run_id, shopper) = (&self.play.play_id, &self.run_id, &self.shopper_id);
        Promise { kind: "task", play_id, run_id, part: step_id, shopper, reward, until }
    }
}

/// The rules of a play, if it is tasks.
pub(crate) fn rules_of(play: &Play) -> Option<&Tasks> {
    match &play.terms.rules {
        Rules::Tasks(rules) => Some(rules),
        _ => None,
    }
}

/// That a play is of another kind.
pub(crate) fn other_kind(play: &Play) -> PlayError {
    PlayError::Kind { play_id: play.play_id.clone(), kind: play.terms.rules.kind(), wanted: WHAT }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn tasks_that_could_not_be_held_are_refused_by_name() {
        let rules = |more: Value| {
            let mut step = json!({ "step_id": "review", "name": "Review", "event": "Review Submitted",
                "reward": { "stock": 10, "gives": { "kind": "points", "points": 5 } } });
            step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let tasks: Tasks = serde_json::from_value(json!({ "steps": [step], "daily": true })).unwrap();
            tasks
        };
        let refused = |more: Value| rules(more).check(None).unwrap_err().to_string();
        rules(json!({})).check(None).unwrap();
        assert!(refused(json!({ "event": "Order Completed" })).contains("no reward asks for a purchase"));
        assert!(refused(json!({ "event": "Invite Accepted" })).contains("Pyramid Selling"));
        assert_eq!(refused(json!({ "count": 0 })), "rules.steps.count is 0, where 1 to 10000 can be");
        assert!(refused(json!({ "reward": null })).contains("give anything"));
        let tasks = Tasks { daily: false, ..rules(json!({})) };
        assert!(tasks.check(None).unwrap_err().to_string().contains("need ends_at"));
        tasks.check(Some(Timestamp::from_seconds(1))).unwrap();
        let twice = Tasks { steps: [tasks.steps.clone(), tasks.steps.clone()].concat(), ..tasks };
        assert_eq!(twice.check(None).unwrap_err().to_string(), "rules.steps.step_id has review twice");
    }
}
