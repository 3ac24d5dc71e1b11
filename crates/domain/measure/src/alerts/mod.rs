//! Alerts: a figure is watched, and somebody is told when it is not as it should be, and when it is again.
//!
//! Every condition comes down to bounds that the figure should lie within ([`Found`]); what becomes of the alert follows from
//! that and its state alone ([`step`]).

pub mod acknowledge;
pub mod check;
pub mod delete_alert;
pub mod judge;
pub mod list_alerts;
pub mod list_raisings;
pub mod mails;
pub mod preview_alert;
pub mod routes;
pub mod save_alert;
pub mod saying;
pub mod schedule;
pub mod store;

use fanvine_kernel::ids::RaisingId;
use fanvine_kernel::{LocalDate, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::dashboards::list_templates::Said;
use crate::forecast::metric::{Metric, Unit};
use crate::overview::Interval;
use schedule::Schedule;

/// What is watched, and when somebody is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertTerms {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// Which figure.
    pub metric: Metric,
    /// By day or by week; by default by day.
    #[serde(default = "by_day")]
    pub interval: Interval,
    /// Whether the day (or week) that is not over counts; by default the last that is over does. Not for anomalies.
    #[serde(default)]
    pub running: bool,
    /// How it should be.
    pub condition: Condition,
    /// When it is checked; by default every day at 8.
    #[serde(default)]
    pub schedule: Schedule,
    /// So many checks in a row must find it well before it counts as resolved, 1 to 100; by default 1.
    #[serde(default = "once")]
    pub resolve_after: u32,
    /// How far it must be back within a bound to be well, as a share of the bound, 0 to 1; by default 0.
    #[serde(default)]
    pub margin: f64,
    /// For so many hours after it was resolved it is not raised again, at most 720; by default 0.
    #[serde(default)]
    pub cooldown_h: u32,
    /// Who gets an e-mail when it is raised and when it is resolved, at most 20.
    #[serde(default)]
    pub emails: Vec<String>,
    /// In which language the e-mails are; by default English.
    #[serde(default)]
    pub language: crate::dashboards::adopt_template::Language,
    /// Whether it is checked at all; by default yes.
    #[serde(default = "yes")]
    pub active: bool,
}

fn by_day() -> Interval {
    Interval::Day
}

fn once() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// How a figure should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = AlertCondition)]
pub enum Condition {
    /// Not below or not above a bound.
    Threshold {
        /// Raised below this; shares are 0 to 1, amounts in minor units.
        #[serde(default)]
        below: Option<f64>,
        /// Raised above this.
        #[serde(default)]
        above: Option<f64>,
    },
    /// Not much less or more than before.
    Change {
        /// Raised when it falls by more than this share, 0 to 1.
        #[serde(default)]
        falls_by: Option<f64>,
        /// Raised when it rises by more than this share.
        #[serde(default)]
        rises_by: Option<f64>,
        /// What it is compared with; by default the same day a week before.
        #[serde(default)]
        than: Than,
    },
    /// Within the interval that its own past lets expect.
    Anomaly {
        /// With which probability it lies in the interval, 0.5 to 0.999; by default 0.99.
        #[serde(default = "surely")]
        level: f64,
        /// Which side is told of; by default both.
        #[serde(default)]
        side: Sides,
    },
}

fn surely() -> f64 {
    0.99
}

/// With what a figure is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Than {
    /// The day (or week) before.
    Before,
    /// The same day a week before; by week, the week before.
    #[default]
    AWeekBefore,
}

/// On which side of its bounds a figure is told of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// Both.
    #[default]
    Both,
    /// Below.
    Below,
    /// Above.
    Above,
}

/// What a check found: the figure, and the bounds within which it should lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertFound)]
pub struct Found {
    /// The first day of the interval looked at.
    #[schema(value_type = String, format = Date)]
    pub day: LocalDate,
    /// In what the figure is told.
    pub unit: Unit,
    /// The figure; none where there is nothing it could be taken of.
    pub value: Option<f64>,
    /// It should not be below this …
    pub low: Option<f64>,
    /// … nor above that.
    pub high: Option<f64>,
    /// With what it was compared: what it was before, or what was expected.
    pub compared: Option<f64>,
    /// The same in a sentence, in both languages.
    pub said: Said,
}

impl Found {
    /// Whether the figure is out of its bounds.
    pub fn is_out(&self) -> bool {
        let Some(value) = self.value else { return false };
        self.low.is_some_and(|low| value < low) || self.high.is_some_and(|high| value > high)
    }

    /// Whether it is within them by `margin`, a share of the bound.
    pub fn is_well(&self, margin: f64) -> bool {
        let Some(value) = self.value else { return false };
        self.low.is_none_or(|low| value >= low + margin * low.abs())
            && self.high.is_none_or(|high| value <= high - margin * high.abs())
    }
}

/// How an alert stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
#[schema(as = AlertState)]
pub enum State {
    /// Nothing is to be told.
    Well {
        /// When it was resolved, if it was ever raised.
        #[schema(value_type = Option<String>, format = DateTime)]
        resolved_at: Option<Timestamp>,
    },
    /// It was raised.
    Raised {
        /// That time.
        #[schema(value_type = String)]
        raising_id: RaisingId,
        /// How many checks in a row have found it well since.
        well: u32,
    },
}

/// What a check makes of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing new.
    Stay(State),
    /// It is raised.
    Raise,
    /// It is resolved.
    Resolve(RaisingId),
}

/// What becomes of an alert.
pub fn step(terms: &AlertTerms, state: &State, found: &Found, now: Timestamp) -> Step {
    match state {
        State::Well { resolved_at } => {
            let over = |at: Timestamp| now.micros_since(at) >= i64::from(terms.cooldown_h) * 3_600_000_000;
            if found.is_out() && resolved_at.is_none_or(over) { Step::Raise } else { Step::Stay(state.clone()) }
        }
        State::Raised { raising_id, well } if found.is_well(terms.margin) => {
            let well = well + 1;
            if well >= terms.resolve_after {
                Step::Resolve(raising_id.clone())
            } else {
                Step::Stay(State::Raised { raising_id: raising_id.clone(), well })
            }
        }
        State::Raised { raising_id, .. } => Step::Stay(State::Raised { raising_id: raising_id.clone(), well: 0 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn terms(more: serde_json::Value) -> AlertTerms {
        let mut terms = json!({ "name": "n", "metric": { "kind": "orders" }, "condition": { "kind": "threshold", "below": 100.0 } });
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(terms).unwrap()
    }

    fn found(value: Option<f64>) -> Found {
        Found {
            day: "2026-01-01".parse().unwrap(),
            unit: Unit::Count,
            value,
            low: Some(100.0),
            high: None,
            compared: None,
            said: ["", ""].into(),
        }
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_seconds(hour * 3_600)
    }

    #[test]
    fn a_figure_out_of_its_bounds_raises_and_one_that_is_not_known_does_nothing() {
        let well = State::Well { resolved_at: None };
        let terms = terms(json!({}));
        assert_eq!(step(&terms, &well, &found(Some(99.0)), at(0)), Step::Raise);
        assert_eq!(step(&terms, &well, &found(Some(100.0)), at(0)), Step::Stay(well.clone()));
        assert_eq!(step(&terms, &well, &found(None), at(0)), Step::Stay(well));
    }

    #[test]
    fn it_is_resolved_only_well_within_the_bounds_and_often_enough() {
        let terms = terms(json!({ "margin": 0.1, "resolve_after": 2 }));
        let id: RaisingId = "rai_1".parse().unwrap();
        let raised = |well| State::Raised { raising_id: id.clone(), well };
        assert_eq!(step(&terms, &raised(1), &found(Some(105.0)), at(0)), Step::Stay(raised(0)));
        assert_eq!(step(&terms, &raised(0), &found(Some(110.0)), at(0)), Step::Stay(raised(1)));
        assert_eq!(step(&terms, &raised(1), &found(Some(110.0)), at(0)), Step::Resolve(id.clone()));
    }

    #[test]
    fn it_rests_after_it_was_resolved() {
        let terms = terms(json!({ "cooldown_h": 3 }));
        let well = State::Well { resolved_at: Some(at(10)) };
        assert_eq!(step(&terms, &well, &found(Some(1.0)), at(12)), Step::Stay(well.clone()));
        assert_eq!(step(&terms, &well, &found(Some(1.0)), at(13)), Step::Raise);
    }
}
