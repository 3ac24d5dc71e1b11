//! Goals: what a figure shall be over some days, how far it is, and where it is going.

pub mod delete_goal;
pub mod list_goals;
pub mod parts;
pub mod progress;
pub mod routes;
pub mod save_goal;
pub mod show_goal;
pub mod store;

use fanvine_kernel::ids::GoalId;
use fanvine_kernel::{Code, LocalDate, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::forecast::metric::Metric;
use crate::overview::{Interval, Period};
use crate::reporting::{Ownership, named, wrong};

/// What a figure shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoalTerms {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// Which figure.
    pub metric: Metric,
    /// What it shall be at least: of new shoppers, orders and revenue the sum over the days; of the others their mean.
    /// Shares are 0 to 1, amounts in minor units.
    pub target: f64,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: LocalDate,
    /// Last day, included; at most 366 in all.
    #[schema(value_type = String, format = Date)]
    pub to: LocalDate,
}

/// A target.
#[derive(Debug, Clone)]
pub struct Goal {
    /// Its identifier.
    pub id: GoalId,
    /// Whose it is. Its insight is asked as that one may.
    pub ownership: Ownership,
    /// What shall be.
    pub terms: GoalTerms,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

const MOST_DAYS: i64 = 366;

impl GoalTerms {
    /// The same without blanks around the name, if all of it can be.
    ///
    /// # Errors
    /// What cannot, and where it stands.
    pub fn checked(mut self) -> Result<Self, Problem> {
        self.name = named(&self.name, "")?.0;
        if !(self.target.is_finite() && self.target > 0.0) {
            return Err(wrong(format!("`target` is {}; it must be above 0", self.target), "target"));
        }
        if matches!(self.metric, Metric::Conversion | Metric::Retention { .. }) && self.target > 1.0 {
            let text = format!("`target` is {}; a share is at most 1, which is 100 %", self.target);
            return Err(wrong(text, "target"));
        }
        self.period()?;
        Ok(self)
    }

    /// Its days.
    ///
    /// # Errors
    /// They are the wrong way round, or too many.
    pub(crate) fn period(&self) -> Result<Period, Problem> {
        let period = Period::new(self.from, self.to, Interval::Day).map_err(|error| Problem::from(error).at("to"))?;
        let days = self.to.days_since(self.from) + 1;
        if days > MOST_DAYS {
            return Err(wrong(
                format!("{} to {} are {days} days; a goal has at most {MOST_DAYS}", self.from, self.to),
                "to",
            ));
        }
        Ok(period)
    }
}

pub(crate) fn no_goal(id: &GoalId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no goal {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn refused(more: Value) -> String {
        let mut terms = json!({
            "name": "n", "metric": { "kind": "conversion" }, "target": 0.5, "from": "2026-01-01", "to": "2026-01-31"
        });
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value::<GoalTerms>(terms).unwrap().checked().unwrap_err().detail
    }

    #[test]
    fn goals_that_cannot_be_are_refused_by_name() {
        assert_eq!(refused(json!({ "target": 2.0 })), "`target` is 2; a share is at most 1, which is 100 %");
        assert_eq!(refused(json!({ "target": 0.0 })), "`target` is 0; it must be above 0");
        assert_eq!(
            refused(json!({ "to": "2025-12-31" })),
            "the period ends on 2025-12-31, before it begins on 2026-01-01"
        );
        assert!(refused(json!({ "to": "2028-01-01" })).contains("at most 366"));
    }
}
